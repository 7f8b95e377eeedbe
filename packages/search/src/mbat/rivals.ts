/**
 * Simpler vectors of JSON documents, to compare with.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { tokensOf } from './leaves.js';
import { namedRandom } from './seeds.js';
import { unit } from './vsa.js';
import { leavesOf } from './walk.js';

/**
 * Feature hashing (Weinberger et al., ICML 2009): every pair of a path and a token of its value counts ±1 at a place that their hash
 * decides. Nothing is near but what is equal.
 *
 * @returns `dim` numbers, length 1
 */
export function hashedPaths(document: unknown, dim: number, seed = 0): Float32Array {
  const out = new Float32Array(dim);
  for (const { path, value } of leavesOf(document))
    for (const token of tokensFor(value)) {
      const random = namedRandom(seed, 'feature', `${path}=${token}`);
      const place = random.integer(dim);
      out[place]! += random.uniform() < 0.5 ? -1 : 1;
    }
  return unit(out);
}

/** All leaves in one array: the keys are forgotten. */
export function bagOfLeaves(document: unknown): Json[] {
  return [...leavesOf(document)].map(({ value }) => value);
}

function tokensFor(value: Json): string[] {
  return typeof value === 'string' ? [...tokensOf(value), `"${value}"`] : [JSON.stringify(value)];
}

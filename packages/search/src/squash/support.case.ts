/**
 * Vectors, attributes and the search by comparing all, for tests.
 *
 * @module
 */
import { Matrix, rng } from '@fletch/linalg';
import { distance } from './refine.js';
import type { SquashPredicate } from './types.js';

/** Clustered vectors whose directions vary very differently, and uniform attributes. */
export function sampleData(n: number, d: number, { seed = 1, attributes = 2 } = {}) {
  const random = rng(seed);
  const centres = random.fillNormal(new Float32Array(5 * d));
  const x = new Matrix(random.fillNormal(new Float32Array(n * d)), n, d);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++)
      x.data[i * d + j] = x.data[i * d + j]! / (1 + j) + 2 * centres[(i % 5) * d + j]!;
  const attrs = Array.from({ length: attributes }, () => random.fillUniform(new Float32Array(n)));
  const queries = Array.from({ length: 20 }, (_, i) =>
    x.row((i * 37) % n).map((value) => value + 0.3 * random.normal()),
  );
  return { x, attrs, queries };
}

/** Whether a value satisfies a condition, straight from its meaning. */
export function satisfies(value: number, { op, a, b }: SquashPredicate): boolean {
  if (op === '<') return value < a;
  if (op === '<=') return value <= a;
  if (op === '=') return value === a;
  if (op === '>') return value > a;
  if (op === '>=') return value >= a;
  return value > a && value <= b!;
}

/** The k nearest that satisfy all conditions, by comparing all. */
export function bruteForce(
  x: Matrix<Float32Array>,
  attrs: readonly Float32Array[],
  query: ArrayLike<number>,
  k: number,
  where: readonly SquashPredicate[] = [],
) {
  const found: { id: number; dist: number }[] = [];
  for (let id = 0; id < x.rows; id++)
    if (where.every((predicate) => satisfies(attrs[predicate.attr as number]![id]!, predicate)))
      found.push({ id, dist: Math.fround(distance(query, x.row(id))) });
  found.sort((a, b) => a.dist - b.dist || a.id - b.id);
  return {
    matched: found.length,
    ids: found.slice(0, k).map(({ id }) => id),
    dists: found.slice(0, k).map(({ dist }) => dist),
  };
}

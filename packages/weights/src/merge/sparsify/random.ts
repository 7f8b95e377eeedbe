/**
 * Drops numbers at random: all alike (DARE), or the smaller the likelier (DELLA).
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { rng } from '@fletch/linalg';
import { keepAll, type Sparsifier } from './sparsifier.js';

/** Where random numbers come from: the same for a seed, a tensor's name and a model, whatever else is merged. */
export interface RandomSource {
  readonly seed: number;
  readonly tensor: string;
  /** Place of the model. */
  readonly model: number;
}

/** How what stays is scaled: by the inverse of its probability to stay, or not at all. */
export type Scaling = 'probability' | 'none';

/** Uniform numbers by their place in the tensor. */
function uniforms({ seed, tensor, model }: RandomSource): (offset: number, count: number) => Float64Array {
  const digest = createHash('sha256').update(`${seed}\n${tensor}`).digest();
  const random = rng(digest.readUIntBE(0, 6), model);
  return (offset, count) => {
    random.position = offset;
    return random.fillUniform(new Float64Array(count));
  };
}

/** Keeps each number with probability `density` (Yu et al., DARE, ICML 2024). */
export function dropRandomly(source: RandomSource, density: number, scaling: Scaling): Sparsifier {
  if (density >= 1) return keepAll;
  const draw = uniforms(source);
  const factor = scaling === 'probability' ? 1 / density : 1;
  return {
    looks: 0,
    look() {},
    apply(delta, offset) {
      const drawn = draw(offset, delta.length);
      for (let i = 0; i < delta.length; i++) delta[i] = drawn[i]! < density ? delta[i]! * factor : 0;
    },
  };
}

/** Row length up to which size and place fit in one 64-bit float. */
const PACKED = 2 ** 22;

/** Places of the sizes of a row in ascending order; equal ones in the order of the row. */
export function ranksOfSizes(row: Float32Array): Uint32Array {
  const words = new Uint32Array(row.buffer, row.byteOffset, row.length);
  const ranks = new Uint32Array(row.length);
  if (row.length > PACKED) {
    const order = Uint32Array.from(row, (_, i) => i);
    order.sort((i, j) => (words[i]! & 0x7fffffff) - (words[j]! & 0x7fffffff) || i - j);
    for (let rank = 0; rank < order.length; rank++) ranks[order[rank]!] = rank;
    return ranks;
  }
  const keys = new Float64Array(row.length);
  for (let i = 0; i < keys.length; i++) keys[i] = (words[i]! & 0x7fffffff) * PACKED + i;
  keys.sort();
  for (let rank = 0; rank < keys.length; rank++) ranks[keys[rank]! % PACKED] = rank;
  return ranks;
}

/** The probabilities of DELLA. */
export interface DellaOptions {
  readonly density: number;
  /** Half the width of the probabilities. */
  readonly epsilon: number;
  /** Numbers of a row, whose sizes are ranked among themselves. */
  readonly row: number;
  readonly scaling: Scaling;
}

/**
 * Keeps each number with a probability that rises with its rank in its row from `density − epsilon` to
 * `density + epsilon` (Deep, Bhardwaj and Poria, DELLA-Merging, 2024). Pieces hold whole rows.
 */
export function dropSmallerLikelier(source: RandomSource, options: DellaOptions): Sparsifier {
  const { density, epsilon, row, scaling } = options;
  if (density >= 1) return keepAll;
  const draw = uniforms(source);
  return {
    looks: 0,
    look() {},
    apply(delta, offset) {
      const drawn = draw(offset, delta.length);
      for (let at = 0; at < delta.length; at += row) {
        const ranks = ranksOfSizes(delta.subarray(at, at + row));
        for (let i = 0; i < row; i++) {
          const share = row > 1 ? ranks[i]! / (row - 1) : 0.5;
          const probability = density - epsilon + 2 * epsilon * share;
          const factor = scaling === 'probability' ? 1 / probability : 1;
          delta[at + i] = drawn[at + i]! < probability ? delta[at + i]! * factor : 0;
        }
      }
    },
  };
}

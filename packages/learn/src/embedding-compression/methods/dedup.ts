/**
 * Deduplication (Zhou et al., VLDB 2022): blocks of rows that are nearly equal are stored once.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, matmul, type Rng, rng } from '@fletch/linalg';
import { unreachable } from '../budget.js';
import { FloatRows } from '../storage/row-tables.js';
import { fact, held } from '../storage/stored.js';
import type { MethodSpec } from '../types.js';
import { budgetBytes, freshRows, requireBudget, tableStage } from './table.js';

/** Numbers are equal up to this. */
const TOLERANCE = 0.01;
/** Blocks are equal when this share of their numbers is. */
const SHARE = 0.7;
const TABLES = 90;
/** Width of a hash's buckets, in tolerances. */
const BUCKET = 9;
/** Earlier blocks that one is compared with at most. */
const COMPARED = 500;

/** Which block stands for each. */
export interface Deduplicated {
  /** Of every block, the place among the stored ones. */
  readonly pointers: Int32Array;
  /** The blocks that are stored. */
  readonly stored: Int32Array;
}

/**
 * Points blocks to earlier ones that are nearly equal, in the order of their 75th percentiles, until enough are saved.
 *
 * @param blocks - one block a row
 * @param most - blocks that may be stored
 * @param tolerance - up to which numbers are equal. Default 0.01
 */
export function deduplicate(
  blocks: Matrix<Float32Array>,
  most: number,
  random: Rng,
  tolerance = TOLERANCE,
): Deduplicated {
  const bucketWidth = BUCKET * tolerance;
  const { rows: count, cols: width } = blocks;
  // Hash tables: ⌈(a·v + b) / bucket⌉ with normal a, for Euclidean distances (Datar et al., SCG 2004).
  const directions = new Matrix(random.fillNormal(new Float32Array(TABLES * width)), TABLES, width);
  const shifts = Array.from({ length: TABLES }, () => bucketWidth * random.uniform());
  const products = matmul(blocks, directions, { transposeB: true });
  const percentile = Float32Array.from({ length: count }, (_, i) => {
    const sorted = blocks.row(i).slice().sort();
    return sorted[Math.floor(0.75 * (width - 1))]!;
  });
  const order = Int32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => percentile[a]! - percentile[b]!,
  );
  const tables = Array.from({ length: TABLES }, () => new Map<number, number[]>());
  const standsFor = new Int32Array(count).fill(-1);
  const seen = new Int32Array(count).fill(-1);
  /** Of the earlier blocks that share a bucket, the one that most numbers are equal to; −1 when none is equal. */
  const closest = (i: number, keys: readonly number[]): number => {
    let best = -1;
    let most = 0;
    let compared = 0;
    for (const [t, key] of keys.entries())
      for (const other of tables[t]!.get(key) ?? []) {
        if (compared === COMPARED) return best;
        if (seen[other] === i) continue;
        seen[other] = i;
        compared++;
        const equal = alike(blocks.row(i), blocks.row(other), tolerance);
        if (equal >= SHARE * width && equal > most) [best, most] = [other, equal];
      }
    return best;
  };
  let saved = 0;
  for (const i of order) {
    const keys = shifts.map((shift, t) => Math.ceil((products.data[i * TABLES + t]! + shift) / bucketWidth));
    const best = count - saved > most ? closest(i, keys) : -1;
    if (best >= 0) {
      standsFor[i] = best;
      saved++;
      continue;
    }
    standsFor[i] = i;
    for (const [t, key] of keys.entries()) {
      const bucket = tables[t]!.get(key);
      if (bucket) bucket.push(i);
      else tables[t]!.set(key, [i]);
    }
  }
  const stored = Int32Array.from(standsFor.keys()).filter((i) => standsFor[i] === i);
  const places = new Int32Array(count);
  stored.forEach((block, place) => void places.fill(place, block, block + 1));
  return { pointers: standsFor.map((block) => places[block]!), stored };
}

/** How many numbers of two blocks are equal; 0 as soon as too many are not. */
function alike(a: Float32Array, b: Float32Array, tolerance: number): number {
  let different = 0;
  const most = (1 - SHARE) * a.length;
  for (let j = 0; j < a.length; j++) if (Math.abs(a[j]! - b[j]!) > tolerance && ++different > most) return 0;
  return a.length - different;
}

const blockOf = ({ block = 32 }: { readonly block?: number }) => {
  if (Number.isSafeInteger(block) && block > 0) return block;
  throw new FletchError('INVALID_ARGUMENT', `block is ${block}: rows of a block are a positive integer.`);
};

export const dedup: MethodSpec = {
  title: 'Dedup',
  family: 'inter-feature',
  floor: ({ fields, dim }) => {
    const blocks = Math.ceil(fields.rows / 32);
    return (4 * (32 * dim + blocks)) / (4 * fields.rows * dim);
  },
  start(settings, options) {
    requireBudget('dedup', settings, this.floor(settings));
    const { fields, dim, seed, cr } = settings;
    const block = blockOf(options);
    const { tolerance = TOLERANCE } = options;
    if (!(tolerance > 0))
      throw new FletchError('INVALID_ARGUMENT', `tolerance is ${tolerance}: it must be positive.`);
    const count = Math.ceil(fields.rows / block);
    const most = Math.floor((budgetBytes(settings) - 4 * count) / (4 * block * dim));
    // The last block is filled up with rows that no id has.
    let table = freshRows(settings, count * block);
    let pointers: Int32Array = Int32Array.from({ length: count }, (_, i) => i);
    return {
      stages: [
        () =>
          tableStage(table, (id) => id, {
            name: 'training the full table',
            finish: () => {
              const found = deduplicate(
                new Matrix(table.data, count, block * dim),
                most,
                rng(seed, 8),
                tolerance,
              );
              const { stored } = found;
              if (stored.length > most)
                throw unreachable(
                  'dedup',
                  cr,
                  (4 * (stored.length * block * dim + count)) / (4 * fields.rows * dim),
                );
              const shared = new Float32Array(stored.length * block * dim);
              stored.forEach((from, to) => {
                shared.set(
                  table.data.subarray(from * block * dim, (from + 1) * block * dim),
                  to * block * dim,
                );
              });
              table = new FloatRows(shared, dim);
              pointers = found.pointers;
            },
          }),
        () =>
          tableStage(table, (id) => pointers[Math.floor(id / block)]! * block + (id % block), {
            name: 'fine-tuning shared blocks',
            epochs: 0.5,
          }),
      ],
      store: () => ({
        kind: 'blocks',
        facts: { block },
        tensors: {
          blocks: { data: table.data, shape: [table.rows / block, block, dim] },
          pointers: { data: pointers, shape: [count] },
        },
      }),
    };
  },
  restore(stored, { dim }) {
    const table = held(stored, 'blocks', Float32Array);
    const pointers = held(stored, 'pointers', Int32Array);
    const block = fact(stored, 'block');
    return (ids, target) => {
      for (let i = 0; i < ids.length; i++) {
        const row = pointers[Math.floor(ids[i]! / block)]! * block + (ids[i]! % block);
        target.set(table.subarray(row * dim, (row + 1) * dim), i * dim);
      }
    };
  },
};

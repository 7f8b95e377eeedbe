/**
 * Given tables of which rows share what is stored, or keep few entries: pruning, a tensor train, equal rows.
 *
 * @module
 */
import { rng } from '@fletch/linalg';
import { largest } from '../budget.js';
import { type Deduplicated, deduplicate } from '../methods/dedup.js';
import { entriesWithin, restoreSparse, storeSparse, zeroSmallest } from '../storage/sparse.js';
import { fact, factList, held } from '../storage/stored.js';
import { type Cores, numbersAt, type TrainShape, trainRow, trainSVD } from '../storage/tensor-train.js';
import type { TableShape, VectorMethodSpec } from './types.js';

const oneField = ({ rows }: TableShape) => ({ sizes: [rows], offsets: [0], rows });

/** The largest entries, with their indices. */
export const prune: VectorMethodSpec = {
  title: 'magnitude pruning',
  floor: () => 12,
  compress({ data, rows, cols: dim }, { bytes }) {
    const kept = entriesWithin({ fields: oneField({ rows, dim }), dim, cr: bytes / (4 * rows * dim) });
    const pruned = data.slice();
    zeroSmallest(pruned, pruned.length - kept);
    return storeSparse(pruned, dim);
  },
  restore: (stored, shape) => restoreSparse(stored, { fields: oneField(shape), dim: shape.dim }),
};

/** Three factors of a number, as near to each other as they are, ascending. */
export function threeFactors(value: number): [number, number, number] {
  let best: [number, number, number] = [1, 1, value];
  for (let a = 1; a * a * a <= value; a++) {
    if (value % a !== 0) continue;
    for (let b = a; a * b * b <= value; b++)
      if ((value / a) % b === 0 && a + b + value / (a * b) < best[0] + best[1] + best[2])
        best = [a, b, value / (a * b)];
  }
  return best;
}

function shapeOf({ rows, dim }: TableShape): TrainShape {
  const n1 = Math.ceil(Math.cbrt(rows));
  const n2 = Math.ceil(Math.sqrt(rows / n1));
  return { n: [n1, n2, Math.ceil(rows / (n1 * n2))], d: threeFactors(dim) };
}

/** A tensor train by singular value decompositions. */
export const tt: VectorMethodSpec = {
  title: 'TT-SVD',
  floor: (shape) => 4 * numbersAt(shapeOf(shape), 1),
  compress(table, { bytes }) {
    const shape = shapeOf({ rows: table.rows, dim: table.cols });
    const { n, d } = shape;
    const most = Math.max(n[0] * d[0], n[2] * d[2]);
    const rank = largest(1, most, (r) => 4 * numbersAt(shape, r) <= bytes);
    const [g1, g2, g3] = trainSVD(table, shape, rank);
    return {
      kind: 'tensor-train',
      facts: { rank, n: [...n], d: [...d] },
      tensors: {
        g1: { data: g1, shape: [g1.length] },
        g2: { data: g2, shape: [g2.length] },
        g3: { data: g3, shape: [g3.length] },
      },
    };
  },
  restore(stored, { dim }) {
    const cores = ['g1', 'g2', 'g3'].map((name) => held(stored, name, Float32Array)) as unknown as Cores;
    const shape = { n: factList(stored, 'n'), d: factList(stored, 'd') } as unknown as TrainShape;
    const rank = fact(stored, 'rank');
    return (ids, target) => {
      for (let i = 0; i < ids.length; i++)
        trainRow(cores, shape, rank, ids[i]!, target.subarray(i * dim, (i + 1) * dim));
    };
  },
};

/** Tolerances are doubled at most so often. */
const ROUNDS = 12;

/** Rows that are nearly equal are stored once; how nearly is doubled until the budget is met. */
export const dedup: VectorMethodSpec = {
  title: 'Dedup',
  floor: ({ rows, dim }) => 4 * dim + 4 * rows,
  compress(table, { bytes, seed }) {
    const { data, rows, cols: dim } = table;
    const most = Math.floor((bytes - 4 * rows) / (4 * dim));
    const size = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length) || 1;
    let found: Deduplicated | undefined;
    for (let round = 0; round < ROUNDS && (found?.stored.length ?? rows + 1) > most; round++)
      found = deduplicate(table, most, rng(seed), 0.01 * size * 2 ** round);
    // Whatever is still too much points to the first row that is stored.
    const stored = found!.stored.slice(0, most);
    const pointers = found!.pointers.map((place) => Math.min(place, most - 1));
    const kept = new Float32Array(stored.length * dim);
    stored.forEach((row, place) => void kept.set(data.subarray(row * dim, (row + 1) * dim), place * dim));
    return {
      kind: 'blocks',
      facts: {},
      tensors: {
        blocks: { data: kept, shape: [stored.length, dim] },
        pointers: { data: pointers, shape: [rows] },
      },
    };
  },
  restore(stored, { dim }) {
    const blocks = held(stored, 'blocks', Float32Array);
    const pointers = held(stored, 'pointers', Int32Array);
    return (ids, target) => {
      for (let i = 0; i < ids.length; i++) {
        const place = pointers[ids[i]!]!;
        target.set(blocks.subarray(place * dim, (place + 1) * dim), i * dim);
      }
    };
  },
};

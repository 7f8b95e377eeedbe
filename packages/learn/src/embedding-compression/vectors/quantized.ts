/**
 * Given tables in fewer bits: whole numbers, and product quantization.
 *
 * @module
 */
import {
  decodeProduct,
  encodeProduct,
  type Matrix,
  type ProductQuantizer,
  trainProductQuantizer,
} from '@fletch/linalg';
import { largest } from '../budget.js';
import { fact, held } from '../storage/stored.js';
import { groupsOf, massGroups, placesOf, rowsOf } from './groups.js';
import type { TableShape, VectorMethodSpec, VectorWork } from './types.js';

/** Bytes; the least of a column and the step between two codes, rounded to the nearest. */
export const int8: VectorMethodSpec = {
  title: 'INT8',
  floor: ({ rows, dim }) => rows * dim + 8 * dim,
  compress({ data, rows, cols: dim }) {
    const least = new Float32Array(dim).fill(Number.POSITIVE_INFINITY);
    const most = new Float32Array(dim).fill(Number.NEGATIVE_INFINITY);
    for (let i = 0; i < data.length; i++) {
      least[i % dim] = Math.min(least[i % dim]!, data[i]!);
      most[i % dim] = Math.max(most[i % dim]!, data[i]!);
    }
    const steps = least.map((value, j) => (most[j]! - value) / 255);
    const codes = new Uint8Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const step = steps[i % dim]!;
      codes[i] = step > 0 ? Math.min(255, Math.round((data[i]! - least[i % dim]!) / step)) : 0;
    }
    return {
      kind: 'integers',
      facts: {},
      tensors: {
        codes: { data: codes, shape: [rows, dim] },
        least: { data: least, shape: [dim] },
        steps: { data: steps, shape: [dim] },
      },
    };
  },
  restore(stored, { dim }) {
    const codes = held(stored, 'codes', Uint8Array);
    const [least, steps] = [held(stored, 'least', Float32Array), held(stored, 'steps', Float32Array)];
    return (ids, target) => {
      for (let i = 0, at = 0; i < ids.length; i++)
        for (let j = 0; j < dim; j++) target[at++] = least[j]! + steps[j]! * codes[ids[i]! * dim + j]!;
    };
  },
};

/** Bytes of codes and codebooks. */
const pqBytes = ({ rows, dim }: TableShape, parts: number) => rows * parts + 4 * Math.min(256, rows) * dim;

/** As many parts as fit, each with at most 256 centroids. */
export const pq: VectorMethodSpec = {
  title: 'PQ',
  floor: (shape) => pqBytes(shape, 1),
  compress(table, work) {
    const shape = { rows: table.rows, dim: table.cols };
    const parts = largest(1, table.cols, (count) => pqBytes(shape, count) <= work.bytes);
    return { kind: 'pq', facts: { groups: 1 }, tensors: encodeGroup(table, parts, 0, work) };
  },
  restore: restoreGroups,
};

/** How many parts the groups have of what they have on average, those of the longest rows first. */
const SHARES = [1.6, 1.2, 0.9, 0.7];

/** Groups of rows of equal norm mass, each with its codebooks: the longer the rows, the more parts. */
export const magpq: VectorMethodSpec = {
  title: 'magnitude PQ',
  floor: ({ rows, dim }) => rows + 4 * rows + 4 * SHARES.length * Math.min(256, rows) * dim,
  compress(table, work) {
    const groups = massGroups(table, SHARES.length);
    const { cols: dim } = table;
    const parts = (base: number) =>
      groups.map((_, g) => Math.max(1, Math.min(dim, Math.floor(base * SHARES[g]!))));
    const bytes = (base: number) =>
      parts(base).reduce(
        (sum, count, g) => sum + pqBytes({ rows: groups[g]!.length, dim }, count),
        4 * table.rows,
      );
    const base = Math.max(
      1,
      largest(1, dim, (count) => bytes(count) <= work.bytes),
    );
    const encoded = groups.map((rows, g) => encodeGroup(rowsOf(table, rows), parts(base)[g]!, g, work));
    return {
      kind: 'pq',
      facts: { groups: groups.length },
      tensors: Object.assign({ places: placesOf(groups, table.rows) }, ...encoded),
    };
  },
  restore: restoreGroups,
};

/** Codes and codebooks of one group, named with its number. */
function encodeGroup(table: Matrix<Float32Array>, parts: number, group: number, work: VectorWork) {
  const { seed, signal, onProgress } = work;
  const quantizer = trainProductQuantizer(table, {
    parts,
    seed: seed + group,
    sample: Math.max(256, work.sample),
    iterations: 10,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  const codes = encodeProduct(quantizer, table);
  return {
    [`codes${group}`]: { data: codes, shape: [table.rows, parts] },
    [`books${group}`]: { data: quantizer.codebooks, shape: [quantizer.codebooks.length] },
  };
}

function restoreGroups(stored: Parameters<VectorMethodSpec['restore']>[0], { dim }: TableShape) {
  const place = groupsOf(stored);
  const groups = Array.from({ length: fact(stored, 'groups') }, (_, g) => {
    const codebooks = held(stored, `books${g}`, Float32Array);
    const parts = stored.tensors[`codes${g}`]!.shape[1]!;
    const quantizer: ProductQuantizer = {
      dimension: dim,
      parts,
      centroids: codebooks.length / dim,
      starts: Uint32Array.from({ length: parts + 1 }, (_, p) => Math.floor((p * dim) / parts)),
      codebooks,
    };
    return { quantizer, codes: held(stored, `codes${g}`, Uint8Array) };
  });
  return (ids: Int32Array, target: Float32Array) => {
    for (let i = 0; i < ids.length; i++) {
      const { group, row } = place(ids[i]!);
      const { quantizer, codes } = groups[group]!;
      const own = codes.subarray(row * quantizer.parts, (row + 1) * quantizer.parts);
      target.set(decodeProduct(quantizer, own).data, i * dim);
    }
  };
}

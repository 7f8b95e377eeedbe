/**
 * Given tables as products of thin factors: of the whole, and of groups of rows by their length.
 *
 * @module
 */
import { type Matrix, randomizedSVD, rng } from '@fletch/linalg';
import { fact, held } from '../storage/stored.js';
import { groupsOf, massGroups, placesOf, rowsOf } from './groups.js';
import type { TableShape, VectorMethodSpec } from './types.js';

const GROUPS = 4;
/** Ranks of groups go with this power of their rows. */
const POWER = -0.3;

const factorBytes = ({ rows, dim }: TableShape, rank: number) => 4 * rank * (rows + dim);

/** Both factors of one group, the singular values in the left one. */
function factors(table: Matrix<Float32Array>, rank: number, group: number, seed: number) {
  const { u, s, vt } = randomizedSVD(table, rank, { random: rng(seed, group) });
  for (let i = 0; i < u.rows; i++) for (let k = 0; k < rank; k++) u.data[i * rank + k]! *= s[k]!;
  return {
    [`left${group}`]: { data: u.data, shape: [u.rows, rank] },
    [`right${group}`]: { data: vt.data, shape: [rank, vt.cols] },
  };
}

/** Rank = bytes / (4 (n + D)). */
export const svd: VectorMethodSpec = {
  title: 'SVD',
  floor: (shape) => factorBytes(shape, 1),
  compress(table, { bytes, seed }) {
    const { rows, cols } = table;
    const rank = Math.min(rows, cols, Math.floor(bytes / factorBytes({ rows, dim: cols }, 1)));
    return { kind: 'factors', facts: { groups: 1 }, tensors: factors(table, rank, 0, seed) };
  },
  restore: restoreFactors,
};

/** Groups of equal norm mass; ranks go with n_g^−0.3. */
export const magsvd: VectorMethodSpec = {
  title: 'magnitude SVD',
  floor: ({ rows, dim }) => 4 * rows + GROUPS * 4 * dim + 4 * rows,
  compress(table, { bytes, seed }) {
    const groups = massGroups(table, GROUPS);
    const dim = table.cols;
    const ranks = (scale: number) =>
      groups.map(({ length }) => Math.max(1, Math.min(length, dim, Math.floor(scale * length ** POWER))));
    const total = (scale: number) =>
      ranks(scale).reduce(
        (sum, rank, g) => sum + factorBytes({ rows: groups[g]!.length, dim }, rank),
        4 * table.rows,
      );
    let [low, high] = [0, dim * Math.max(...groups.map(({ length }) => length)) ** -POWER];
    for (let round = 0; round < 60; round++) {
      const middle = (low + high) / 2;
      if (total(middle) <= bytes) low = middle;
      else high = middle;
    }
    const parts = ranks(low).map((rank, g) => factors(rowsOf(table, groups[g]!), rank, g, seed));
    return {
      kind: 'factors',
      facts: { groups: groups.length },
      tensors: Object.assign({ places: placesOf(groups, table.rows) }, ...parts),
    };
  },
  restore: restoreFactors,
};

function restoreFactors(stored: Parameters<VectorMethodSpec['restore']>[0], { dim }: TableShape) {
  const place = groupsOf(stored);
  const groups = Array.from({ length: fact(stored, 'groups') }, (_, g) => ({
    left: held(stored, `left${g}`, Float32Array),
    right: held(stored, `right${g}`, Float32Array),
    rank: stored.tensors[`left${g}`]!.shape[1]!,
  }));
  return (ids: Int32Array, target: Float32Array) => {
    target.fill(0);
    for (let i = 0; i < ids.length; i++) {
      const { group, row } = place(ids[i]!);
      const { left, right, rank } = groups[group]!;
      for (let k = 0; k < rank; k++) {
        const weight = left[row * rank + k]!;
        for (let j = 0; j < dim; j++) target[i * dim + j]! += weight * right[k * dim + j]!;
      }
    }
  };
}

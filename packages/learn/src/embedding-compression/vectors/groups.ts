/**
 * Groups of rows by their length.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';
import { held, type Stored, type StoredTensor } from '../storage/stored.js';

/** Rows cut into groups of about equal sums of their norms, the longest rows first. None is empty. */
export function massGroups({ data, rows, cols }: Matrix<Float32Array>, count: number): Int32Array[] {
  const norms = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += data[i * cols + j]! ** 2;
    norms[i] = Math.sqrt(sum);
  }
  const order = Int32Array.from({ length: rows }, (_, i) => i).sort((a, b) => norms[b]! - norms[a]!);
  const total = norms.reduce((sum, value) => sum + value, 0);
  const groups: Int32Array[] = [];
  let first = 0;
  let mass = 0;
  for (let at = 0; at < rows; at++) {
    mass += norms[order[at]!]!;
    const ends =
      at + 1 === rows || (groups.length + 1 < count && mass >= (total * (groups.length + 1)) / count);
    if (!ends) continue;
    groups.push(order.slice(first, at + 1));
    first = at + 1;
  }
  return groups;
}

/** Some rows of a table, copied. */
export function rowsOf({ data, cols }: Matrix<Float32Array>, rows: Int32Array): Matrix<Float32Array> {
  const result = new Float32Array(rows.length * cols);
  for (let i = 0; i < rows.length; i++)
    result.set(data.subarray(rows[i]! * cols, (rows[i]! + 1) * cols), i * cols);
  return new Matrix(result, rows.length, cols);
}

/** Of every row its place among all groups, one after the other. */
export function placesOf(groups: readonly Int32Array[], rows: number): StoredTensor {
  const places = new Int32Array(rows);
  let at = 0;
  for (const group of groups) for (const row of group) places[row] = at++;
  return { data: places, shape: [rows] };
}

/** The group of a row and its place there. */
export function groupsOf(stored: Stored): (row: number) => { group: number; row: number } {
  if (!stored.tensors.places) return (row) => ({ group: 0, row });
  const places = held(stored, 'places', Int32Array);
  const starts = [0];
  for (let g = 0; stored.tensors[`codes${g}`] ?? stored.tensors[`left${g}`]; g++)
    starts.push(starts[g]! + (stored.tensors[`codes${g}`] ?? stored.tensors[`left${g}`])!.shape[0]!);
  return (row) => {
    const place = places[row]!;
    const group = starts.findLastIndex((start) => start <= place);
    return { group, row: place - starts[group]! };
  };
}

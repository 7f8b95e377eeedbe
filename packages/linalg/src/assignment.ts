/**
 * The linear assignment problem.
 *
 * @module
 */
import { requireFinite } from './checks.js';
import { Matrix } from './matrix.js';

/** Pairs of rows and columns, min(m, n) of them. */
export interface Assignment {
  /** Rows, increasing. */
  readonly rows: Uint32Array;
  /** The column of each of these rows; no column twice. */
  readonly cols: Uint32Array;
  /** Sum of the chosen entries. */
  readonly cost: number;
}

/**
 * Pairs rows with columns so that the sum of the chosen entries is least (or largest): shortest augmenting paths (Jonker
 * and Volgenant, Computing 38, 1987; Crouse, IEEE Trans. Aerosp. Electron. Syst. 52(4), 2016).
 *
 * @param costs - m x n, any sign; of an oblong matrix the longer side stays partly unpaired
 * @param options - `maximize`: the largest sum instead; default false
 * @throws FletchError `NON_FINITE` with the position of an entry that is not finite
 */
export function assign(
  costs: Matrix,
  { maximize = false }: { readonly maximize?: boolean } = {},
): Assignment {
  requireFinite('assign', costs);
  const tall = costs.rows > costs.cols;
  const [m, n] = tall ? [costs.cols, costs.rows] : [costs.rows, costs.cols];
  const sign = maximize ? -1 : 1;
  const cost = new Float64Array(m * n);
  for (let i = 0; i < costs.rows; i++)
    for (let j = 0; j < costs.cols; j++)
      cost[tall ? j * n + i : i * n + j] = sign * costs.data[i * costs.cols + j]!;
  const columnOf = solveRows(cost, m, n);
  const pairs = Array.from(columnOf, (j, i): [number, number] => (tall ? [j, i] : [i, j]));
  pairs.sort((a, b) => a[0] - b[0]);
  return {
    rows: Uint32Array.from(pairs, ([i]) => i),
    cols: Uint32Array.from(pairs, ([, j]) => j),
    cost: pairs.reduce((sum, [i, j]) => sum + costs.at(i, j), 0),
  };
}

/**
 * {@link assign} of a square matrix: the column of each row.
 *
 * @param costs - `n · n` numbers, row-major
 * @param maximize - whether the sum is to be largest; else it is least
 * @throws FletchError `DIMENSION_MISMATCH` unless there are n² numbers, `NON_FINITE` with the position of one that is not
 *   finite
 */
export function linearSumAssignment(costs: Float64Array, n: number, maximize: boolean): Int32Array {
  const square = new Matrix(costs, n, n);
  requireFinite('linearSumAssignment', square);
  return solveRows(maximize ? costs.map((cost) => -cost) : costs, n, n);
}

/** The column of each row; m <= n. */
function solveRows(cost: Float64Array, m: number, n: number): Int32Array {
  const columnOf = new Int32Array(m).fill(-1);
  const rowOf = new Int32Array(n).fill(-1);
  const u = new Float64Array(m);
  const v = new Float64Array(n);
  const shortest = new Float64Array(n);
  const previous = new Int32Array(n);
  const open = new Int32Array(n);
  for (let start = 0; start < m; start++) {
    shortest.fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < n; j++) open[j] = j;
    let left = n;
    let row = start;
    let length = 0;
    let sink = -1;
    // Dijkstra over reduced costs, until a free column is reached; the closed columns gather behind `left`.
    while (sink < 0) {
      let at = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let k = 0; k < left; k++) {
        const j = open[k]!;
        const through = length + cost[row * n + j]! - u[row]! - v[j]!;
        if (through < shortest[j]!) {
          shortest[j] = through;
          previous[j] = row;
        }
        const reach = shortest[j]!;
        if (reach < least || (reach === least && rowOf[j]! < 0) || at < 0) {
          least = reach;
          at = k;
        }
      }
      const column = open[at]!;
      length = least;
      left--;
      open[at] = open[left]!;
      open[left] = column;
      if (rowOf[column]! < 0) sink = column;
      else row = rowOf[column]!;
    }
    u[start]! += length;
    for (let k = left; k < n; k++) {
      const j = open[k]!;
      const slack = length - shortest[j]!;
      v[j]! -= slack;
      if (rowOf[j]! >= 0) u[rowOf[j]!]! += slack;
    }
    for (let j = sink; ; ) {
      const i = previous[j]!;
      rowOf[j] = i;
      const next = columnOf[i]!;
      columnOf[i] = j;
      if (i === start) break;
      j = next;
    }
  }
  return columnOf;
}

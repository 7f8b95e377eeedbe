/**
 * Tables as trains of three tensors (Oseledets, SIAM J. Sci. Comput. 33(5), 2011).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { eigh, Matrix, matmul } from '@fletch/linalg';

/** Sizes of the tensors. */
export interface TrainShape {
  /** Digits of an id: their product is at least the rows. */
  readonly n: readonly [number, number, number];
  /** Digits of a dimension: their product is the dimension. */
  readonly d: readonly [number, number, number];
}

/**
 * @throws FletchError `INVALID_ARGUMENT` unless the dimension is a power of two from 8
 */
export function trainShape(rows: number, dim: number): TrainShape {
  const power = Math.log2(dim);
  if (!(Number.isInteger(power) && dim >= 8))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A tensor train needs a dimension that is a power of two from 8, not ${dim}.`,
    );
  const n1 = Math.ceil(Math.cbrt(rows));
  const n2 = Math.ceil(Math.sqrt(rows / n1));
  const e1 = Math.floor(power / 3);
  const e2 = Math.floor((power - e1) / 2);
  return { n: [n1, n2, Math.ceil(rows / (n1 * n2))], d: [2 ** e1, 2 ** e2, 2 ** (power - e1 - e2)] };
}

/** The digits of an id, the first the fastest. */
export function digits(id: number, [n1, n2]: TrainShape['n']): [number, number, number] {
  return [id % n1, Math.floor(id / n1) % n2, Math.floor(id / (n1 * n2))];
}

/** Numbers in the three tensors at a rank. */
export function numbersAt({ n, d }: TrainShape, rank: number): number {
  return (n[0] * d[0] + n[1] * d[1] * rank + n[2] * d[2]) * rank;
}

/** Tensors in the order in which they are multiplied: `[n1·d1, r]`, `[r, n2·d2·r]`, `[n3, r·d3]`. */
export type Cores = readonly [Float32Array, Float32Array, Float32Array];

/** The row of an id. */
export function trainRow(
  cores: Cores,
  { n, d }: TrainShape,
  rank: number,
  id: number,
  target: Float32Array,
): void {
  const [g1, g2, g3] = cores;
  const [i1, i2, i3] = digits(id, n);
  const pair = new Float64Array(rank);
  for (let a = 0; a < d[0]; a++)
    for (let b = 0; b < d[1]; b++) {
      pair.fill(0);
      for (let k = 0; k < rank; k++) {
        const left = g1[(i1 * d[0] + a) * rank + k]!;
        const from = k * n[1] * d[1] * rank + (i2 * d[1] + b) * rank;
        for (let l = 0; l < rank; l++) pair[l]! += left * g2[from + l]!;
      }
      for (let c = 0; c < d[2]; c++) {
        let sum = 0;
        for (let l = 0; l < rank; l++) sum += pair[l]! * g3[(i3 * rank + l) * d[2] + c]!;
        target[(a * d[1] + b) * d[2] + c] = sum;
      }
    }
}

/** The leading `count` eigenvectors of a symmetric matrix, as columns. */
function leading(gram: Matrix<Float64Array>, count: number): Matrix<Float64Array> {
  const { vectors } = eigh(gram);
  const n = gram.rows;
  const result = new Matrix(new Float64Array(n * count), n, count);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < count; j++) result.data[i * count + j] = vectors.data[i * n + (n - 1 - j)]!;
  return result;
}

/**
 * The train nearest to a table, one singular value decomposition after the other.
 *
 * @param table - rows × dim
 * @param rank - of both joints; where an unfolding has fewer, the rest is zeros
 */
export function trainSVD(table: Matrix<Float32Array>, { n, d }: TrainShape, rank: number): Cores {
  const { rows, cols } = table;
  const [left, right] = [n[0] * d[0], n[2] * d[2]];
  const middle = n[1] * d[1];
  const first = new Matrix(new Float64Array(left * middle * right), left, middle * right);
  for (let id = 0; id < rows; id++) {
    const [i1, i2, i3] = digits(id, n);
    for (let j = 0; j < cols; j++) {
      const [a, b, c] = [Math.floor(j / (d[1] * d[2])), Math.floor(j / d[2]) % d[1], j % d[2]];
      const column = (i2 * d[1] + b) * right + i3 * d[2] + c;
      first.data[(i1 * d[0] + a) * middle * right + column] = table.data[id * cols + j]!;
    }
  }
  const r1 = Math.min(rank, left);
  const u = leading(matmul(first, first, { transposeB: true }), r1);
  const second = new Matrix(matmul(u, first, { transposeA: true }).data, r1 * middle, right);
  const r2 = Math.min(rank, right);
  const v = leading(matmul(second, second, { transposeA: true }), r2);
  const inner = matmul(second, v);
  const cores = [left * rank, rank * middle * rank, n[2] * rank * d[2]].map((size) => new Float32Array(size));
  const [g1, g2, g3] = cores as [Float32Array, Float32Array, Float32Array];
  for (let i = 0; i < left; i++) for (let k = 0; k < r1; k++) g1[i * rank + k] = u.data[i * r1 + k]!;
  for (let k = 0; k < r1; k++)
    for (let m = 0; m < middle; m++)
      for (let l = 0; l < r2; l++) g2[(k * middle + m) * rank + l] = inner.data[(k * middle + m) * r2 + l]!;
  for (let i = 0; i < n[2]; i++)
    for (let c = 0; c < d[2]; c++)
      for (let l = 0; l < r2; l++) g3[(i * rank + l) * d[2] + c] = v.data[(i * d[2] + c) * r2 + l]!;
  return [g1, g2, g3];
}

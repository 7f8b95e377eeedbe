/**
 * Sets of vectors, one after another.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';

/** Sets of vectors: set i has the rows `starts[i]` to `starts[i + 1] - 1`. */
export interface VectorSets {
  readonly vectors: Matrix<Float32Array>;
  /** One more than there are sets. */
  readonly starts: Uint32Array;
}

/**
 * Puts sets one after another.
 *
 * @param dim - components that their vectors must have
 * @throws FletchError `INVALID_ARGUMENT` for an empty set, `DIMENSION_MISMATCH`, `NON_FINITE`, each naming the set
 */
export function joinSets(sets: readonly Matrix[], dim: number): VectorSets {
  const starts = new Uint32Array(sets.length + 1);
  sets.forEach((set, i) => {
    if (set.rows === 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Set ${i} is empty: a set without vectors is similar to nothing, leave it out.`,
        { details: { set: i } },
      );
    if (set.cols !== dim)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `The vectors of set ${i} have ${set.cols} components instead of ${dim}.`,
        { details: { set: i, expected: dim, actual: set.cols } },
      );
    starts[i + 1] = starts[i]! + set.rows;
  });
  const rows = starts[sets.length]!;
  const vectors = new Matrix(new Float32Array(rows * dim), rows, dim);
  sets.forEach((set, i) => {
    vectors.data.set(set.data, starts[i]! * dim);
    checkFinite(set, vectors.data.subarray(starts[i]! * dim, starts[i + 1]! * dim), i);
  });
  return { vectors, starts };
}

/** Set i, not copied. */
export function setAt({ vectors, starts }: VectorSets, i: number): Matrix<Float32Array> {
  const [from, to] = [starts[i]!, starts[i + 1]!];
  return new Matrix(vectors.data.subarray(from * vectors.cols, to * vectors.cols), to - from, vectors.cols);
}

/** The mean of all vectors. */
export function meanOf({ vectors: { data, rows, cols } }: VectorSets): Float64Array {
  const mean = new Float64Array(cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) mean[j]! += data[i * cols + j]! / rows;
  return mean;
}

function checkFinite(set: Matrix, values: Float32Array, index: number): void {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += 0 * values[i]!;
  if (sum === 0) return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  const [row, column] = [Math.floor(at / set.cols), at % set.cols];
  throw new FletchError(
    'NON_FINITE',
    `Set ${index}, vector ${row}, component ${column} is ${set.data[at]}.`,
    {
      details: { set: index, row, column },
    },
  );
}

/** Sets `first` to `end - 1`, not copied. */
export function sliceSets({ vectors, starts }: VectorSets, first: number, end: number): VectorSets {
  const [from, to] = [starts[first]!, starts[end]!];
  return {
    vectors: new Matrix(
      vectors.data.subarray(from * vectors.cols, to * vectors.cols),
      to - from,
      vectors.cols,
    ),
    starts: starts.subarray(first, end + 1).map((start) => start - from),
  };
}

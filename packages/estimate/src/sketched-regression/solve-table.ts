/**
 * Least squares on the columns of a table: with a sketch where it pays, without those that depend on others.
 *
 * @module
 */
import { FletchError, isFletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { type SketchedRegressionOptions, type SketchedSolution, sketchedRegression } from './solve.js';

/** n d² up to which a table is solved directly unless a sketch is asked for: less than a second. */
const CHEAP = 1e8;

/** Options that ask for a sketch. */
const asking = ['sketch', 'rows', 'epsilon', 'delta', 'theory'] as const;

/** A solution for some of the columns. */
export interface TableSolution extends SketchedSolution {
  /** Columns that were solved for, ascending. */
  readonly kept: readonly number[];
}

/**
 * Solves directly where that costs little, unless an option asks for a sketch. Columns that depend on those before are left out, as
 * R's `lm` does; a sketch may be what loses their rank, and so refuses them.
 *
 * @param names - of the columns
 * @throws FletchError `INVALID_ARGUMENT` for no more rows than columns, for a sketch that loses rank, and as `sketchedRegression`
 */
export function solve(
  A: Matrix<Float64Array>,
  b: Float64Array,
  options: SketchedRegressionOptions,
  names: readonly string[],
): TableSolution {
  if (A.rows <= A.cols)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Regression needs more rows than columns: ${A.rows} rows are too few for ${A.cols} coefficients. Leave columns out.`,
      { details: { rows: A.rows, columns: A.cols } },
    );
  const sketched = asking.some((name) => options[name] !== undefined) || A.rows * A.cols ** 2 > CHEAP;
  const settings = sketched ? options : { ...options, rows: A.rows };
  const kept = names.map((_, j) => j);
  for (;;) {
    try {
      const part = kept.length === A.cols ? A : columnsOf(A, kept);
      return { ...sketchedRegression(part, b, settings), kept };
    } catch (error) {
      const column = isFletchError(error, 'INVALID_ARGUMENT') ? error.details.column : undefined;
      if (typeof column !== 'number') throw error;
      if (sketched)
        throw new FletchError(
          'INVALID_ARGUMENT',
          `Column "${names[column]}" is constant or a combination of those before it, or the sketch has too few rows to tell: leave it out, or raise rows.`,
          { details: { column: names[column] }, cause: error },
        );
      kept.splice(column, 1);
      if (kept.length === 0) throw error;
    }
  }
}

function columnsOf(A: Matrix<Float64Array>, kept: readonly number[]): Matrix<Float64Array> {
  const part = new Matrix(new Float64Array(A.rows * kept.length), A.rows, kept.length);
  for (let i = 0, at = 0; i < A.rows; i++) for (const j of kept) part.data[at++] = A.data[i * A.cols + j]!;
  return part;
}

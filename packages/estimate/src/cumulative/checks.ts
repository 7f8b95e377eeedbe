/**
 * What every fit asks of its data.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';

/** @throws FletchError `NON_FINITE` naming the column and row of the first entry that is not finite */
export function requireFiniteDesign(X: Matrix, names?: readonly string[]): void {
  const at = X.data.findIndex((value: number) => !Number.isFinite(value));
  if (at < 0) return;
  const column = names?.[at % X.cols] ?? `x${(at % X.cols) + 1}`;
  const row = Math.floor(at / X.cols);
  throw new FletchError('NON_FINITE', `Row ${row} of column "${column}" is ${X.data[at]}.`, {
    details: { column, row },
  });
}

/**
 * Ordered classes 1 … K as indices 0 … K − 1.
 *
 * @param least - fewest classes that make sense
 * @throws FletchError `DIMENSION_MISMATCH` unless there is one for each row of X; `INVALID_ARGUMENT` for classes that are
 *   not whole numbers from 1, a class without rows, too few classes, and no more rows than classes
 */
export function orderedClasses(
  X: Matrix,
  y: ArrayLike<number>,
  least: number,
): { codes: Int32Array; classes: number } {
  if (y.length !== X.rows)
    throw new FletchError('DIMENSION_MISMATCH', `X has ${X.rows} rows, but y ${y.length} values.`, {
      details: { rows: X.rows, target: y.length },
    });
  let classes = 0;
  const codes = Int32Array.from(y, (value, row) => {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `y must hold the classes 1, 2, …, K in their order; row ${row} is ${value}.`,
        { details: { row } },
      );
    classes = Math.max(classes, value);
    return value - 1;
  });
  if (classes < least)
    throw new FletchError(
      'INVALID_ARGUMENT',
      least === 3
        ? `The response needs at least three ordered classes, not ${classes}: for two, use logit.`
        : `The response needs at least two classes, not ${classes}.`,
      { details: { classes } },
    );
  if (X.rows <= classes)
    throw new FletchError('INVALID_ARGUMENT', `${X.rows} rows are too few for ${classes} classes.`);
  const seen = new Set(codes);
  for (let k = 0; k < classes; k++)
    if (!seen.has(k))
      throw new FletchError('INVALID_ARGUMENT', `No row has class ${k + 1} of ${classes}: leave it out.`, {
        details: { class: k + 1 },
      });
  requireFiniteDesign(X);
  return { codes, classes };
}

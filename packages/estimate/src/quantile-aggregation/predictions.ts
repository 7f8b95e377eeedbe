/**
 * What several models predict: quantiles of each row, by model and level.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import type { Frame } from '../frame/frame.js';

/** Quantiles of N rows by L models at m levels, row-major. An `NDArray` of three axes is one. */
export interface QuantileTensor {
  readonly data: ArrayLike<number>;
  /** N, L, m. */
  readonly shape: readonly number[];
}

/** The sizes of a tensor that was checked. */
export interface Sizes {
  readonly rows: number;
  readonly models: number;
  readonly levels: number;
}

/**
 * Checks predictions.
 *
 * @param levels - m
 * @param names - of the models, for messages
 * @throws FletchError `DIMENSION_MISMATCH` unless the shape is N × L × m, `NON_FINITE` naming model and row
 */
export function requirePredictions(z: QuantileTensor, levels: number, names: readonly string[] = []): Sizes {
  const [rows = 0, models = 0, m = 0] = z.shape;
  if (z.shape.length !== 3 || models < 1 || m !== levels || z.data.length !== rows * models * m)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `Predictions are rows × models × ${levels} levels; the shape is ${z.shape.join(' × ')} with ${z.data.length} numbers.`,
      { details: { shape: [...z.shape], levels } },
    );
  for (let at = 0; at < z.data.length; at++)
    if (!Number.isFinite(z.data[at])) {
      const row = Math.floor(at / (models * m));
      const model = Math.floor(at / m) % models;
      throw new FletchError(
        'NON_FINITE',
        `Model ${names[model] ?? model} predicts ${z.data[at]} for row ${row}, level ${at % m}.`,
        { details: { model, row, level: at % m } },
      );
    }
  return { rows, models, levels };
}

/**
 * One tensor of the predictions of several models.
 *
 * @param predictions - one N × m matrix for each model
 * @throws FletchError `DIMENSION_MISMATCH` naming the first model of another shape
 */
export function stackPredictions(predictions: readonly Matrix[]): QuantileTensor {
  const [first] = predictions;
  if (!first) throw new FletchError('INVALID_ARGUMENT', 'There are no models to stack.');
  const { rows, cols } = first;
  const data = new Float64Array(rows * predictions.length * cols);
  predictions.forEach((matrix, model) => {
    if (matrix.rows !== rows || matrix.cols !== cols)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `Model ${model} predicts ${matrix.rows} × ${matrix.cols}, model 0 ${rows} × ${cols}.`,
      );
    for (let i = 0; i < rows; i++) data.set(matrix.row(i), (i * predictions.length + model) * cols);
  });
  return { data, shape: [rows, predictions.length, cols] };
}

/** The N × m predictions of one model. */
export function predictionsOf(z: QuantileTensor, model: number): Matrix<Float64Array> {
  const [rows = 0, models = 0, m = 0] = z.shape;
  const result = new Matrix(new Float64Array(rows * m), rows, m);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < m; k++) result.data[i * m + k] = z.data[(i * models + model) * m + k]!;
  return result;
}

/** These rows of a tensor, in this order. */
export function takePredictions(z: QuantileTensor, rows: ArrayLike<number>): QuantileTensor {
  const [, models = 0, m = 0] = z.shape;
  const width = models * m;
  const data = new Float64Array(rows.length * width);
  for (let i = 0; i < rows.length; i++)
    for (let j = 0; j < width; j++) data[i * width + j] = z.data[rows[i]! * width + j]!;
  return { data, shape: [rows.length, models, m] };
}

/** Predictions that were read from a table. */
export interface ReadPredictions {
  readonly z: QuantileTensor;
  readonly models: readonly string[];
  readonly tau: readonly number[];
}

/**
 * Predictions of outside models from a table whose columns are called `model@level`, e.g. `forest@0.05`.
 *
 * @throws FletchError `INVALID_ARGUMENT` when no column is, when a level is out of range, or when models differ in their levels
 */
export function predictionsFromFrame(frame: Frame): ReadPredictions {
  const found = frame.columns.flatMap((column) => {
    const match = /^(.+)@([0-9.eE+-]+)$/.exec(column.name);
    return match && column.kind === 'number'
      ? [{ model: match[1]!, level: Number(match[2]), values: column.values }]
      : [];
  });
  const models = [...new Set(found.map(({ model }) => model))];
  const levelsOf = (model: string) =>
    found.filter((column) => column.model === model).sort((a, b) => a.level - b.level);
  const [first] = models;
  if (first === undefined)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `No column is called model@level, e.g. forest@0.05. Columns: ${frame.names.join(', ')}.`,
    );
  const tau = levelsOf(first).map(({ level }) => level);
  const matrices = models.map((model) => {
    const columns = levelsOf(model);
    if (columns.map(({ level }) => level).join() !== tau.join())
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Models need the same levels: ${model} has ${columns.map(({ level }) => level).join(', ')}, ${first} ${tau.join(', ')}.`,
        { details: { model } },
      );
    const matrix = new Matrix(new Float64Array(frame.rows * tau.length), frame.rows, tau.length);
    columns.forEach(({ values }, k) => {
      for (let i = 0; i < frame.rows; i++) matrix.data[i * tau.length + k] = values[i]!;
    });
    return matrix;
  });
  return { z: stackPredictions(matrices), models, tau };
}

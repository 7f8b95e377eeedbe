/**
 * Locally-adaptive vector quantization (Aguerrebere, Bhati, Hildebrand, Tepper and Willke, Similarity search in the blink of
 * an eye with compressed indices, VLDB 2023): every vector has its own range, which its codes divide evenly.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import { FLOAT16_MAX, float16Above, float16Below, fromFloat16 } from '../space/round.js';
import { LVQDataset, type LvqBits } from './lvq-dataset.js';
import { levelsOf, padded, putCode, RECORD_HEAD } from './lvq-layout.js';

/** How vectors are encoded. */
export interface LvqOptions {
  /** Bits per component of the first level. */
  readonly bits: LvqBits;
  /** Bits per component of what the first level leaves over. Default: no second level. */
  readonly residualBits?: LvqBits;
  /** What is subtracted first, as many numbers as a vector has. Default: the mean of the vectors. */
  readonly mean?: Float32Array;
  /**
   * A power of two that ranges are divided by before they are rounded to 16 bits. Default: one that brings the largest
   * component to about 2^14, a quarter of what 16 bits hold.
   */
  readonly scale?: number;
}

/** Exponent of the largest component after scaling. */
const TOP_EXPONENT = 14;

/**
 * Encodes vectors. With x' = x - mean, the lower end of a vector's range and the step are numbers of 16 bits, rounded so that
 * the range holds the vector; code j is the nearest step. The residual is encoded in the known range of one step.
 * Components are off by at most half a step.
 *
 * @param x - n x D, n >= 1
 * @throws FletchError `INVALID_ARGUMENT` for other bits, an empty matrix, a scale that is no power of two, or components
 *   that leave the range of a given scale; `DIMENSION_MISMATCH` for a mean of another length; `NON_FINITE` with the position
 * @example
 * ```ts
 * const codes = lvqEncode(Matrix.from([[0, 1], [2, 5]], 'float32'), { bits: 8 });
 * codes.decode(1); // about [2, 5]
 * ```
 */
export function lvqEncode(x: Matrix, options: LvqOptions): LVQDataset {
  const { bits, residualBits = 0 } = options;
  checkBits('bits', bits);
  if (residualBits !== 0) checkBits('residualBits', residualBits);
  if (x.rows === 0 || x.cols === 0)
    throw new FletchError('INVALID_ARGUMENT', `There is nothing to encode in a ${x.rows}x${x.cols} matrix.`);
  const mean = options.mean ?? meanOf(x);
  if (mean.length !== x.cols)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The mean has ${mean.length} components, the vectors have ${x.cols}.`,
    );
  const ownScale = scaleOf(x, mean);
  const scale = options.scale ?? ownScale;
  if (!(scale > 0) || !Number.isInteger(Math.log2(scale)))
    throw new FletchError('INVALID_ARGUMENT', `scale must be a power of two, not ${scale}.`);
  const stride = padded(RECORD_HEAD + Math.ceil((x.cols * bits) / 8));
  const residualStride = Math.ceil((x.cols * residualBits) / 8);
  const dataset = new LVQDataset({
    rows: x.rows,
    dimension: x.cols,
    bits,
    residualBits,
    mean,
    scale,
    records: new Uint8Array(x.rows * stride),
    residuals: new Uint8Array(x.rows * residualStride),
  });
  const centred = new Float64Array(x.cols);
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < x.cols; j++) centred[j] = x.data[i * x.cols + j]! - mean[j]!;
    encodeRow(dataset, i, centred);
  }
  return dataset;
}

/** Writes the codes of a vector, which is overwritten by what they leave over. */
function encodeRow(dataset: LVQDataset, i: number, centred: Float64Array): void {
  const { records, stride, bits, scale, residuals, residualStride, residualBits } = dataset;
  const levels = levelsOf(bits);
  const lower = float16Below(least(centred) / scale);
  const low = fromFloat16(lower) * scale;
  const delta = float16Above((most(centred) - low) / levels / scale);
  const step = fromFloat16(delta) * scale;
  if (!Number.isFinite(low) || !Number.isFinite(step))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Vector ${i} has components beyond ${FLOAT16_MAX * scale}, the reach of this scale: encode all vectors anew.`,
      { details: { row: i, scale } },
    );
  const at = i * stride;
  records[at] = lower & 255;
  records[at + 1] = lower >>> 8;
  records[at + 2] = delta & 255;
  records[at + 3] = delta >>> 8;
  const fine = step / levelsOf(residualBits);
  for (let j = 0; j < centred.length; j++) {
    const code = step === 0 ? 0 : nearest((centred[j]! - low) / step, levels);
    putCode(records, at + RECORD_HEAD, bits, j, code);
    if (residualBits === 0) continue;
    const rest = centred[j]! - low - step * code + step / 2;
    putCode(
      residuals,
      i * residualStride,
      residualBits,
      j,
      step === 0 ? 0 : nearest(rest / fine, levelsOf(residualBits)),
    );
  }
}

const nearest = (value: number, most: number) => Math.min(most, Math.max(0, Math.floor(value + 0.5)));

function least(values: Float64Array): number {
  let result = values[0]!;
  for (let j = 1; j < values.length; j++) if (values[j]! < result) result = values[j]!;
  return result;
}

function most(values: Float64Array): number {
  let result = values[0]!;
  for (let j = 1; j < values.length; j++) if (values[j]! > result) result = values[j]!;
  return result;
}

function meanOf({ data, rows, cols }: Matrix): Float32Array {
  const sums = new Float64Array(cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) sums[j]! += data[i * cols + j]!;
  return Float32Array.from(sums, (sum) => sum / rows);
}

/** Also looks at every component once: a scale cannot be found for what is not finite. */
function scaleOf({ data, cols }: Matrix, mean: Float32Array): number {
  let largest = 0;
  for (let at = 0; at < data.length; at++) {
    const size = Math.abs(data[at]! - mean[at % cols]!);
    if (!(size < Number.POSITIVE_INFINITY)) throw notFinite(data, cols);
    if (size > largest) largest = size;
  }
  return largest === 0 ? 1 : 2 ** (Math.floor(Math.log2(largest)) + 1 - TOP_EXPONENT);
}

function notFinite(data: ArrayLike<number>, cols: number): FletchError {
  let at = 0;
  while (at < data.length - 1 && Number.isFinite(data[at])) at++;
  const row = Math.floor(at / cols);
  return new FletchError(
    'NON_FINITE',
    `Component ${at % cols} of vector ${row} is ${data[at]}: only finite numbers can be encoded.`,
    { details: { row, column: at % cols } },
  );
}

function checkBits(name: string, bits: number): asserts bits is LvqBits {
  if (bits !== 4 && bits !== 8)
    throw new FletchError('INVALID_ARGUMENT', `${name} must be 4 or 8, not ${bits}.`, {
      details: { name, bits },
    });
}

/**
 * Prompts of labelled pairs and a query, from the three families of Mahankali, Hashimoto and Ma (ICLR 2024).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { cholesky, eigh, type Matrix, matmul, type Rng, rng, transpose } from '@fletch/linalg';

/** How labels come from inputs. */
export const targets = ['linear', 'relu', 'cubic'] as const;
export type Target = (typeof targets)[number];

/** Units of the random two-layer network behind `relu` targets. */
export const RELU_UNITS = 16;
/** Weight of the cubic term behind `cubic` targets. */
export const CUBIC_WEIGHT = 0.5;

export interface PromptOptions {
  /** Dimension of an input. */
  readonly d: number;
  /** Labelled pairs in a prompt. */
  readonly n: number;
  /** Number of prompts. */
  readonly batch: number;
  /** Standard deviation of the label noise. */
  readonly sigma: number;
  /** Covariance Σ of the inputs, d × d. Linear weights then follow N(0, Σ⁻¹). Default: identity. */
  readonly cov?: Matrix;
  /** Default `linear`. */
  readonly target?: Target;
  readonly seed: number;
}

/** A batch of prompts: `n` pairs and, last, the query with the label it would have. */
export interface Prompts {
  readonly d: number;
  readonly n: number;
  readonly batch: number;
  /** `batch × (n + 1) × d` */
  readonly X: Float32Array;
  /** `batch × (n + 1)`, noisy */
  readonly y: Float32Array;
  /** `batch × d`: the weights behind the labels, when the target is linear. */
  readonly w?: Float32Array;
}

/**
 * Draws prompts: x ~ N(0, Σ), y = f(x) + N(0, σ²), one f per prompt.
 *
 * - `linear`: f(x) = w·x with w ~ N(0, Σ⁻¹)
 * - `relu`: f(x) = Σₖ aₖ max(0, uₖ·x), u ~ N(0, I), a ~ N(0, 1/K), K = 16
 * - `cubic`: f(x) = w·x + ½ (w·x)³ / d, w ~ N(0, I)
 *
 * @throws FletchError `INVALID_ARGUMENT` for sizes below 1, a negative sigma, an unknown target, a covariance
 *   that is not symmetric positive definite, or one with a target that is not linear
 */
export function samplePrompts(options: PromptOptions): Prompts {
  const { d, n, batch, sigma, target = 'linear', seed } = options;
  checkOptions(options);
  const random = rng(seed);
  const X = random.fillNormal(new Float32Array(batch * (n + 1) * d));
  const noise = random.fillNormal(new Float32Array(batch * (n + 1)));
  const shaping = options.cov && shapingOf(options.cov, d);
  if (shaping) shapeRows(X, shaping.inputs, d);
  const label = target === 'relu' ? reluLabels : linearLabels;
  const { y, w } = label(X, random, { d, n, batch, cubic: target === 'cubic', weights: shaping?.weights });
  for (let i = 0; i < y.length; i++) y[i]! += sigma * noise[i]!;
  return { d, n, batch, X, y, ...(target === 'linear' && w && { w }) };
}

interface LabelContext {
  readonly d: number;
  readonly n: number;
  readonly batch: number;
  readonly cubic: boolean;
  /** Square root of Σ⁻¹. */
  readonly weights: Matrix | undefined;
}

function linearLabels(X: Float32Array, random: Rng, { d, n, batch, cubic, weights }: LabelContext) {
  const w = random.fillNormal(new Float32Array(batch * d));
  if (weights) shapeRows(w, weights, d);
  const y = new Float32Array(batch * (n + 1));
  for (let i = 0; i < y.length; i++) {
    const at = Math.floor(i / (n + 1)) * d;
    let dot = 0;
    for (let j = 0; j < d; j++) dot += w[at + j]! * X[i * d + j]!;
    y[i] = cubic ? dot + (CUBIC_WEIGHT * dot ** 3) / d : dot;
  }
  return { y, w };
}

function reluLabels(X: Float32Array, random: Rng, { d, n, batch }: LabelContext) {
  const u = random.fillNormal(new Float32Array(batch * RELU_UNITS * d));
  const a = random.fillNormal(new Float32Array(batch * RELU_UNITS));
  const y = new Float32Array(batch * (n + 1));
  for (let i = 0; i < y.length; i++) {
    const prompt = Math.floor(i / (n + 1));
    for (let k = 0; k < RELU_UNITS; k++) {
      const unit = prompt * RELU_UNITS + k;
      let dot = 0;
      for (let j = 0; j < d; j++) dot += u[unit * d + j]! * X[i * d + j]!;
      if (dot > 0) y[i]! += (a[unit]! / Math.sqrt(RELU_UNITS)) * dot;
    }
  }
  return { y, w: undefined };
}

/** Replaces every row r of `length d` by root · r. */
function shapeRows(rows: Float32Array, root: Matrix, d: number): void {
  const row = new Float64Array(d);
  for (let at = 0; at < rows.length; at += d) {
    row.set(rows.subarray(at, at + d));
    for (let i = 0; i < d; i++) {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += root.data[i * d + j]! * row[j]!;
      rows[at + i] = sum;
    }
  }
}

function shapingOf(cov: Matrix, d: number): { inputs: Matrix; weights: Matrix } {
  checkCovariance(cov, d);
  return { inputs: power(cov, 0.5), weights: power(cov, -0.5) };
}

/** A power of a symmetric positive definite matrix. */
export function power(a: Matrix, exponent: number): Matrix<Float64Array> {
  const { values, vectors } = eigh(a);
  const scaled = transpose(vectors);
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < a.cols; j++) scaled.data[i * a.cols + j]! *= values[i]! ** exponent;
  return matmul(vectors, scaled) as Matrix<Float64Array>;
}

/** Throws `INVALID_ARGUMENT` unless `cov` is d × d, symmetric and positive definite. */
export function checkCovariance(cov: Matrix, d: number, name = 'cov'): void {
  if (cov.rows !== d || cov.cols !== d)
    throw new FletchError('INVALID_ARGUMENT', `${name} is ${cov.rows}x${cov.cols}, but d is ${d}.`);
  for (let i = 0; i < d; i++)
    for (let j = 0; j < i; j++)
      if (!(Math.abs(cov.at(i, j) - cov.at(j, i)) <= 1e-6 * Math.abs(cov.at(i, i) + cov.at(j, j))))
        throw new FletchError('INVALID_ARGUMENT', `${name} is not symmetric at (${i}, ${j}).`);
  try {
    cholesky(cov);
  } catch (cause) {
    throw new FletchError('INVALID_ARGUMENT', `${name} is not positive definite.`, { cause });
  }
}

function checkOptions({ d, n, batch, sigma, target = 'linear', cov }: PromptOptions): void {
  for (const [name, value] of Object.entries({ d, n, batch }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive integer, not ${value}.`);
  if (!(sigma >= 0) || !Number.isFinite(sigma))
    throw new FletchError('INVALID_ARGUMENT', `sigma must be zero or positive, not ${sigma}.`);
  if (!targets.includes(target))
    throw new FletchError('INVALID_ARGUMENT', `There is no target "${target}": use ${targets.join(', ')}.`);
  if (cov && target !== 'linear')
    throw new FletchError('INVALID_ARGUMENT', `A covariance goes with linear targets, not with "${target}".`);
}

/**
 * Checks prompts that a user made.
 *
 * @throws FletchError `DIMENSION_MISMATCH` when X and y disagree, `NON_FINITE` with the place
 */
export function checkPrompts({ d, n, batch, X, y }: Prompts): void {
  if (X.length !== batch * (n + 1) * d || y.length !== batch * (n + 1))
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${batch} prompts of ${n} pairs and a query in ${d} dimensions take ${batch * (n + 1) * d} inputs and ` +
        `${batch * (n + 1)} labels; there are ${X.length} and ${y.length}.`,
    );
  for (const [name, values] of [
    ['X', X],
    ['y', y],
  ] as const) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0)
      throw new FletchError('NON_FINITE', `${name} holds ${values[at]} at position ${at}.`, {
        details: { name, position: at },
      });
  }
}

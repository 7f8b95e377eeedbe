/**
 * Initial weights.
 *
 * @module
 */
import { array, type DType, fromNumbers, type NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { type Rng, rng } from '@fletch/linalg';
import type { EPLayout, EPParams } from './layout.js';

/** Standard deviation of a standard normal number that was drawn until it lay within ±2. */
const TRUNCATED = 0.87962566103423978;

/** Normal weights within two deviations, of deviation 1/√fan-in (LeCun). */
function lecunNormal(random: Rng, from: number, to: number): Float64Array {
  const scale = 1 / Math.sqrt(from) / TRUNCATED;
  return Float64Array.from({ length: from * to }, () => {
    for (;;) {
      const value = random.normal();
      if (Math.abs(value) < 2) return value * scale;
    }
  });
}

/**
 * How large feedback weights start: `fan-in` like any others, by the units that they come from; `mirror` like the forward
 * weights that they mirror.
 */
export const feedbackInits = ['fan-in', 'mirror'] as const;
export type FeedbackInit = (typeof feedbackInits)[number];

export interface InitOptions {
  readonly angleDeg: number;
  readonly feedback: FeedbackInit;
  readonly seed: number;
  readonly precision: 'float32' | 'float64';
}

/**
 * Weights of a fresh network; biases are zero. Feedback weights stand at `angleDeg` to the transposed forward ones:
 * W_fb ← sin α · W_fb + cos α · W_ffᵀ, 0° a symmetric start, 90° independent ones. Between, the angle is α only where both
 * are of one size.
 *
 * @throws FletchError `INVALID_ARGUMENT` when an angle below 90° is asked of a layout with an edge that has no mirror
 */
export function initialParams(
  layout: EPLayout,
  { angleDeg, feedback: size, seed, precision }: InitOptions,
): EPParams<NDArray> {
  if (!feedbackInits.includes(size))
    throw new FletchError('INVALID_ARGUMENT', `feedback is ${feedbackInits.join(' or ')}, not "${size}".`);
  if (!(angleDeg >= 0 && angleDeg <= 180))
    throw new FletchError('INVALID_ARGUMENT', `angleDeg is an angle from 0 to 180 degrees, not ${angleDeg}.`);
  const mirrored = new Set(layout.mirrors.flat());
  const alone = layout.edges.find((edge) => !mirrored.has(edge));
  if (angleDeg !== 90 && alone)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Layer ${alone.name.replace('-', '→')} has no mirror: angle undefined. Use angleDeg: 90.`,
      { details: { edge: alone.name } },
    );
  const random = rng(seed);
  const unitsOf = (l: number) => (l < 0 ? layout.inputs : layout.sizes[l]!);
  const values = new Map(
    [layout.entry, ...layout.edges].map((edge) => [
      edge,
      lecunNormal(random, unitsOf(edge.from), unitsOf(edge.to)),
    ]),
  );
  if (size === 'mirror')
    for (const [forward, feedback] of layout.mirrors) {
      const scale = Math.sqrt(unitsOf(feedback.from) / unitsOf(forward.from));
      values.set(
        feedback,
        values.get(feedback)!.map((value) => value * scale),
      );
    }
  const turn = (angleDeg * Math.PI) / 180;
  if (angleDeg !== 90)
    for (const [forward, feedback] of layout.mirrors) {
      const [rows, cols] = [unitsOf(feedback.from), unitsOf(feedback.to)];
      const [back, ahead] = [values.get(feedback)!, values.get(forward)!];
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < cols; j++)
          back[i * cols + j] = Math.sin(turn) * back[i * cols + j]! + Math.cos(turn) * ahead[j * rows + i]!;
    }
  const made = (data: Float64Array, ...shape: number[]) => fromNumbers(data, shape, precision);
  const classes = layout.sizes.at(-1)!;
  return {
    weights: Object.fromEntries(
      [...values].map(([{ name, from, to }, data]) => [name, made(data, unitsOf(from), unitsOf(to))]),
    ),
    biases: Object.fromEntries(
      layout.names.map((name, l) => [name, made(new Float64Array(unitsOf(l)), unitsOf(l))]),
    ),
    readout: {
      weight: made(lecunNormal(random, classes, classes), classes, classes),
      bias: made(new Float64Array(classes), classes),
    },
  };
}

/** Numbers as an array of the network's precision. */
export function arrayOf(values: ArrayLike<number>, shape: readonly number[], precision: DType): NDArray {
  return precision === 'float32' && values instanceof Float32Array
    ? array(values, 'float32', shape)
    : fromNumbers(values, shape, precision);
}

/** Whether an array of floats holds nothing else. */
export function allFinite({ data }: NDArray): boolean {
  return (data as Float64Array).every(Number.isFinite);
}

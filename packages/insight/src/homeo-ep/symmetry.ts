/**
 * How symmetric a network is: angles between weights, and the Jacobian.
 *
 * @module
 */
import { evaluate, type NDArray, tensor } from '@fletch/array';
import { Matrix } from '@fletch/linalg';
import { type Activation, slope } from './arithmetic.js';
import type { EPLayout, EPParams } from './layout.js';

const numbers = (value: NDArray) => value.data as Float32Array | Float64Array;

/** Angles in degrees between forward weights and transposed feedback weights, by the forward edge. */
export function mirrorAngles(layout: EPLayout, { weights }: EPParams<NDArray>): { [edge: string]: number } {
  return Object.fromEntries(
    layout.mirrors.map(([forward, feedback]) => {
      const [a, b] = [weights[forward.name]!, weights[feedback.name]!];
      const [rows, cols] = a.shape as readonly [number, number];
      const [ahead, back] = [numbers(a), numbers(b)];
      let [dot, aa, bb] = [0, 0, 0];
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < cols; j++) {
          const [p, q] = [ahead[i * cols + j]!, back[j * rows + i]!];
          dot += p * q;
          aa += p * p;
          bb += q * q;
        }
      const cosine = Math.max(-1, Math.min(1, dot / Math.sqrt(aa * bb)));
      return [forward.name, (Math.acos(cosine) * 180) / Math.PI];
    }),
  );
}

/** W − I, ∂F/∂s with the leak counted as −I: `units × units`, rows are driven. */
export function activityJacobian(layout: EPLayout, { weights }: EPParams<NDArray>): Matrix<Float64Array> {
  const { units, sizes } = layout;
  const starts = sizes.map((_, l) => sizes.slice(0, l).reduce((a, b) => a + b, 0));
  const J = new Matrix(new Float64Array(units * units), units, units);
  for (let i = 0; i < units; i++) J.data[i * units + i] = -1;
  for (const { name, from, to } of layout.edges) {
    const data = numbers(weights[name]!);
    const cols = sizes[to]!;
    for (let i = 0; i < sizes[from]!; i++)
      for (let j = 0; j < cols; j++)
        J.data[(starts[to]! + j) * units + starts[from]! + i]! += data[i * cols + j]!;
  }
  return J;
}

/** W D − I, ∂F/∂u at the potentials of one sample, D the activation's slopes. */
export function potentialJacobian(
  layout: EPLayout,
  params: EPParams<NDArray>,
  activation: Activation,
  u: readonly NDArray[],
  sample: number,
): Matrix<Float64Array> {
  const D = u.flatMap((part) => {
    const width = part.shape[1]!;
    const slopes = numbers(evaluate(slope(activation, tensor(part))) as NDArray);
    return Array.from(slopes.subarray(sample * width, (sample + 1) * width));
  });
  const J = activityJacobian(layout, params);
  const { units } = layout;
  for (let i = 0; i < units; i++)
    for (let j = 0; j < units; j++) {
      const own = i === j ? 1 : 0;
      J.data[i * units + j] = (J.data[i * units + j]! + own) * D[j]! - own;
    }
  return J;
}

/** ‖S‖ / (‖S‖ + ‖A‖) of the symmetric and antisymmetric parts of a matrix: 1 when symmetric, ½ for independent halves. */
export function symmetryOf(J: Matrix): number {
  let [symmetric, antisymmetric] = [0, 0];
  for (let i = 0; i < J.rows; i++)
    for (let j = 0; j < J.cols; j++) {
      symmetric += ((J.at(i, j) + J.at(j, i)) / 2) ** 2;
      antisymmetric += ((J.at(i, j) - J.at(j, i)) / 2) ** 2;
    }
  return Math.sqrt(symmetric) / (Math.sqrt(symmetric) + Math.sqrt(antisymmetric));
}

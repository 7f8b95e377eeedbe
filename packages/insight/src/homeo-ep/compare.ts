/**
 * How well error vectors point where recurrent backpropagation does.
 *
 * @module
 */
import type { NDArray } from '@fletch/array';
import type { ErrorVectorOptions } from './errors.js';
import type { EPNetwork } from './network.js';

export interface ErrorAgreement {
  /** Mean cosine of d and δ over the samples that settled, by the layer's name; NaN when none did. */
  readonly cosine: { readonly [layer: string]: number };
  /** Mean of ‖d − δ‖ / ‖δ‖ over all layers together. */
  readonly relativeError: number;
  /** Share of the samples that settled. */
  readonly settled: number;
}

/** A residual above this has not settled: cosines there mean nothing. */
export const SETTLED = 0.01;

export interface AgreementOptions extends ErrorVectorOptions {
  /** Of the free phase. Default 400. */
  readonly freeSteps?: number;
  /** Of the backward iteration. Default 200. */
  readonly backwardSteps?: number;
}

/**
 * Compares d with recurrent backpropagation's δ, sample by sample. Samples whose free phase has not settled (a residual
 * above 0.01) are left out.
 */
export async function errorAgreement(
  net: EPNetwork,
  x: NDArray,
  y: ArrayLike<number>,
  { freeSteps = 400, backwardSteps = 200, ...options }: AgreementOptions = {},
): Promise<ErrorAgreement> {
  const free = await net.relax(x, { steps: freeSteps });
  const d = await net.errorVector(free, x, y, options);
  const delta = await net.adjoint(free, x, y, { steps: backwardSteps });
  const samples = Array.from(free.residual.keys()).filter((b) => free.residual[b]! < SETTLED);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const rows = (array: NDArray, b: number) => {
    const width = array.shape[1]!;
    return (array.data as Float64Array).subarray(b * width, (b + 1) * width);
  };
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const cosineOf = (a: Float64Array, b: Float64Array) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const relative = samples.map((b) => {
    let [off, size] = [0, 0];
    for (const [l, part] of d.entries()) {
      const [own, true_] = [rows(part, b), rows(delta[l]!, b)];
      size += dot(true_, true_);
      own.forEach((value, i) => {
        off += (value - true_[i]!) ** 2;
      });
    }
    return Math.sqrt(off / size);
  });
  return {
    cosine: Object.fromEntries(
      net.layout.names.map((name, l) => [
        name,
        mean(samples.map((b) => cosineOf(rows(d[l]!, b), rows(delta[l]!, b)))),
      ]),
    ),
    relativeError: mean(relative),
    settled: samples.length / free.residual.length,
  };
}

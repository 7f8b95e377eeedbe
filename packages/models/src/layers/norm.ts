/**
 * Normalizations along the features of each place.
 *
 * @module
 */
import * as fa from '@fletch/array';
import { type ParameterSpec, unit, zeroed } from '../parameters.js';
import type { Run } from '../run.js';

/** Layer normalization with scale and shift. */
export function layerNorm(run: Run, name: string, x: fa.Tensor, epsilon: number): fa.Tensor {
  const given = run.tap(`${name}.in`, x);
  const y = fa.layerNorm(given, run.weight(`${name}.weight`), run.weight(`${name}.bias`), epsilon);
  return run.tap(`${name}.out`, y);
}

/** Root-mean-square normalization with a scale. */
export function rmsNorm(run: Run, name: string, x: fa.Tensor, epsilon: number): fa.Tensor {
  const given = run.tap(`${name}.in`, x);
  return run.tap(`${name}.out`, fa.rmsNorm(given, run.weight(`${name}.weight`), epsilon));
}

/** Scale 1 and shift 0 of {@link layerNorm}. */
export function layerNormSpecs(name: string, width: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [width], kind: 'scale', initial: unit },
    { name: `${name}.bias`, shape: [width], kind: 'bias', initial: zeroed },
  ];
}

/** Scale 1 of {@link rmsNorm}. */
export function rmsNormSpecs(name: string, width: number): ParameterSpec[] {
  return [{ name: `${name}.weight`, shape: [width], kind: 'scale', initial: unit }];
}

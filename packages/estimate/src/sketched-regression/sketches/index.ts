/**
 * Makes sketches of all kinds.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { requireChoice } from '../../frame/design.js';
import { dense } from './dense.js';
import { leverageRows, uniformRows } from './sampling.js';
import { sparse } from './sparse.js';
import { srht } from './srht.js';
import { type Sketch, type SketchOperator, type SketchOptions, sketchKinds } from './types.js';

type Make = (m: number, n: number, seed: number, options: SketchOptions) => SketchOperator;

const makers: { readonly [K in Sketch]: Make } = {
  srht: (m, n, seed, { replace = false }) => srht(m, n, seed, replace),
  gaussian: (m, n, seed) => dense('gaussian', m, n, seed),
  rademacher: (m, n, seed) => dense('rademacher', m, n, seed),
  countsketch: (m, n, seed) => sparse('countsketch', m, n, seed, 1),
  osnap: (m, n, seed, { sparsity = 4 }) => sparse('osnap', m, n, seed, sparsity),
  uniform: (m, n, seed, { replace = false }) => uniformRows(m, n, seed, replace),
  leverage: (m, n, seed, { scores }) => leverageRows(m, n, seed, scores),
};

/**
 * A random m × n matrix S with E[SᵀS] = I that is applied without being formed.
 *
 * @param m - rows of S
 * @param n - rows of what it is applied to
 * @throws FletchError `INVALID_ARGUMENT` for an unknown kind, sizes below 1, a seed that is no whole number from 0, a sparsity
 *   that does not divide m, more rows than there are without replacement, leverage without scores
 */
export function makeSketch(kind: Sketch, m: number, n: number, options: SketchOptions = {}): SketchOperator {
  requireChoice('sketch', kind, sketchKinds);
  for (const [name, value] of Object.entries({ m, n }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `${name} must be a whole number from 1, not ${value}.`);
  return makers[kind](m, n, options.seed ?? 0, options);
}

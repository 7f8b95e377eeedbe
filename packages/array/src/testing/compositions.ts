/**
 * Cases of functions that are compositions of operations.
 *
 * @module
 */
import * as fa from '../operations/index.js';
import type { Case, Given } from './cases.js';

const x = (...shape: number[]): Given => ({ shape });

/** Cases by function. */
export const compositionCases: Readonly<Record<string, readonly Case[]>> = {
  topk: [{ inputs: [x(3, 5)], f: (a) => fa.topk(a!, 3).values }],
  sort: [{ inputs: [x(4, 3)], f: (a) => fa.sort(a!, { axis: 0 }) }],
  logSumExp: [{ inputs: [x(3, 4)], f: (a) => fa.logSumExp(a!, { axes: 1 }) }],
  variance: [{ inputs: [x(3, 4)], f: (a) => fa.variance(a!, { axes: 0, correction: 1 }) }],
  norm: [{ inputs: [x(3, 4)], f: (a) => fa.norm(a!, { axes: 1 }) }],
  rmsNorm: [{ inputs: [x(3, 4), x(4)], f: (a, w) => fa.rmsNorm(a!, w!) }],
  repeat: [{ inputs: [x(2, 3)], f: (a) => fa.repeat(a!, 3, 1) }],
  logAddExp: [{ inputs: [x(3), x(3)], f: (a, b) => fa.logAddExp(a!, b!) }],
  clip: [{ inputs: [x(9)], f: (a) => fa.clip(a!, -1, 0.5) }],
};

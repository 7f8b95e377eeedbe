/**
 * Cases of functions that are compositions of operations.
 *
 * @module
 */
import * as act from '../compose/activations.js';
import { attention } from '../compose/attention.js';
import { conv2dLast } from '../compose/channels-last.js';
import { einsum } from '../compose/einsum.js';
import * as loss from '../compose/losses.js';
import { averagePool, maxPool } from '../compose/pooling.js';
import { arange } from '../core/ndarray.js';
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
  activations: [act.geluTanh, act.silu, act.leakyRelu, act.elu].map((f) => ({
    inputs: [x(9)],
    f: (a) => f(a!),
  })),
  attention: [
    { inputs: [x(2, 3, 4), x(2, 5, 4), x(2, 5, 3)], f: (q, k, v) => attention(q!, k!, v!) },
    { inputs: [x(2, 3, 4), x(3, 4), x(1, 3, 3)], f: (q, k, v) => attention(q!, k!, v!, { causal: true }) },
    {
      inputs: [
        x(2, 3, 4),
        x(2, 3, 4),
        x(2, 3, 4),
        { shape: [2, 1, 3], dtype: 'int32', low: 0, high: 2 },
        x(3, 3),
      ],
      f: (q, k, v, seen, bias) =>
        attention(q!, k!, v!, {
          mask: fa.or(fa.greater(seen!, 0), fa.equal(arange(3), 1)),
          bias: bias!,
          scale: 0.75,
        }),
    },
  ],
  losses: [
    {
      inputs: [x(2, 3, 4), { shape: [2, 3], dtype: 'int32', low: 0, high: 4 }],
      f: (a, labels) => loss.crossEntropy(a!, labels!),
    },
    { inputs: [x(3, 4), { shape: [4], low: 0, high: 1 }], f: (a, t) => loss.binaryCrossEntropy(a!, t!) },
    { inputs: [x(3, 4), x(4)], f: (a, t) => loss.meanSquaredError(a!, t!) },
  ],
  conv2dLast: [
    { inputs: [x(2, 4, 5, 3), x(4, 3, 3, 3)], f: (a, w) => conv2dLast(a!, w!, { padding: 'same' }) },
    { inputs: [x(2, 5, 6, 2), x(3, 2, 3, 3)], f: (a, w) => conv2dLast(a!, w!, { stride: 2, padding: 1 }) },
    {
      inputs: [x(1, 7, 6, 2), x(2, 2, 3, 2)],
      f: (a, w) => conv2dLast(a!, w!, { stride: [2, 3], padding: [0, 1] }),
    },
    { inputs: [x(1, 6, 7, 2), x(3, 2, 1, 2)], f: (a, w) => conv2dLast(a!, w!, { stride: 3, padding: 2 }) },
    { inputs: [x(2, 4, 4, 1), x(3, 1, 4, 4)], f: (a, w) => conv2dLast(a!, w!) },
  ],
  pooling: [
    { inputs: [x(2, 2, 4, 6)], f: (a) => maxPool(a!, 2) },
    { inputs: [x(1, 2, 5, 6)], f: (a) => maxPool(a!, [3, 2], { stride: 2, padding: 1 }) },
    { inputs: [x(1, 2, 4, 6)], f: (a) => averagePool(a!, [2, 3]) },
    { inputs: [x(2, 3, 7)], f: (a) => averagePool(a!, 3, { stride: 2, padding: 1 }) },
  ],
  einsum: [
    { inputs: [x(2, 3, 4), x(2, 4, 5)], f: (a, b) => einsum('bij,bjk->bik', a!, b!) },
    { inputs: [x(3, 4), x(4, 5), x(5, 2)], f: (a, b, c) => einsum('ij,jk,kl->li', a!, b!, c!) },
    { inputs: [x(2, 3, 4, 2), x(2, 5, 4, 2)], f: (a, b) => einsum('bqhd,bkhd->bhqk', a!, b!) },
    { inputs: [x(3, 4)], f: (a) => einsum('ab->b', a!) },
    { inputs: [x(3), x(4)], f: (a, b) => einsum('i,j', a!, b!) },
    { inputs: [x(3, 2), x(3, 2)], f: (a, b) => einsum('ij,ij->', a!, b!) },
  ],
};

/**
 * One row per operation for the tests that walk the table: inputs and a function that applies it.
 *
 * @module
 */
import type { DType } from '../core/dtype.js';
import { fromNumbers } from '../core/ndarray.js';
import type { Shape } from '../core/shape.js';
import { apply, type Tensor, tensor } from '../core/tensor.js';
import * as fa from '../operations/index.js';
import { type OperationName, operations } from '../operations/table.js';

/** How random numbers of an input are drawn. */
export interface Given {
  readonly shape: Shape;
  /** Default `float`: float64 for the interpreter, float32 for the runtime. */
  readonly dtype?: Exclude<DType, 'float32' | 'float64'>;
  /** Default −2 to 2; integers are cut. */
  readonly low?: number;
  readonly high?: number;
}

/** One application to be checked. */
export interface Case {
  readonly inputs: readonly Given[];
  readonly f: (...inputs: Tensor[]) => Tensor;
  /** Default: true. */
  readonly differentiable?: boolean;
  /** Nothing is left of it after simplification. Default: false. */
  readonly vanishes?: boolean;
}

const x = (...shape: number[]): Given => ({ shape });
const positive = (...shape: number[]): Given => ({ shape, low: 0.5, high: 3 });
const int = (high: number, ...shape: number[]): Given => ({ shape, dtype: 'int32', low: 0, high });
const bool = (...shape: number[]): Given => ({ shape, dtype: 'bool', low: 0, high: 2 });
const flat = { differentiable: false } as const;
const one = (f: (a: Tensor) => Tensor, given: Given = x(3, 4)): Case[] => [{ inputs: [given], f }];
const two = (f: (a: Tensor, b: Tensor) => Tensor, a: Given = x(3, 4), b: Given = x(4)): Case[] => [
  { inputs: [a, b], f: f as Case['f'] },
  {
    inputs: [x(2, 1, 3), a === b ? b : { ...b, shape: [4, 1] }].map((g, i) =>
      i === 0 ? { ...a, shape: g.shape } : g,
    ),
    f: f as Case['f'],
  },
];
const constants = (cases: readonly Case[]): Case[] => cases.map((row) => ({ ...row, ...flat }));

/** The cases of every operation; one without a row does not compile. */
export const operationCases: { readonly [P in OperationName]: readonly Case[] } = {
  abs: one(fa.abs),
  gelu: one(fa.gelu),
  sign: constants(one(fa.sign)),
  exp: one(fa.exp),
  log: one(fa.log, positive(3, 4)),
  sqrt: one(fa.sqrt, positive(3, 4)),
  reciprocal: one(fa.reciprocal, positive(3, 4)),
  sin: one(fa.sin),
  cos: one(fa.cos),
  tanh: one(fa.tanh),
  sigmoid: one(fa.sigmoid),
  softplus: one(fa.softplus),
  erf: [...one(fa.erf), ...one(fa.erf, { shape: [40], low: -5, high: 5 })],
  relu: one(fa.relu),
  floor: constants(one(fa.floor)),
  ceil: constants(one(fa.ceil)),
  round: constants(one(fa.round)),
  not: constants(one(fa.not, bool(3, 4))),
  add: two(fa.add),
  sub: two(fa.sub),
  mul: two(fa.mul),
  div: two(fa.div, x(3, 4), positive(4)),
  pow: two(fa.pow, positive(3, 4), x(4)),
  maximum: two(fa.maximum),
  minimum: two(fa.minimum),
  mod: constants([
    ...two(fa.mod, x(3, 4), positive(4)),
    ...two(fa.mod, int(9, 3, 4), { ...int(5, 4), low: 1 }),
  ]),
  equal: constants(two(fa.equal, int(3, 3, 4), int(3, 4))),
  less: constants(two(fa.less)),
  lessEqual: constants(two(fa.lessEqual, int(3, 3, 4), int(3, 4))),
  and: constants(two(fa.and, bool(3, 4), bool(4))),
  or: constants(two(fa.or, bool(3, 4), bool(4))),
  neg: one(fa.neg),
  where: [{ inputs: [bool(3, 4), x(3, 4), x(4)], f: (c, a, b) => fa.where(c!, a!, b!) }],
  cast: [
    { inputs: [x(5)], f: (a) => fa.cast(fa.cast(a!, 'int32'), a!.dtype), ...flat },
    { inputs: [int(4, 5)], f: (a) => fa.cast(a!, 'bool'), ...flat },
  ],
  sum: [
    ...one((a) => fa.sum(a)),
    ...one((a) => fa.sum(a, { axes: [0, 2], keepDims: true }), x(2, 3, 4)),
    ...one((a) => fa.sum(a, { axes: 1 }), x(2, 3, 4)),
  ],
  max: [...one((a) => fa.max(a)), ...one((a) => fa.max(a, { axes: -1, keepDims: true }), x(2, 3, 4))],
  min: [...one((a) => fa.min(a)), ...one((a) => fa.min(a, { axes: [0, 1] }), x(2, 3, 4))],
  argmax: constants([
    ...one((a) => fa.argmax(a)),
    ...one((a) => fa.argmax(a, { axis: 1, keepDims: true }), x(2, 3, 4)),
    ...one((a) => fa.argmin(a, { axis: 0 }), int(3, 5, 4)),
  ]),
  reshape: one((a) => fa.reshape(a, [2, -1]), x(3, 4)),
  transpose: [...one((a) => fa.transpose(a)), ...one((a) => fa.transpose(a, [2, 0, 1]), x(2, 3, 4))],
  broadcast: one((a) => fa.broadcastTo(a, [2, 3, 4]), x(3, 1)),
  slice: [
    ...one((a) => fa.slice(a, [1, 3], [0, Infinity, 2]), x(4, 5)),
    ...one((a) => fa.slice(a, -1, null, [-3, -1]), x(2, 3, 4)),
    ...one((a) => fa.flip(a, 0), x(4, 3)),
    ...one((a) => fa.slice(a, [2, 2]), x(4, 3)),
  ],
  pad: [
    ...one((a) => fa.pad(a, { 0: [1, 0], 1: [0, 2] }), x(2, 3)),
    ...one((a) => fa.pad(a, { [-1]: [2, 1] }, 7), x(2, 3)),
    ...constants(one((a) => fa.pad(a, { 0: [1, 1] }, 1), bool(3))),
  ],
  concat: [
    { inputs: [x(2, 3), x(2, 1), x(2, 4)], f: (...parts) => fa.concat(parts, 1) },
    { inputs: [x(2, 3), x(2, 3)], f: (...parts) => fa.stack(parts, -1) },
  ],
  gather: [
    { inputs: [x(5, 3), int(5, 2, 4)], f: (a, i) => fa.gather(a!, i!) },
    { inputs: [x(2, 5, 3), int(5, 4)], f: (a, i) => fa.gather(a!, i!, 1) },
    { inputs: [x(2, 5, 3), { ...int(5, 2, 2, 3), low: -5 }], f: (a, i) => fa.takeAlongAxis(a!, i!, 1) },
  ],
  scatterAdd: [
    { inputs: [int(4, 6), x(6, 3)], f: (i, rows) => fa.scatterAdd(i!, rows!, 4) },
    { inputs: [int(4, 3, 2), x(3, 2)], f: (i, rows) => fa.putAlongAxis(i!, rows!, [3, 4]) },
  ],
  topkPositions: [
    ...constants(one((a) => fa.topk(a, 2).positions, x(3, 5))),
    ...constants(one((a) => fa.argsort(a, { largest: true }), x(3, 5))),
  ],
  cumsum: [
    ...one((a) => fa.cumsum(a)),
    ...one((a) => fa.cumsum(a, { axis: 0, exclusive: true, reverse: true })),
  ],
  matmul: [
    { inputs: [x(3, 4), x(4, 2)], f: (a, b) => fa.matmul(a!, b!) },
    { inputs: [x(4, 3), x(2, 4)], f: (a, b) => fa.matmul(a!, b!, { transposeA: true, transposeB: true }) },
    { inputs: [x(2, 3, 4), x(2, 4, 5)], f: (a, b) => fa.matmul(a!, b!) },
    { inputs: [x(2, 1, 4, 3), x(3, 4, 5)], f: (a, b) => fa.matmul(a!, b!, { transposeA: true }) },
    { inputs: [x(2, 3, 4), x(5, 4)], f: (a, b) => fa.matmul(a!, b!, { transposeB: true }) },
    { inputs: [x(4), x(2, 4, 3)], f: (a, b) => fa.matmul(a!, b!) },
    { inputs: [x(2, 3, 4), x(4)], f: (a, b) => fa.matmul(a!, b!) },
    { inputs: [x(3, 4), x(4, 2)], f: (a, b) => fa.transpose(fa.matmul(fa.transpose(b!), fa.transpose(a!))) },
  ],
  softmax: [...one((a) => fa.softmax(a)), ...one((a) => fa.softmax(a, 0), x(3, 4))],
  logSoftmax: [...one((a) => fa.logSoftmax(a)), ...one((a) => fa.logSoftmax(a, 1), x(2, 3, 4))],
  standardize: [
    ...one((a) => fa.standardize(a), x(3, 5)),
    { inputs: [x(2, 3, 5), x(5), x(5)], f: (a, w, b) => fa.layerNorm(a!, w!, b!) },
  ],
  conv: [
    { inputs: [x(2, 3, 7), x(4, 3, 3), x(4)], f: (a, w, b) => fa.conv1d(a!, w!, b!, { padding: 'same' }) },
    {
      inputs: [x(1, 4, 8), x(6, 2, 3)],
      f: (a, w) => fa.conv1d(a!, w!, undefined, { groups: 2, stride: 2, dilation: 2 }),
    },
    { inputs: [x(2, 2, 5, 6), x(3, 2, 3, 2)], f: (a, w) => fa.conv2d(a!, w!) },
    {
      inputs: [x(1, 4, 6, 7), x(2, 2, 3, 3), x(2)],
      f: (a, w, b) => fa.conv2d(a!, w!, b!, { groups: 2, stride: [2, 3], padding: [1, 2] }),
    },
    {
      inputs: [x(1, 2, 4, 4), x(3, 2, 1, 1)],
      f: (a, w) => fa.conv2d(a!, w!, undefined, { padding: 2, stride: 2 }),
    },
  ],
  identity: one((a) => apply(operations.identity, [a], {})).map((row) => ({ ...row, vanishes: true })),
  stopGradient: constants(one((a) => fa.stopGradient(a))).map((row) => ({ ...row, vanishes: true })),
  scan: [
    {
      // A recurrent cell: state, a captured matrix, slices; both the last state and the outputs are used.
      inputs: [x(2, 3), x(3, 3), x(4, 2, 3)],
      f: (h, w, xs) => {
        const step = (s: Tensor, given: Tensor): [Tensor, Tensor] => {
          const next = fa.tanh(fa.add(fa.matmul(s, w!), given));
          return [next, fa.mul(next, next)];
        };
        const [last, outputs] = fa.scan(step, h!, xs!);
        return fa.concat([fa.reshape(last, [1, 2, 3]), outputs]);
      },
    },
    {
      // Backwards, with a whole-number counter in the state and nothing to slice but one tensor.
      inputs: [x(3), int(5, 4)],
      f: (a, ids) => {
        const step = (s: { v: Tensor; n: Tensor }, id: Tensor): [unknown, Tensor] => {
          const v = fa.mul(s.v, fa.sin(fa.add(s.v, fa.cast(s.n, s.v.dtype))));
          return [{ v, n: fa.add(s.n, id) }, fa.gather(v, fa.mod(id, 3))];
        };
        const [last, outputs] = fa.scan(step, { v: a!, n: tensor(fromNumbers([1], [], 'int32')) }, ids!, {
          reverse: true,
        });
        return fa.concat([last.v, outputs]);
      },
    },
    {
      inputs: [x(2), x(2)],
      f: (a, b) => fa.scan((s) => [fa.mul(fa.add(s, b!), 0.5), {}], a!, {}, { length: 3 })[0],
    },
  ],
  custom: [
    {
      inputs: [x(3), x(3)],
      f: fa.customVjp(
        (a: Tensor, b: Tensor) => fa.mul(a, b),
        (g, [a, b]) => [fa.mul(g, b!), fa.mul(g, a!)],
      ) as Case['f'],
    },
  ],
};

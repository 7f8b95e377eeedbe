/**
 * The functions that users call.
 *
 * @module
 */
export {
  add,
  and,
  clip,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logAddExp,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  notEqual,
  or,
  pow,
  sub,
  where,
} from './binary.js';
export { cast } from './cast.js';
export { type ConvOptions, conv1d, conv2d } from './conv.js';
export { gather, oneHot, putAlongAxis, scatterAdd, takeAlongAxis, tril } from './gather.js';
export { type MatmulOptions, matmul } from './matmul.js';
export { layerNorm, logSoftmax, logSumExp, rmsNorm, softmax, standardize } from './normal.js';
export { argsort, cumsum, type OrderOptions, sort, topk } from './order.js';
export {
  all,
  any,
  argmax,
  argmin,
  max,
  mean,
  min,
  norm,
  type ReduceOptions,
  sum,
  variance,
} from './reduce.js';
export { type ScanOptions, scan } from './scan.js';
export { broadcastTo, expandDims, flatten, reshape, squeeze, swapAxes, transpose } from './shape.js';
export {
  concat,
  flip,
  fullLike,
  pad,
  type Range,
  repeat,
  slice,
  sliceAxis,
  split,
  stack,
  unstack,
  zerosLike,
} from './slice.js';
export { customVjp, stopGradient } from './structure.js';
export { type OperationName, operations } from './table.js';
export {
  abs,
  ceil,
  cos,
  erf,
  exp,
  finite,
  floor,
  gelu,
  log,
  not,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from './unary.js';

/**
 * Which operations work on blocks of rows: cut along the first axis, they give the same rows of their result.
 *
 * @module
 */
import type { Attributes } from '../core/operation.js';
import type { Shape } from '../core/shape.js';
import type { Node } from '../core/tensor.js';
import { binaryOperations } from '../operations/binary.js';
import { castOperations } from '../operations/cast.js';
import type { OperationName } from '../operations/table.js';
import { unaryOperations } from '../operations/unary.js';

/** How a node works on blocks. */
export interface Rowwise {
  /** Which inputs are cut along their first axis; the others are taken whole. */
  readonly cut: readonly boolean[];
  /** The node's attributes for one of `blocks` blocks. Default: unchanged. */
  readonly attributes?: (blocks: number) => Attributes;
  /** The blocks' results are added up instead of joined. */
  readonly added?: true;
}

type Rule = (node: Node) => Rowwise | undefined;

/** Operands are cut when they reach over all rows, whole when they are stretched along them. */
const stretched: Rule = ({ inputs, outputs }) => {
  const { shape } = outputs[0]!;
  const rows = shape[0]!;
  return {
    cut: inputs.map((input) => input.rank === shape.length && input.shape[0] === rows && rows > 1),
  };
};

/** Everything happens along other axes than the first. */
const along: Rule = ({ inputs }) => (inputs[0]!.rank > 1 ? { cut: inputs.map(() => true) } : undefined);

const shorter = (shape: Shape, blocks: number) => shape.with(0, shape[0]! / blocks);

/** The attributes of some operation, as its own file declares them. */
const of = <A>(node: Node) => node.attributes as unknown as A;

const reduced: Rule = (node) => {
  const { axes } = of<{ axes: readonly number[] }>(node);
  return axes.includes(0) ? undefined : { cut: [true] };
};

const elementwise = Object.keys({ ...unaryOperations, ...binaryOperations, ...castOperations });

const rules: { readonly [P in OperationName]?: Rule } = {
  ...Object.fromEntries(elementwise.map((name) => [name, stretched])),
  softmax: along,
  logSoftmax: along,
  standardize: along,
  max: reduced,
  min: reduced,
  sum: (node) => {
    const { axes, keepDims } = of<{ axes: readonly number[]; keepDims: boolean }>(node);
    if (!axes.includes(0)) return { cut: [true] };
    return keepDims ? undefined : { cut: [true], added: true };
  },
  reshape: (node) => {
    const { shape } = of<{ shape: Shape }>(node);
    if (shape.length === 0 || node.inputs[0]!.rank === 0) return undefined;
    return { cut: [true], attributes: (blocks) => ({ shape: shorter(shape, blocks) }) };
  },
  broadcast: (node) => {
    const { shape } = of<{ shape: Shape }>(node);
    return { ...stretched(node)!, attributes: (blocks) => ({ shape: shorter(shape, blocks) }) };
  },
  transpose: (node) => (of<{ order: readonly number[] }>(node).order[0] === 0 ? { cut: [true] } : undefined),
  slice: (node) => {
    const { starts, lengths, steps } = of<Record<'starts' | 'lengths' | 'steps', readonly number[]>>(node);
    if (starts[0] !== 0 || steps[0] !== 1 || lengths[0] !== node.inputs[0]!.shape[0]) return undefined;
    return {
      cut: [true],
      attributes: (blocks) => ({ starts, steps, lengths: shorter(lengths, blocks) }),
    };
  },
  pad: (node) => {
    const { before, after } = of<{ before: readonly number[]; after: readonly number[] }>(node);
    return before[0] === 0 && after[0] === 0 ? { cut: [true] } : undefined;
  },
  concat: (node) =>
    of<{ axis: number }>(node).axis === 0 ? undefined : { cut: node.inputs.map(() => true) },
  gather: (node) => (of<{ axis: number }>(node).axis === 0 ? undefined : { cut: [true, false] }),
  // Products of two matrices are better left whole: the runtime blocks them itself.
  matmul: (node) => (node.outputs[0]!.rank > 2 ? stretched(node) : undefined),
  conv: () => ({ cut: [true, false] }),
};

/** How a node works on blocks of rows; `undefined` when it does not. */
export function rowwise(node: Node): Rowwise | undefined {
  const rule = rules[node.operation.name as OperationName];
  if (rule === undefined || node.outputs[0]!.rank + (node.inputs[0]?.rank ?? 0) === 0) return undefined;
  const way = rule(node);
  if (way === undefined || !way.cut.includes(true)) return undefined;
  return way.added || node.outputs.every(({ rank }) => rank > 0) ? way : undefined;
}

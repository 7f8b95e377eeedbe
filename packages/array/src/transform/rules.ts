/**
 * Rewrite rules: what an operation becomes when its inputs have a certain form.
 *
 * @module
 */
import { isFloating } from '../core/dtype.js';
import type { Attributes } from '../core/operation.js';
import { sameShape } from '../core/shape.js';
import { apply, constantOf, type Node, scalar, type Tensor } from '../core/tensor.js';
import { add, mul, neg, sub } from '../operations/binary.js';
import { matmulOperations } from '../operations/matmul.js';
import { reshape, shapeOperations, transpose } from '../operations/shape.js';
import type { OperationName } from '../operations/table.js';

/** An equivalent of the operation on these (already simplified) inputs, or `undefined` to keep it. */
type Rule = (inputs: readonly Tensor[], attributes: never, node: Node) => Tensor | undefined;

/** The one number of a floating-point constant, or `undefined`. */
function number(tensor: Tensor): number | undefined {
  const array = constantOf(tensor);
  if (array === undefined || array.size !== 1 || !isFloating(array.dtype)) return undefined;
  return Number(array.data[0]);
}

function isOp(tensor: Tensor, name: OperationName): boolean {
  return tensor.node.operation.name === name;
}

const first = (tensor: Tensor) => tensor.node.inputs[0]!;

/** `x · c` as `[x, c]` when `tensor` is a product with a number or a negation. */
function scaled(tensor: Tensor): [Tensor, number] | undefined {
  if (isOp(tensor, 'neg')) return [first(tensor), -1];
  if (!isOp(tensor, 'mul')) return undefined;
  const [a, b] = tensor.node.inputs as [Tensor, Tensor];
  const [c, d] = [number(a), number(b)];
  if (c !== undefined && sameShape(b.shape, tensor.shape)) return [b, c];
  if (d !== undefined && sameShape(a.shape, tensor.shape)) return [a, d];
  return undefined;
}

/** `x · factor`, as short as it can be said. */
function times(x: Tensor, factor: number): Tensor {
  if (factor === 1) return x;
  return factor === -1 ? neg(x) : mul(x, scalar(factor, x.dtype));
}

/** Whether exchanging axes so leaves the elements in their order: only axes of length 1 move. */
function keepsOrder(x: Tensor, order: readonly number[]): boolean {
  const moved = order.filter((axis) => x.shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || moved[i - 1]! < axis);
}

/** The rules, by operation. */
export const rules: { readonly [P in OperationName]?: Rule } = {
  add: ([a, b], _, node) => {
    const { shape } = node.outputs[0]!;
    if (number(a!) === 0 && sameShape(b!.shape, shape)) return b;
    if (number(b!) === 0 && sameShape(a!.shape, shape)) return a;
    if (isOp(b!, 'neg')) return sub(a!, first(b!));
    if (isOp(a!, 'neg')) return sub(b!, first(a!));
    return undefined;
  },
  sub: ([a, b], _, node) => {
    if (number(b!) === 0 && sameShape(a!.shape, node.outputs[0]!.shape)) return a;
    if (isOp(b!, 'neg')) return add(a!, first(b!));
    if (number(a!) === 0 && sameShape(b!.shape, node.outputs[0]!.shape)) return neg(b!);
    return undefined;
  },
  neg: ([x]) => {
    const inner = scaled(x!);
    return inner && times(inner[0], -inner[1]);
  },
  mul: ([a, b], _, node) => {
    const { shape } = node.outputs[0]!;
    for (const [x, y] of [
      [a!, b!],
      [b!, a!],
    ] as const) {
      const factor = number(y);
      const inner = scaled(x);
      if (factor !== undefined && sameShape(x.shape, shape)) {
        if (factor === 1) return x;
        if (factor === -1) return neg(x);
        if (inner !== undefined) return times(inner[0], inner[1] * factor);
      }
      // −x · y: the sign goes outwards, where it may meet another.
      if (isOp(x, 'neg') && factor === undefined) return neg(mul(first(x), y));
    }
    return undefined;
  },
  div: ([a, b], _, node) => {
    const divisor = number(b!);
    if (divisor !== undefined && divisor !== 0 && sameShape(a!.shape, node.outputs[0]!.shape))
      return times(a!, 1 / divisor);
    return undefined;
  },
  cast: ([x], { to }: Attributes & { to: Tensor['dtype'] }) => (x!.dtype === to ? x : undefined),
  reshape: ([x], { shape }: Attributes & { shape: readonly number[] }) => {
    if (sameShape(x!.shape, shape)) return x;
    return isOp(x!, 'reshape') ? reshape(first(x!), shape) : undefined;
  },
  transpose: ([x], { order }: Attributes & { order: readonly number[] }, node) => {
    if (isOp(x!, 'transpose')) {
      const inner = (x!.node.attributes as unknown as { order: readonly number[] }).order;
      return transpose(
        first(x!),
        order.map((axis) => inner[axis]!),
      );
    }
    return keepsOrder(x!, order) ? reshape(x!, node.outputs[0]!.shape) : undefined;
  },
  broadcast: ([x], { shape }: Attributes & { shape: readonly number[] }) => {
    if (sameShape(x!.shape, shape)) return x;
    return isOp(x!, 'broadcast') ? apply(shapeOperations.broadcast, [first(x!)], { shape }) : undefined;
  },
  sum: ([x], { axes }: Attributes & { axes: readonly number[] }, node) =>
    axes.every((axis) => x!.shape[axis] === 1) ? reshape(x!, node.outputs[0]!.shape) : undefined,
  slice: ([x], { steps }: Attributes & { steps: readonly number[] }, node) =>
    sameShape(x!.shape, node.outputs[0]!.shape) && steps.every((step) => step > 0) ? x : undefined,
  pad: ([x], _, node) => (sameShape(x!.shape, node.outputs[0]!.shape) ? x : undefined),
  matmul: ([a, b], attributes: Attributes & { transposeA: boolean; transposeB: boolean }) => {
    const swapped = (x: Tensor) => {
      if (!isOp(x, 'transpose')) return false;
      const { order } = x.node.attributes as unknown as { order: readonly number[] };
      const last = order.length - 1;
      return (
        order[last] === last - 1 &&
        order[last - 1] === last &&
        order.slice(0, -2).every((axis, i) => axis === i)
      );
    };
    const [foldA, foldB] = [swapped(a!), swapped(b!)];
    if (!foldA && !foldB) return undefined;
    return apply(matmulOperations.matmul, [foldA ? first(a!) : a!, foldB ? first(b!) : b!], {
      transposeA: attributes.transposeA !== foldA,
      transposeB: attributes.transposeB !== foldB,
    });
  },
};

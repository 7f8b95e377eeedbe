/**
 * Arithmetic of shapes.
 *
 * @module
 */

/** Lengths of the axes, outermost first. `[]` is a single number. */
export type Shape = readonly number[];

/** What a rule says when shapes or element types do not fit; the caller's line is added by `apply`. */
export class Mismatch extends Error {}

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** `[2, 3]`: a shape as messages show it. */
export function show(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}

/** Elements to skip per step along each axis, row-major. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

/**
 * The shape to which all given shapes broadcast (NumPy's rule: aligned at the last axis, 1 stretches).
 *
 * @throws Mismatch when two lengths differ and neither is 1
 */
export function broadcastShapes(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let length = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own === 1 || own === length) continue;
      if (length !== 1)
        throw new Mismatch(`${shapes.map(show).join(' and ')} do not broadcast: ${length} against ${own}`);
      length = own;
    }
    return length;
  });
}

/**
 * `axis` counted from the front; negative axes count from the back.
 *
 * @throws Mismatch when there is no such axis
 */
export function normalizeAxis(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new Mismatch(`axis ${axis} does not exist in ${rank} dimension${rank === 1 ? '' : 's'}`);
  return axis < 0 ? axis + rank : axis;
}

/** Sorted, distinct axes; `undefined` means all of them. */
export function normalizeAxes(axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(axis, rank));
  const distinct = [...new Set(list)].sort((a, b) => a - b);
  if (distinct.length !== list.length) throw new Mismatch(`axes ${show(list)} name an axis twice`);
  return distinct;
}

/** The shape after reducing `axes` (normalized). */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  return shape.flatMap((length, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [length]));
}

/** Visits every position of `shape` in row-major order with the matching offsets of strided operands. */
export function walk(
  shape: Shape,
  strides: readonly (readonly number[])[],
  visit: (position: number, offsets: readonly number[]) => void,
): void {
  const size = sizeOf(shape);
  const index = new Array<number>(shape.length).fill(0);
  const offsets = new Array<number>(strides.length).fill(0);
  for (let position = 0; position < size; position++) {
    visit(position, offsets);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = index[axis]! + 1;
      if (next < shape[axis]!) {
        index[axis] = next;
        for (let k = 0; k < strides.length; k++) offsets[k] = offsets[k]! + strides[k]![axis]!;
        break;
      }
      index[axis] = 0;
      for (let k = 0; k < strides.length; k++)
        offsets[k] = offsets[k]! - strides[k]![axis]! * (shape[axis]! - 1);
    }
  }
}

/** Strides with which an operand of `shape` walks `target`: 0 where it is stretched. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape);
  const lead = target.length - shape.length;
  return target.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : own[axis - lead]!));
}

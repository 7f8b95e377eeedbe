/**
 * Reading and adding at positions that are themselves data.
 *
 * @module
 */
import { type DType, isFloating } from '../core/dtype.js';
import { arange } from '../core/ndarray.js';
import { type Attributes, single, typed } from '../core/operation.js';
import { Mismatch, type Shape, sameShape, show, sizeOf, stridesOf } from '../core/shape.js';
import { apply, callError, scalar, type Tensor, tensor, type Value } from '../core/tensor.js';
import { add, equal, less, mul, where } from './binary.js';
import { cast } from './cast.js';
import { axisOf } from './reduce.js';
import { broadcastTo, expandDims, reshape, transpose } from './shape.js';

interface GatherAttributes extends Attributes {
  readonly axis: number;
}

interface ScatterAttributes extends Attributes {
  /** Number of rows of the result. */
  readonly rows: number;
}

function checkIndices(dtype: DType): void {
  if (dtype !== 'int32' && dtype !== 'int64')
    throw new Mismatch(`positions are ${dtype}, not int32 or int64`);
}

/** The entries of this file. */
export const gatherOperations = {
  gather: single<GatherAttributes>({
    name: 'gather',
    summary: 'elements of an axis at given positions',
    derivative: 'g added up at the positions',
    infer: ([x, positions], { axis }) => {
      checkIndices(positions!.dtype);
      return typed(x!.shape.toSpliced(axis, 1, ...positions!.shape), x!.dtype);
    },
    gradient: (g, { inputs, attributes: { axis } }) => {
      const [x, positions] = inputs as [Tensor, Tensor];
      // The gathered axis comes first, is flattened, added up row by row, and goes back to its place.
      const outer = x.shape.map((_, i) => i).filter((i) => i !== axis);
      const lead = positions.shape.map((_, i) => axis + i);
      const rest = g.shape.map((_, i) => i).filter((i) => !lead.includes(i));
      const rows = reshape(transpose(g, [...lead, ...rest]), [
        positions.size,
        ...outer.map((i) => x.shape[i]!),
      ]);
      const total = scatterAdd(reshape(positions, [positions.size]), rows, x.shape[axis]!);
      const back = x.shape.map((_, i) => (i === axis ? 0 : outer.indexOf(i) + 1));
      return [transpose(total, back), undefined];
    },
    lower: (emitter, inputs, { attributes: { axis } }) => emitter.node('Gather', inputs, { axis }),
    evaluate: ([x, positions], { outputs: [y], attributes: { axis } }) => {
      const inner = stridesOf(x!.shape)[axis]!;
      const length = x!.shape[axis]!;
      const count = positions!.values.length;
      const result = new Float64Array(sizeOf(y!.shape));
      for (let i = 0; i < result.length; i++) {
        const outer = Math.floor(i / (inner * count));
        const asked = positions!.values[Math.floor(i / inner) % count]!;
        const at = asked < 0 ? asked + length : asked;
        if (at < 0 || at >= length)
          throw new RangeError(`position ${asked} lies outside an axis of length ${length}`);
        result[i] = x!.values[(outer * length + at) * inner + (i % inner)]!;
      }
      return result;
    },
  }),
  scatterAdd: single<ScatterAttributes>({
    name: 'scatterAdd',
    summary: 'rows added up at given positions of zeros',
    derivative: 'none, g at the positions',
    infer: ([positions, rows], { rows: count }) => {
      checkIndices(positions!.dtype);
      if (rows!.dtype === 'bool') throw new Mismatch('bool cannot be added up: cast it first');
      if (positions!.shape.length !== 1 || positions!.shape[0] !== rows!.shape[0])
        throw new Mismatch('there must be one position for each row');
      return typed([count, ...rows!.shape.slice(1)], rows!.dtype);
    },
    gradient: (g, { inputs: [positions] }) => [undefined, gather(g, positions!)],
    lower: (emitter, [positions, rows], { inputs, outputs }) => {
      const zero = emitter.node('Expand', [
        emitter.scalar(0, inputs[1]!.dtype),
        emitter.ints(outputs[0]!.shape),
      ]);
      const wide = inputs[0]!.dtype === 'int64' ? positions! : emitter.node('Cast', [positions!], { to: 7 });
      const column = emitter.node('Reshape', [wide, emitter.ints([inputs[0]!.size, 1])]);
      return emitter.node('ScatterND', [zero, column, rows!], { reduction: 'add' });
    },
    evaluate: ([positions, rows], { outputs: [y] }) => {
      const result = new Float64Array(sizeOf(y!.shape));
      const length = y!.shape[0]!;
      const width = sizeOf(y!.shape.slice(1));
      for (const [i, asked] of positions!.values.entries()) {
        const at = asked < 0 ? asked + length : asked;
        if (at < 0 || at >= length) throw new RangeError(`position ${asked} lies outside ${length} rows`);
        for (let j = 0; j < width; j++)
          result[at * width + j] = result[at * width + j]! + rows!.values[i * width + j]!;
      }
      return result;
    },
  }),
};

/**
 * Elements of `axis` (default 0) at `positions` (int32 or int64, any shape, which takes the axis' place).
 * Negative positions count from the back. An embedding look-up is `gather(table, ids)`.
 */
export function gather(x: Value, positions: Value, axis = 0): Tensor {
  const given = tensor(x);
  return apply(gatherOperations.gather, [given, tensor(positions, 'int32')], {
    axis: axisOf('gather', axis, given.rank),
  });
}

/**
 * Zeros of `count` rows to which `rows[i]` is added at `positions[i]`.
 *
 * @param positions - shape `[n]`, int32 or int64
 * @param rows - shape `[n, …]`
 */
export function scatterAdd(positions: Value, rows: Value, count: number): Tensor {
  return apply(gatherOperations.scatterAdd, [tensor(positions, 'int32'), rows], { rows: count });
}

/**
 * The element of `axis` at the position given for each place: `positions` has the shape of `x` except along
 * `axis`.
 */
export function takeAlongAxis(x: Value, positions: Value, axis = -1): Tensor {
  const given = tensor(x);
  const chosen = tensor(positions);
  const at = axisOf('takeAlongAxis', axis, given.rank);
  if (chosen.rank !== given.rank || !sameShape(given.shape.with(at, 0), chosen.shape.with(at, 0)))
    throw callError(
      'takeAlongAxis',
      `positions ${show(chosen.shape)} do not fit ${show(given.shape)} along axis ${axis}`,
      'DIMENSION_MISMATCH',
    );
  // Negative positions must be resolved here: added to an offset they would point into another row.
  const whole = given.shape[at]!;
  const counted = where(less(chosen, 0), add(chosen, whole), chosen);
  return reshape(
    gather(reshape(given, [-1]), reshape(flatPositions(counted, given.shape, at), [-1])),
    chosen.shape,
  );
}

/** Positions along one axis as positions in the flattened tensor. */
function flatPositions(positions: Tensor, shape: Shape, axis: number): Tensor {
  let flat = mul(positions, stridesOf(shape)[axis]!);
  for (const [i, stride] of stridesOf(shape).entries()) {
    if (i === axis || shape[i] === 1) continue;
    const steps = cast(arange(shape[i]!), positions.dtype);
    flat = add(
      flat,
      reshape(
        mul(steps, stride),
        shape.map((length, k) => (k === i ? length : 1)),
      ),
    );
  }
  return flat;
}

/** `updates[i…]` added at `positions[i…]` along `axis` of zeros of `shape`: the gradient of {@link takeAlongAxis}. */
export function putAlongAxis(positions: Value, updates: Value, shape: Shape, axis = -1): Tensor {
  const chosen = tensor(positions);
  const at = axisOf('putAlongAxis', axis, shape.length);
  const flat = reshape(flatPositions(chosen, shape, at), [-1]);
  return reshape(scatterAdd(flat, reshape(updates, [-1]), sizeOf(shape)), shape);
}

/**
 * Ones at `positions` along a new last axis of length `depth`, zeros elsewhere (and everywhere for positions
 * outside it). Default element type `float32`.
 */
export function oneHot(positions: Value, depth: number, dtype: DType = 'float32'): Tensor {
  const chosen = tensor(positions, 'int32');
  if (isFloating(chosen.dtype))
    throw callError('oneHot', `positions are ${chosen.dtype}, not int32 or int64`);
  return cast(equal(expandDims(chosen, -1), cast(arange(depth), chosen.dtype)), dtype);
}

/** A lower triangle of `n × n` `bool`s: entry (i, j) holds where j ≤ i + offset. */
export function tril(n: number, offset = 0): Tensor {
  const rows = reshape(tensor(arange(n)), [n, 1]);
  return less(broadcastTo(tensor(arange(n)), [n, n]), add(rows, scalar(offset + 1, 'int32')));
}

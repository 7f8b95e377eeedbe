/**
 * Concrete arrays: a typed array, a shape, an element type.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Data, type DataOf, type DType, dtypeOf, dtypes, fill } from './dtype.js';
import { type Shape, show, sizeOf } from './shape.js';

/** Numbers in nested lists: `[[1, 2], [3, 4]]`. */
export type Nested = number | boolean | readonly Nested[];

/** A concrete array in row-major order. Its data are shared, not copied. */
export class NDArray<D extends DType = DType> {
  readonly shape: Shape;
  readonly dtype: D;
  #data: DataOf[D] | undefined;
  #donatedTo = '';

  /**
   * @param data - `sizeOf(shape)` elements, kept by reference
   * @throws FletchError `DIMENSION_MISMATCH` when the length does not fit the shape
   */
  constructor(data: DataOf[D], shape: Shape, dtype: D) {
    if (data.length !== sizeOf(shape) || !shape.every((n) => Number.isInteger(n) && n >= 0))
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `An array of shape ${show(shape)} needs ${sizeOf(shape)} elements, not ${data.length}.`,
      );
    if (data.constructor !== dtypes[dtype].allocate(0).constructor)
      throw new FletchError('INVALID_ARGUMENT', `A ${data.constructor.name} does not hold ${dtype}.`);
    this.#data = data;
    this.shape = shape;
    this.dtype = dtype;
  }

  /** The elements. Throws `CLOSED` when the array was donated to a compiled function. */
  get data(): DataOf[D] {
    if (this.#data === undefined)
      throw new FletchError(
        'CLOSED',
        `This array of shape ${show(this.shape)} was donated to ${this.#donatedTo}, which reuses its memory: ` +
          'use the array that call returned, or do not donate the argument.',
      );
    return this.#data;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The single element of an array of size 1. Throws `DIMENSION_MISMATCH` for any other size. */
  item(): number {
    if (this.size !== 1)
      throw new FletchError('DIMENSION_MISMATCH', `item() takes one element, not shape ${show(this.shape)}.`);
    return Number(this.data[0]);
  }

  /** The elements as nested lists of numbers. */
  toNested(): Nested {
    const build = (axis: number, start: number, step: number): Nested => {
      if (axis === this.shape.length) return Number(this.data[start]);
      const inner = this.shape[axis] === 0 ? 0 : step / this.shape[axis]!;
      return Array.from({ length: this.shape[axis]! }, (_, i) => build(axis + 1, start + i * inner, inner));
    };
    return build(0, 0, this.size);
  }

  /** A copy that shares nothing with this array. */
  copy(): NDArray<D> {
    return new NDArray(this.data.slice() as DataOf[D], [...this.shape], this.dtype);
  }

  /** The same elements in another shape of equal size; the data stay shared. */
  reshape(shape: Shape): NDArray<D> {
    return new NDArray(this.data, shape, this.dtype);
  }

  /** Hands the memory over: afterwards `data` throws, naming `taker`. */
  donate(taker: string): DataOf[D] {
    const data = this.data;
    this.#data = undefined;
    this.#donatedTo = taker;
    return data;
  }
}

/**
 * An array from nested lists or a typed array.
 *
 * @param dtype - default: what a typed array holds; `bool` for lists of booleans, else `float32`
 * @param shape - default: that of the lists; one axis for a typed array
 * @throws FletchError `DIMENSION_MISMATCH` when inner lists differ in length
 * @example
 * ```ts
 * array([[1, 2], [3, 4]]).shape // [2, 2]
 * ```
 */
export function array(values: Nested | Data, dtype?: DType, shape?: Shape): NDArray {
  const held = dtypeOf(values);
  if (held !== undefined) {
    const data = values as Data;
    const wanted = dtype ?? held;
    if (wanted === held) return new NDArray(data, shape ?? [data.length], held);
    return fromNumbers(
      Array.from(data as ArrayLike<number | bigint>, Number),
      shape ?? [data.length],
      wanted,
    );
  }
  const flat: number[] = [];
  let booleans = true;
  const measure = (value: Nested): number[] => {
    if (!Array.isArray(value)) {
      if (typeof value !== 'boolean') booleans = false;
      flat.push(Number(value));
      return [];
    }
    const inner = value.map(measure);
    for (const [i, own] of inner.entries())
      if (own.join() !== inner[0]!.join())
        throw new FletchError(
          'DIMENSION_MISMATCH',
          `Item ${i} of a list has shape ${show(own)}, item 0 has ${show(inner[0]!)}: nested lists must be rectangular.`,
        );
    return [value.length, ...(inner[0] ?? [])];
  };
  const measured = measure(values as Nested);
  return fromNumbers(flat, shape ?? measured, dtype ?? (booleans && flat.length > 0 ? 'bool' : 'float32'));
}

/** An array of `dtype` from a flat list of numbers. */
export function fromNumbers<D extends DType>(values: ArrayLike<number>, shape: Shape, dtype: D): NDArray<D> {
  const data = dtypes[dtype].allocate(values.length);
  fill(data, values);
  return new NDArray(data, shape, dtype);
}

/** Zeros. Default `float32`. */
export function zeros(shape: Shape, dtype: DType = 'float32'): NDArray {
  return new NDArray(dtypes[dtype].allocate(sizeOf(shape)), shape, dtype);
}

/** `value` everywhere. Default `float32`. */
export function full(shape: Shape, value: number, dtype: DType = 'float32'): NDArray {
  const result = zeros(shape, dtype);
  if (result.data instanceof BigInt64Array) result.data.fill(BigInt(value));
  else result.data.fill(value);
  return result;
}

/** Ones. Default `float32`. */
export function ones(shape: Shape, dtype: DType = 'float32'): NDArray {
  return full(shape, 1, dtype);
}

/** `0, 1, …, length − 1`. Default `int32`. */
export function arange(length: number, dtype: DType = 'int32'): NDArray {
  return fromNumbers(
    Array.from({ length }, (_, i) => i),
    [length],
    dtype,
  );
}

/** The identity matrix of `n` rows. Default `float32`. */
export function eye(n: number, dtype: DType = 'float32'): NDArray {
  const values = new Float64Array(n * n);
  for (let i = 0; i < n; i++) values[i * n + i] = 1;
  return fromNumbers(values, [n, n], dtype);
}

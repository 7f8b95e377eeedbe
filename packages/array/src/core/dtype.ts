/**
 * The element types of arrays.
 *
 * @module
 */

/** Element type of an array. `bool` is kept in a `Uint8Array` of zeros and ones. */
export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool';

/** The typed array that holds each element type. */
export interface DataOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
}

/** Any typed array that can back an array. */
export type Data = DataOf[DType];

interface DTypeRow<D extends DType> {
  readonly bytes: number;
  readonly floating: boolean;
  /** Zeros. */
  allocate(length: number): DataOf[D];
  /** What a computed number becomes when it is stored as this type. */
  round(value: number): number;
}

/** All that the library knows of each element type. */
export const dtypes: { readonly [D in DType]: DTypeRow<D> } = {
  float32: { bytes: 4, floating: true, allocate: (n) => new Float32Array(n), round: Math.fround },
  float64: { bytes: 8, floating: true, allocate: (n) => new Float64Array(n), round: (x) => x },
  int32: { bytes: 4, floating: false, allocate: (n) => new Int32Array(n), round: Math.trunc },
  int64: { bytes: 8, floating: false, allocate: (n) => new BigInt64Array(n), round: Math.trunc },
  bool: { bytes: 1, floating: false, allocate: (n) => new Uint8Array(n), round: (x) => (x === 0 ? 0 : 1) },
};

/** Whether gradients exist for `dtype`. */
export function isFloating(dtype: DType): boolean {
  return dtypes[dtype].floating;
}

/** The element type that a typed array holds unless told otherwise, or `undefined` when no array can hold it. */
export function dtypeOf(data: unknown): DType | undefined {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Uint8Array) return 'bool';
  return undefined;
}

/** Writes numbers into a typed array of any element type, rounding as that type does. */
export function fill(target: Data, values: ArrayLike<number>): void {
  if (target instanceof BigInt64Array) {
    for (let i = 0; i < target.length; i++) target[i] = BigInt(Math.trunc(values[i]!));
  } else if (target instanceof Uint8Array) {
    for (let i = 0; i < target.length; i++) target[i] = values[i] === 0 ? 0 : 1;
  } else target.set(values);
}

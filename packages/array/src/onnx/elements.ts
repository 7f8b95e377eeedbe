/**
 * The element types of tensors: their ONNX numbers and the typed arrays that hold them.
 *
 * @module
 */

/** Every typed array that can hold a tensor's elements. `bool` is kept in a `Uint8Array`. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Int8Array
  | Uint8Array
  | Uint16Array;

/** One row of {@link elementTypes}. */
interface ElementTypeRow {
  /** `TensorProto.DataType` of the ONNX format. */
  readonly code: number;
  readonly array: { new (length: number): TensorData; readonly BYTES_PER_ELEMENT: number };
}

/** All element types that Fletch writes and runs. */
export const elementTypes = {
  float32: { code: 1, array: Float32Array },
  uint8: { code: 2, array: Uint8Array },
  int8: { code: 3, array: Int8Array },
  int32: { code: 6, array: Int32Array },
  int64: { code: 7, array: BigInt64Array },
  bool: { code: 9, array: Uint8Array },
  float16: { code: 10, array: Uint16Array },
  float64: { code: 11, array: Float64Array },
} as const satisfies Record<string, ElementTypeRow>;

/** Name of an element type: `float32`, `int64`, … */
export type ElementType = keyof typeof elementTypes;

/** The element type that `data` holds unless told otherwise (`Uint8Array` is `uint8`, not `bool`). */
export function elementTypeOf(data: TensorData): ElementType {
  for (const [name, row] of Object.entries(elementTypes))
    if (data.constructor === row.array) return name as ElementType;
  throw new TypeError(`No tensor holds a ${data.constructor.name}.`);
}

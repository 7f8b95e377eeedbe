/**
 * Writes ONNX models for tests.
 *
 * @module
 */

/** A protobuf varint. */
export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** A field of bytes, or of a whole number. */
export const field = (number: number, value: Uint8Array | string | number | bigint): Buffer =>
  typeof value === 'number' || typeof value === 'bigint'
    ? Buffer.concat([varint(number << 3), varint(value)])
    : Buffer.concat([varint((number << 3) | 2), varint(Buffer.byteLength(value)), Buffer.from(value)]);

/** The fields of a tensor: sizes, type, name, and what is given. */
export const tensor = (
  name: string,
  type: number,
  dims: readonly number[],
  ...more: readonly Buffer[]
): Buffer => Buffer.concat([...dims.map((size) => field(1, size)), field(2, type), field(8, name), ...more]);

export const pair = (key: string, value: string): Buffer => Buffer.concat([field(1, key), field(2, value)]);

/** Says that a tensor's values are in another file. */
export const external = (entries: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat([
    ...Object.entries(entries).map(([key, value]) => field(13, pair(key, value))),
    field(14, 1),
  ]);

/** A model whose graph has the initializers. */
export const model = (...tensors: readonly Buffer[]): Buffer =>
  Buffer.concat([
    field(1, 8),
    field(2, 'a test'),
    field(7, Buffer.concat([field(2, 'graph'), ...tensors.map((one) => field(5, one))])),
    field(14, pair('note', 'of the author')),
  ]);

export const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

/**
 * Vectors as the bytes of the tables, all little endian: the components in their datatype, tokens one after
 * another; of a sparse vector its indices, then its values.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Datatype } from '../types/index.js';
import { fromFloat16, toFloat16 } from './round.js';
import type { VectorSpec } from './spec.js';
import type { DenseValue, MultiValue, SparseValue, VectorValue } from './types.js';

/** The bytes of a vector. They may be those of the vector itself. */
export function encodeVector(spec: VectorSpec, value: VectorValue): Buffer {
  if (spec.kind === 'sparse') {
    const { indices, values } = value as SparseValue;
    const bytes = Buffer.allocUnsafe(indices.length * 8);
    bytes.set(bytesOf(indices), 0);
    bytes.set(bytesOf(values), indices.length * 4);
    return bytes;
  }
  return encodeComponents(
    spec.datatype,
    spec.kind === 'multi' ? (value as MultiValue).values : (value as DenseValue),
  );
}

/**
 * The vector of some bytes, in memory of its own.
 *
 * @throws FletchError `CORRUPT` for a number of bytes that none has
 */
export function decodeVector(spec: VectorSpec, bytes: Uint8Array): VectorValue {
  if (spec.kind === 'sparse') {
    const count = bytes.length / 8;
    if (!Number.isInteger(count)) throw wrongSize(spec, bytes.length);
    const copy = bytes.slice().buffer;
    return { indices: new Uint32Array(copy, 0, count), values: new Float32Array(copy, count * 4, count) };
  }
  const values = decodeComponents(spec.datatype, bytes);
  if (spec.kind === 'dense') {
    if (values.length !== spec.dimension) throw wrongSize(spec, bytes.length);
    return values;
  }
  const tokens = values.length / spec.dimension;
  if (!Number.isInteger(tokens) || tokens === 0) throw wrongSize(spec, bytes.length);
  return { tokens, values };
}

/** Bytes of a vector in memory. */
export function sizeOf(value: VectorValue): number {
  return value instanceof Float32Array
    ? value.byteLength
    : value.values.byteLength + ('indices' in value ? value.indices.byteLength : 0);
}

function encodeComponents(datatype: Datatype | undefined, values: Float32Array): Buffer {
  if (datatype === 'uint8') return Buffer.from(values);
  if (datatype !== 'float16') return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return Buffer.from(Uint16Array.from(values, toFloat16).buffer);
}

function decodeComponents(datatype: Datatype | undefined, bytes: Uint8Array): Float32Array {
  if (datatype === 'uint8') return Float32Array.from(bytes);
  const copy = new Uint8Array(bytes.length + (-bytes.length & 3));
  copy.set(bytes);
  if (datatype === 'float16')
    return Float32Array.from(new Uint16Array(copy.buffer, 0, bytes.length >>> 1), fromFloat16);
  return new Float32Array(copy.buffer, 0, bytes.length >>> 2);
}

function bytesOf(words: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function wrongSize({ name }: VectorSpec, bytes: number): FletchError {
  return new FletchError('CORRUPT', `A stored vector${name === '' ? '' : ` "${name}"`} has ${bytes} bytes.`, {
    details: { vector: name, bytes },
  });
}

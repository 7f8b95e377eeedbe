/**
 * Types of numbers in files, and how they become 32-bit floats.
 *
 * @module
 */
import { halfTable } from '../numbers/half.js';

/** A type of number. */
export interface ElementType {
  readonly name: string;
  /** Bytes of one. */
  readonly size: number;
  /**
   * Decodes `count` numbers from `bytes` at `offset` into `into` at `at`. Returns the position (0 to count − 1) of
   * an integer that 32-bit floats do not hold exactly, or −1.
   */
  decode(bytes: Buffer, offset: number, count: number, into: Float32Array, at: number): number;
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

type Reader = (view: DataView, offset: number) => number;

function floats(name: string, size: number, read: Reader): ElementType {
  return {
    name,
    size,
    decode(bytes, offset, count, into, at) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + offset, count * size);
      for (let i = 0; i < count; i++) into[at + i] = read(view, i * size);
      return -1;
    },
  };
}

function integers(name: string, size: number, read: (view: DataView, offset: number) => number | bigint) {
  const exact = size <= 2;
  return {
    name,
    size,
    decode(bytes: Buffer, offset: number, count: number, into: Float32Array, at: number) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + offset, count * size);
      for (let i = 0; i < count; i++) {
        const value = read(view, i * size);
        const number = Number(value);
        into[at + i] = number;
        if (!exact && (into[at + i] !== number || !Number.isSafeInteger(number))) return i;
      }
      return -1;
    },
  } satisfies ElementType;
}

/** Copies where the machine stores 32-bit floats as the file does. */
const float32: ElementType = littleEndian
  ? {
      name: 'float32',
      size: 4,
      decode(bytes, offset, count, into, at) {
        const target = new Uint8Array(into.buffer, into.byteOffset + 4 * at, 4 * count);
        target.set(bytes.subarray(offset, offset + 4 * count));
        return -1;
      },
    }
  : floats('float32', 4, (view, i) => view.getFloat32(i, true));

const scratch = new DataView(new ArrayBuffer(4));

function bfloat(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

let halves: Float32Array | undefined;

function half(bits: number): number {
  halves ??= halfTable();
  return halves[bits]!;
}

const big = false;
const little = true;

/** Every type by a short name; those that end in `>` have their most significant byte first. */
export const elements = {
  f2: floats('float16', 2, (view, i) => half(view.getUint16(i, little))),
  f4: float32,
  f8: floats('float64', 8, (view, i) => view.getFloat64(i, little)),
  bf16: floats('bfloat16', 2, (view, i) => bfloat(view.getUint16(i, little))),
  i1: integers('int8', 1, (view, i) => view.getInt8(i)),
  i2: integers('int16', 2, (view, i) => view.getInt16(i, little)),
  i4: integers('int32', 4, (view, i) => view.getInt32(i, little)),
  i8: integers('int64', 8, (view, i) => view.getBigInt64(i, little)),
  u1: integers('uint8', 1, (view, i) => view.getUint8(i)),
  u2: integers('uint16', 2, (view, i) => view.getUint16(i, little)),
  u4: integers('uint32', 4, (view, i) => view.getUint32(i, little)),
  u8: integers('uint64', 8, (view, i) => view.getBigUint64(i, little)),
  'f2>': floats('big-endian float16', 2, (view, i) => half(view.getUint16(i, big))),
  'f4>': floats('big-endian float32', 4, (view, i) => view.getFloat32(i, big)),
  'f8>': floats('big-endian float64', 8, (view, i) => view.getFloat64(i, big)),
  'i2>': integers('big-endian int16', 2, (view, i) => view.getInt16(i, big)),
  'i4>': integers('big-endian int32', 4, (view, i) => view.getInt32(i, big)),
  'i8>': integers('big-endian int64', 8, (view, i) => view.getBigInt64(i, big)),
  'u2>': integers('big-endian uint16', 2, (view, i) => view.getUint16(i, big)),
  'u4>': integers('big-endian uint32', 4, (view, i) => view.getUint32(i, big)),
  'u8>': integers('big-endian uint64', 8, (view, i) => view.getBigUint64(i, big)),
} as const satisfies Record<string, ElementType>;

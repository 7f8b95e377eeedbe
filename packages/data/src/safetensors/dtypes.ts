/**
 * The types of numbers that safetensors files hold, and the typed arrays that hold them here.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from '../numbers/half.js';

/** Any typed array that the numbers of a tensor are held in. */
export type TensorNumbers =
  | Float64Array
  | Float32Array
  | Uint16Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | Uint8Array
  | BigInt64Array
  | BigUint64Array;

type NumbersClass = {
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TensorNumbers;
  readonly BYTES_PER_ELEMENT: number;
};

interface Kind {
  /** Bits of one number. */
  readonly bits: number;
  /** Absent where JavaScript has none: such tensors are read as bytes. */
  readonly numbers?: NumbersClass;
}

/** In the order in which the reference writer sorts, last first. Half precision is held as its bits. */
const kinds = {
  BOOL: { bits: 8, numbers: Uint8Array },
  F4: { bits: 4 },
  F6_E2M3: { bits: 6 },
  F6_E3M2: { bits: 6 },
  U8: { bits: 8, numbers: Uint8Array },
  I8: { bits: 8, numbers: Int8Array },
  F8_E5M2: { bits: 8 },
  F8_E4M3: { bits: 8 },
  F8_E8M0: { bits: 8 },
  F8_E4M3FNUZ: { bits: 8 },
  F8_E5M2FNUZ: { bits: 8 },
  I16: { bits: 16, numbers: Int16Array },
  U16: { bits: 16, numbers: Uint16Array },
  F16: { bits: 16, numbers: Uint16Array },
  BF16: { bits: 16, numbers: Uint16Array },
  I32: { bits: 32, numbers: Int32Array },
  U32: { bits: 32, numbers: Uint32Array },
  F32: { bits: 32, numbers: Float32Array },
  C64: { bits: 64 },
  F64: { bits: 64, numbers: Float64Array },
  I64: { bits: 64, numbers: BigInt64Array },
  U64: { bits: 64, numbers: BigUint64Array },
} as const satisfies Readonly<Record<string, Kind>>;

/** The name of a type in a file. */
export type TensorDType = keyof typeof kinds;

/** All types, those whose numbers are small first. */
export const tensorDTypes = Object.keys(kinds) as readonly TensorDType[];

const known: Readonly<Record<TensorDType, Kind>> = kinds;

export function isTensorDType(name: unknown): name is TensorDType {
  return typeof name === 'string' && Object.hasOwn(kinds, name);
}

/** Whether JavaScript has arrays for the type. */
export const hasNumbers = (dtype: TensorDType): boolean => known[dtype].numbers !== undefined;

/** Bits of one number. */
export const bitsOf = (dtype: TensorDType): number => known[dtype].bits;

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Turns bytes between the order of files (little-endian) and this machine's, in place. */
export function swapOnBigEndian(bytes: Uint8Array, dtype: TensorDType): Uint8Array {
  if (littleEndian) return bytes;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const { bits } = known[dtype];
  if (bits === 16) buffer.swap16();
  else if (bits === 32 || dtype === 'C64') buffer.swap32();
  else if (bits === 64) buffer.swap64();
  return bytes;
}

/**
 * The numbers in `bytes`, which are viewed where they lie when their place allows it, else copied.
 *
 * @throws FletchError `INVALID_ARGUMENT` for types that JavaScript has no arrays of: read their bytes
 */
export function numbersIn(bytes: Uint8Array, dtype: TensorDType, name: string): TensorNumbers {
  const { numbers, bits } = known[dtype];
  if (!numbers)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The tensor "${name}" is of type ${dtype}, which has no array in JavaScript: read its bytes (readBytes), or convert the file to F16 or F32.`,
      { details: { tensor: name, dtype } },
    );
  const size = numbers.BYTES_PER_ELEMENT;
  // Not slice, which copies nothing of a Buffer.
  const own = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new numbers(own.buffer, own.byteOffset, bytes.length / (bits / 8));
}

/**
 * The numbers as 32-bit floats: F16 and BF16 exactly, F64 rounded, integers and truths as numbers.
 *
 * @throws FletchError `INVALID_INPUT_FILE` for an integer that a 32-bit float does not hold exactly
 */
export function toFloat32(numbers: TensorNumbers, dtype: TensorDType, name: string): Float32Array {
  if (numbers instanceof Float32Array) return numbers;
  if (dtype === 'F16') return halfToFloat32(numbers as Uint16Array);
  if (dtype === 'BF16') return bfloat16ToFloat32(numbers as Uint16Array);
  const floats = new Float32Array(numbers.length);
  if (numbers instanceof Float64Array) {
    floats.set(numbers);
    return floats;
  }
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i]!;
    floats[i] = Number(value);
    if (typeof value === 'bigint' ? BigInt(floats[i]!) !== value : floats[i] !== value)
      throw new FletchError(
        'INVALID_INPUT_FILE',
        `The number ${value} at ${i} of the tensor "${name}" does not fit in a 32-bit float: read it as ${dtype}.`,
        { details: { tensor: name, position: i } },
      );
  }
  return floats;
}

/** 32-bit floats as the type says: F32 itself, F16 and BF16 rounded to nearest, ties to even; F64. */
export function fromFloat32(
  values: Float32Array,
  dtype: 'F32' | 'F16' | 'BF16' | 'F64',
): Float32Array | Uint16Array | Float64Array {
  if (dtype === 'F32') return values;
  if (dtype === 'F64') return Float64Array.from(values);
  return dtype === 'F16' ? float32ToHalf(values) : float32ToBfloat16(values);
}

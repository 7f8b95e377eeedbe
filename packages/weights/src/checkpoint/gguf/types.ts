/**
 * The types of tensors in GGUF files: how many numbers stand in a block of how many bytes, and how they are read.
 *
 * Source: ggml (`ggml.h`, `ggml-quants.c`) and its GGUF specification.
 *
 * @module
 */
import { halfTable, numbersIn, type TensorDType, toFloat32 } from '@fletch/data';

/** A type of tensors. */
export interface GgufType {
  readonly name: string;
  /** Numbers in a block. */
  readonly block: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** The numbers of whole blocks; absent for types of which only the size is known. */
  readonly decode?: (bytes: Uint8Array, name: string) => Float32Array;
}

/** Types that safetensors files have too, read in the same way. */
const plain = (name: TensorDType, bytes: number): GgufType => ({
  name,
  block: 1,
  bytes,
  decode: (content, tensor) => toFloat32(numbersIn(content, name, tensor), name, tensor),
});

const sized = (name: string, block: number, bytes: number): GgufType => ({ name, block, bytes });

/** Numbers in a block of the simple quantizations. */
const BLOCK = 32;

/** The scale of a block, half precision, at its beginning. */
function scales(bytes: Uint8Array, each: number): Float32Array {
  const halves = halfTable();
  const result = new Float32Array(bytes.length / each);
  for (let i = 0; i < result.length; i++) result[i] = halves[bytes[i * each]! | (bytes[i * each + 1]! << 8)]!;
  return result;
}

/** Blocks of a scale `d` and 32 whole numbers of 8 bits: `d · q`. */
function decodeQ8(bytes: Uint8Array): Float32Array {
  const each = 2 + BLOCK;
  const d = scales(bytes, each);
  const numbers = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const result = new Float32Array(d.length * BLOCK);
  for (let i = 0; i < d.length; i++)
    for (let j = 0; j < BLOCK; j++) result[i * BLOCK + j] = d[i]! * numbers[i * each + 2 + j]!;
  return result;
}

/** Blocks of a scale `d` and 32 numbers of 4 bits: `d · (q − 8)`; lower halves of the bytes first, then the upper ones. */
function decodeQ4(bytes: Uint8Array): Float32Array {
  const half = BLOCK / 2;
  const each = 2 + half;
  const d = scales(bytes, each);
  const result = new Float32Array(d.length * BLOCK);
  for (let i = 0; i < d.length; i++)
    for (let j = 0; j < half; j++) {
      const pair = bytes[i * each + 2 + j]!;
      result[i * BLOCK + j] = d[i]! * ((pair & 15) - 8);
      result[i * BLOCK + half + j] = d[i]! * ((pair >> 4) - 8);
    }
  return result;
}

/** By their number in the file. */
export const ggufTypes: ReadonlyMap<number, GgufType> = new Map([
  [0, plain('F32', 4)],
  [1, plain('F16', 2)],
  [2, { ...sized('Q4_0', BLOCK, 18), decode: decodeQ4 }],
  [3, sized('Q4_1', BLOCK, 20)],
  [6, sized('Q5_0', BLOCK, 22)],
  [7, sized('Q5_1', BLOCK, 24)],
  [8, { ...sized('Q8_0', BLOCK, 34), decode: decodeQ8 }],
  [9, sized('Q8_1', BLOCK, 36)],
  [10, sized('Q2_K', 256, 84)],
  [11, sized('Q3_K', 256, 110)],
  [12, sized('Q4_K', 256, 144)],
  [13, sized('Q5_K', 256, 176)],
  [14, sized('Q6_K', 256, 210)],
  [15, sized('Q8_K', 256, 292)],
  [16, sized('IQ2_XXS', 256, 66)],
  [17, sized('IQ2_XS', 256, 74)],
  [18, sized('IQ3_XXS', 256, 98)],
  [19, sized('IQ1_S', 256, 50)],
  [20, sized('IQ4_NL', BLOCK, 18)],
  [21, sized('IQ3_S', 256, 110)],
  [22, sized('IQ2_S', 256, 82)],
  [23, sized('IQ4_XS', 256, 136)],
  [24, plain('I8', 1)],
  [25, plain('I16', 2)],
  [26, plain('I32', 4)],
  [27, plain('I64', 8)],
  [28, plain('F64', 8)],
  [29, sized('IQ1_M', 256, 56)],
  [30, plain('BF16', 2)],
  [34, sized('TQ1_0', 256, 54)],
  [35, sized('TQ2_0', 256, 66)],
  [39, sized('MXFP4', BLOCK, 17)],
]);

/** Names of the types whose numbers are read. */
export const readableTypes: readonly string[] = [...ggufTypes.values()]
  .filter(({ decode }) => decode)
  .map(({ name }) => name);

/**
 * Safetensors in memory.
 *
 * @module
 */
import { hasNumbers, numbersIn, swapOnBigEndian } from './dtypes.js';
import { headerLength, parseHeader } from './header.js';
import type { Tensor } from './open.js';
import { encodeHeader, inFileOrder, type Metadata } from './plan.js';
import { bytesOf } from './write.js';

export interface PackOptions {
  readonly metadata?: Metadata;
  /** `file`: as the reference writer orders them, all aligned (default); `given`: as they come. */
  readonly order?: 'file' | 'given';
}

/**
 * The bytes of a file that holds these tensors.
 *
 * @throws FletchError `INVALID_ARGUMENT` for names, types or shapes that no file can hold
 */
export function packSafetensors(
  tensors: readonly Tensor[],
  { metadata, order = 'file' }: PackOptions = {},
): Uint8Array {
  const sorted = order === 'file' ? inFileOrder(tensors) : tensors;
  const parts = [encodeHeader(sorted, metadata), ...sorted.map((tensor) => bytesOf(tensor.data, tensor))];
  return Buffer.concat(parts);
}

/** What {@link unpackSafetensors} gives. */
export interface UnpackedSafetensors {
  readonly metadata: Metadata;
  /** By name, in the order in which they lie. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/**
 * The tensors in the bytes of a file, viewed where they lie when their place allows it. Those of types that JavaScript has no arrays
 * of (F8 and the like) are bytes.
 *
 * @param file - what the bytes are called in messages
 * @throws FletchError `INVALID_INPUT_FILE` with the rule that is broken
 */
export function unpackSafetensors(bytes: Uint8Array, file = 'The content'): UnpackedSafetensors {
  const length = headerLength(bytes.subarray(0, 8), bytes.length, file);
  const start = 8 + length;
  const { metadata, tensors } = parseHeader(bytes.subarray(8, start), bytes.length - start, file);
  const read = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of tensors) {
    const content = swapOnBigEndian(bytes.subarray(start + begin, start + end), dtype);
    const data = hasNumbers(dtype) ? numbersIn(content, dtype, name) : new Uint8Array(content);
    read.set(name, { name, dtype, shape, data });
  }
  return { metadata, tensors: read };
}

/**
 * Parts of a file that are a tensor.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { FileBytes } from '@fletch/data';

/** Where a tensor lies. */
export interface TensorPlace {
  readonly bytes: FileBytes;
  readonly start: number;
  readonly size: number;
  readonly name: string;
}

/**
 * Bytes of a tensor, from `begin` up to `end` of its own; into `target` when it is given.
 *
 * @throws FletchError `INVALID_ARGUMENT` for bytes that it has not, and a target of another length
 */
export async function readTensorBytes(
  { bytes, start, size, name }: TensorPlace,
  begin = 0,
  end = size,
  target?: Uint8Array,
): Promise<Uint8Array> {
  const into = target ?? Buffer.allocUnsafeSlow(checkRange(name, size, begin, end));
  checkRange(name, size, begin, end, into.length);
  await bytes.readInto(into, start + begin);
  return into;
}

/**
 * The length of a range that a tensor of `size` bytes has.
 *
 * @throws FletchError `INVALID_ARGUMENT` for one that it has not, and for a target of another length
 */
export function checkRange(name: string, size: number, begin: number, end: number, target?: number): number {
  if (!(begin >= 0 && begin <= end && end <= size))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Bytes ${begin} to ${end} are not within the ${size} bytes of "${name}".`,
    );
  if (target !== undefined && target !== end - begin)
    throw new FletchError('INVALID_ARGUMENT', `The target has ${target} bytes, ${end - begin} are read.`);
  return end - begin;
}

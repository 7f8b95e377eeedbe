/**
 * What R packs its data with: gzip, bzip2, xz, or nothing.
 *
 * @module
 */
import { gunzipSync, inflateSync } from 'node:zlib';
import { FletchError } from '@fletch/base';
import { type Command, runProgram } from '../run-program.js';
import { invalidFile } from '../vectors/bytes.js';

/** Bytes that a file may unpack to. */
const MAX_SIZE = 2 ** 30;

/** Times that a file may be larger than what it is packed into: gzip reaches about 1,000. */
const MAX_RATIO = 1100;

const starts = (content: Uint8Array, ...bytes: number[]): boolean =>
  bytes.every((byte, i) => content[i] === byte);

/**
 * The content of a packed file. What bzip2 or xz packed is unpacked by those programs.
 *
 * @throws FletchError `INVALID_INPUT_FILE` for what is damaged or would become too large; `UNAVAILABLE` without the program
 */
export async function unpack(content: Uint8Array, file: string): Promise<Uint8Array> {
  if (starts(content, 0x1f, 0x8b)) return unzip(content, file, gunzipSync);
  if (starts(content, 0x42, 0x5a, 0x68)) return pipe(['bzip2', '-dc'], content, file);
  if (starts(content, 0xfd, 0x37, 0x7a, 0x58, 0x5a))
    return pipe(['xz', '-dc', '--memlimit-decompress=256MiB'], content, file);
  return content;
}

/** What zlib packed. */
export function inflate(content: Uint8Array, file: string, size: number): Uint8Array {
  return unzip(content, file, inflateSync, size);
}

function unzip(
  content: Uint8Array,
  file: string,
  work: typeof gunzipSync | typeof inflateSync,
  size = MAX_SIZE,
): Uint8Array {
  try {
    return work(content, { maxOutputLength: Math.max(1, Math.min(size, MAX_RATIO * content.length)) });
  } catch (cause) {
    throw invalidFile(file, `it does not unpack (${(cause as Error).message}).`, {}, cause);
  }
}

async function pipe(program: Command, content: Uint8Array, file: string): Promise<Uint8Array> {
  const maxOutput = Math.min(MAX_SIZE, 10 * MAX_RATIO * content.length);
  const { output, failure, missing, tooLong } = await runProgram(program, [], { input: content, maxOutput });
  if (missing)
    throw new FletchError(
      'UNAVAILABLE',
      `${file} is packed by ${program[0]}, which is not installed: install it.`,
    );
  if (tooLong) throw invalidFile(file, 'it unpacks to far more than it is: it looks like a bomb.');
  if (failure !== undefined) throw invalidFile(file, `it does not unpack (${failure}).`);
  return output;
}

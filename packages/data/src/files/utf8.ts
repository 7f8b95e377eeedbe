/**
 * Text files, read as streams and held to be UTF-8.
 *
 * @module
 */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { describeFileError, FletchError } from '@fletch/base';

/**
 * The file's text in pieces of up to 64 KiB, without its byte-order mark.
 *
 * @throws FletchError `NOT_FOUND`, `INVALID_ARGUMENT` for a folder, `IO`; `INVALID_INPUT_FILE` with the byte
 *   offset where the file stops being UTF-8
 */
export async function* readText(path: string): AsyncGenerator<string> {
  yield* decodeText(chunksOf(path), path);
}

/** As {@link readText}, of bytes that come from elsewhere. */
export async function* decodeText(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let carried: Uint8Array = new Uint8Array();
  let offset = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([carried, chunk]);
    const end = bytes.length - unfinishedBytes(bytes);
    yield decoder.decode(checked(bytes.subarray(0, end), path, offset), { stream: true });
    carried = bytes.subarray(end);
    offset += end;
  }
  if (carried.length > 0) throw notUtf8(path, offset);
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path) as AsyncIterable<Buffer>;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    // Node puts this character where the bytes of a name are not UTF-8, and finds no such file then.
    const odd = path.includes('\uFFFD') ? ' Its name seems to be not UTF-8: rename it.' : '';
    if (code === 'ENOENT') throw new FletchError('NOT_FOUND', `There is no file ${path}.${odd}`, { cause });
    if (code === 'EISDIR')
      throw new FletchError('INVALID_ARGUMENT', `${path} is a folder: name the files in it.`, { cause });
    if (code === 'EACCES' || code === 'EPERM')
      throw new FletchError('IO', `No permission to read ${path}.`, { cause });
    throw describeFileError(cause, path);
  }
}

function checked(bytes: Uint8Array, path: string, offset: number): Uint8Array {
  if (isUtf8(bytes)) return bytes;
  throw notUtf8(path, offset + validBytes(bytes));
}

function notUtf8(path: string, offset: number): FletchError {
  return new FletchError(
    'INVALID_INPUT_FILE',
    `${path} is not UTF-8: byte ${offset} cannot be read. Save the file as UTF-8 and try again.`,
    { details: { file: path, offset } },
  );
}

/** How many bytes the character has that starts with `byte`; 0 when none does. */
function characterLength(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte >= 0xc2 && byte < 0xe0) return 2;
  if (byte >= 0xe0 && byte < 0xf0) return 3;
  return byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
}

/** How many bytes at the end begin a character that the next piece may finish. */
function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte >= 0xc0) return characterLength(byte) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

/** The length of the longest prefix that is UTF-8. */
function validBytes(bytes: Uint8Array): number {
  let offset = 0;
  while (offset < bytes.length) {
    const length = characterLength(bytes[offset]!);
    if (length === 0 || !isUtf8(bytes.subarray(offset, offset + length))) return offset;
    offset += length;
  }
  return offset;
}

/**
 * Small things that the readers of a snapshot share.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import { type Bytes, invalidFile } from '../bytes.js';
import type { TarFiles } from '../tar.js';

export type JsonObject = { [key: string]: Json };

/** Bytes of a description. */
const MAX_JSON = 16 * 2 ** 20;

/** The file at a path. Throws `INVALID_INPUT_FILE` when there is none. */
export function fileAt(files: TarFiles, path: string): Bytes {
  const file = files.get(path);
  if (file) return file;
  throw new FletchError('INVALID_INPUT_FILE', `The snapshot has no file ${path}: it is damaged.`, {
    details: { path },
  });
}

/** A file that holds one JSON object. */
export async function readJson(file: Bytes): Promise<JsonObject> {
  if (file.size > MAX_JSON) throw invalidFile(file.name, `it has ${file.size} bytes, more than ${MAX_JSON}.`);
  let value: Json;
  try {
    value = JSON.parse((await file.read(0, file.size)).toString('utf8'));
  } catch (cause) {
    throw invalidFile(file.name, 'it is not JSON.', {}, cause);
  }
  if (isObject(value)) return value;
  throw invalidFile(file.name, 'it is no JSON object.');
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Flags, the first in the lowest bit of the first byte; those beyond the end are not set. */
export type Flags = (index: number) => boolean;

/** Flags of a file from byte `start` on, at most `count`. */
export async function readFlags(file: Bytes | undefined, start: number, count: number): Promise<Flags> {
  if (!file || file.size <= start) return () => false;
  const bytes = await file.read(start, Math.min(file.size - start, Math.ceil(count / 8)));
  return (index) => index < count && ((bytes[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}

/** Part of a snapshot that is written in a form that is not read here. */
export function unread(what: string): FletchError {
  return new FletchError(
    'INVALID_INPUT_FILE',
    `The snapshot holds ${what}, which is not read. Restore it in a Qdrant and import from there: fletch import http://localhost:6333.`,
  );
}

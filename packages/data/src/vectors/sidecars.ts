/**
 * Ids and payloads beside a file of bare vectors: `a.npy`, `a.ids.npy`, `a.payload.jsonl`.
 *
 * @module
 */
import { access } from 'node:fs/promises';
import { extname } from 'node:path';
import { FletchError, type Json } from '@fletch/base';
import { type Line, readLines } from '../files/lines.js';
import { type Bytes, invalidFile, openBytes } from './bytes.js';
import { checkEnd } from './formats/npy-array.js';
import { readNpyHeader } from './formats/npy-header.js';
import { checkRoom } from './rows.js';
import type { SourceId, SourcePayload } from './types.js';

/** Names of the files beside `path`. */
export function sidecarPaths(path: string): { readonly ids: string; readonly payloads: string } {
  const stem = path.slice(0, path.length - extname(path).length);
  return { ids: `${stem}.ids.npy`, payloads: `${stem}.payload.jsonl` };
}

/** What is known of the rows beside their vectors; read from some row on, in order. */
export interface Sidecars {
  /** The files that there are. */
  readonly paths: readonly string[];
  /** Ids and payloads of the rows after those that were taken before. */
  take(first: number, count: number): Promise<{ ids?: SourceId[]; payloads?: (SourcePayload | undefined)[] }>;
  close(): Promise<void>;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Opens the files beside `path`, those that there are.
 *
 * @throws FletchError `INVALID_INPUT_FILE` when there are not as many ids as rows
 */
export async function openSidecars(path: string, count: number): Promise<Sidecars> {
  const names = sidecarPaths(path);
  const ids = (await exists(names.ids)) ? await openIds(names.ids, count) : undefined;
  const payloads = (await exists(names.payloads)) ? payloadReader(names.payloads, count) : undefined;
  return {
    paths: [...(ids ? [names.ids] : []), ...(payloads ? [names.payloads] : [])],
    async take(first, rows) {
      return {
        ...(ids ? { ids: await ids.read(first, rows) } : {}),
        ...(payloads ? { payloads: await payloads.read(first, rows) } : {}),
      };
    },
    async close() {
      await ids?.close();
      await payloads?.close();
    },
  };
}

interface Reader<T> {
  read(first: number, count: number): Promise<T[]>;
  close(): Promise<void>;
}

async function openIds(path: string, count: number): Promise<Reader<SourceId>> {
  const bytes = await openBytes(path);
  try {
    return await idReader(bytes, count);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function idReader(bytes: Bytes, count: number): Promise<Reader<SourceId>> {
  const header = await readNpyHeader(bytes);
  const { code, bigEndian, shape, start } = header;
  const width = /^[SU]\d+$/.test(code)
    ? Number(code.slice(1)) * (code[0] === 'U' ? 4 : 1)
    : Number(code.slice(1));
  if (!/^([iu][1248]|[SU]\d{1,5})$/.test(code) || bigEndian)
    throw invalidFile(bytes.name, `ids are integers or strings, not of type ${code}.`);
  if (shape.length !== 1 || shape[0] !== count)
    throw invalidFile(
      bytes.name,
      `its shape is (${shape.join(', ')}), but there are ${count} vectors: it belongs to another file.`,
    );
  checkRoom(bytes, start, width, count);
  checkEnd(bytes, header, width * count);
  return {
    async read(first, rows) {
      const raw = await bytes.read(start + first * width, rows * width);
      return Array.from({ length: rows }, (_, i) => idAt(raw, i * width, width, code));
    },
    close: () => bytes.close(),
  };
}

function idAt(raw: Buffer, at: number, width: number, code: string): SourceId {
  if (code[0] === 'S') return raw.toString('utf8', at, at + width).replace(/\0+$/, '');
  if (code[0] === 'U') {
    let text = '';
    for (let i = at; i < at + width; i += 4) {
      const point = raw.readUInt32LE(i);
      if (point > 0x10ffff)
        throw new FletchError('INVALID_INPUT_FILE', 'An id holds a character that does not exist.');
      if (point !== 0) text += String.fromCodePoint(point);
    }
    return text;
  }
  if (width === 8) return code[0] === 'i' ? raw.readBigInt64LE(at) : raw.readBigUInt64LE(at);
  return code[0] === 'i' ? raw.readIntLE(at, width) : raw.readUIntLE(at, width);
}

/** Line n is the payload of row n. */
function payloadReader(path: string, count: number): Reader<SourcePayload | undefined> {
  let lines: AsyncGenerator<Line> | undefined;
  let row = 0;
  const next = async (): Promise<Line> => {
    const { value, done } = await lines!.next();
    if (done) throw invalidFile(path, `it has ${row} lines, but there are ${count} vectors.`);
    row++;
    return value;
  };
  return {
    async read(first, rows) {
      if (!lines || first < row) {
        await lines?.return(undefined);
        lines = readLines(path);
        row = 0;
      }
      while (row < first) await next();
      const payloads: (SourcePayload | undefined)[] = [];
      for (let i = 0; i < rows; i++) payloads.push(parsePayload(await next(), path));
      return payloads;
    },
    async close() {
      await lines?.return(undefined);
    },
  };
}

function parsePayload({ text, number }: Line, path: string): SourcePayload | undefined {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalidFile(path, `line ${number} is not JSON.`, { line: number }, cause);
  }
  if (value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalidFile(path, `line ${number} is not an object.`, { line: number });
  return value;
}

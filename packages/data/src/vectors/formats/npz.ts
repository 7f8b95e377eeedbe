/**
 * Several NumPy arrays in a zip archive: `.npz`.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Bytes, invalidFile } from '../bytes.js';
import { fingerprintOf } from '../fingerprint.js';
import type { OpenOptions, VectorFormat, VectorSource } from '../types.js';
import { openZip, type ZipEntry } from '../zip.js';
import { openNpyArray } from './npy-array.js';
import { readNpyHeader } from './npy-header.js';

/** One array of the archive: the one asked for, else the only matrix in it. */
export const npz: VectorFormat = {
  name: 'npz',
  title: 'NumPy archive (.npz)',
  endings: ['.npz'],
  matches: ({ head }) => head.subarray(0, 4).equals(Buffer.from('PK\x03\x04')),
  open: openNpz,
};

async function openNpz(path: string, { part }: OpenOptions): Promise<VectorSource> {
  const zip = await openZip(path);
  let bytes: Bytes | undefined;
  try {
    const entry = await chooseArray(path, zip.entries, part);
    bytes = await entry.open();
    const { count: total, dimension, rows } = await openNpyArray(bytes);
    const opened = bytes;
    return {
      format: 'npz',
      path,
      holds: { kind: 'dense', dimension },
      count: total,
      fingerprint: await fingerprintOf([path], 'npz', entry.name),
      async *batches(options) {
        for await (const { first, count, next, vectors } of rows(options))
          yield { first, count, next, vectors };
      },
      async close() {
        await opened.close();
        await zip.close();
      },
    };
  } catch (error) {
    await bytes?.close();
    await zip.close();
    throw error;
  }
}

const nameOf = ({ name }: ZipEntry): string => name.replace(/\.npy$/, '');

async function chooseArray(
  path: string,
  entries: readonly ZipEntry[],
  asked: string | undefined,
): Promise<ZipEntry> {
  const arrays = entries.filter(({ name }) => name.endsWith('.npy'));
  const listed = arrays.map((entry) => `"${nameOf(entry)}"`).join(', ') || 'none';
  if (asked !== undefined) {
    const found = arrays.find((entry) => nameOf(entry) === asked);
    if (found) return found;
    throw new FletchError('NOT_FOUND', `${path} holds no array "${asked}". Arrays: ${listed}.`);
  }
  if (arrays.length === 1) return arrays[0]!;
  const matrices: ZipEntry[] = [];
  for (const entry of arrays.slice(0, 100)) if (await isMatrix(entry)) matrices.push(entry);
  if (matrices.length === 1) return matrices[0]!;
  if (arrays.length === 0) throw invalidFile(path, 'it is a zip archive, but holds no .npy array.');
  throw new FletchError('INVALID_ARGUMENT', `${path} holds several arrays, name one with --part: ${listed}.`);
}

async function isMatrix(entry: ZipEntry): Promise<boolean> {
  const bytes = await entry.open();
  try {
    const { shape, code } = await readNpyHeader(bytes);
    return shape.length === 2 && /^[fiu]\d$/.test(code);
  } catch {
    return false;
  } finally {
    await bytes.close();
  }
}

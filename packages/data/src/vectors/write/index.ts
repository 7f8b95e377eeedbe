/**
 * Every format of vectors that can be written.
 *
 * @module
 */
import { extname } from 'node:path';
import { FletchError } from '@fletch/base';
import { beirOut, jsonlOut } from './jsonl.js';
import { parquetOut } from './parquet.js';
import { fbinOut, fvecsOut, npyOut } from './plain.js';
import type { WriteFormat } from './types.js';

export type * from './types.js';

/** A new kind of file is one writer and one line here. */
export const writeFormats: readonly WriteFormat[] = [
  npyOut,
  fvecsOut,
  fbinOut,
  parquetOut,
  jsonlOut,
  beirOut,
];

/**
 * The format that the ending of `path` asks for; a path without an ending is a folder.
 *
 * @throws FletchError `INVALID_ARGUMENT` with those that there are
 */
export function writeFormatOf(path: string, asked?: string): WriteFormat {
  const ending = extname(path).toLowerCase();
  const found =
    asked === undefined
      ? writeFormats.find(({ endings }) => (ending === '' ? endings.length === 0 : endings.includes(ending)))
      : writeFormats.find(({ name }) => name === asked);
  if (found) return found;
  const endings = writeFormats.flatMap((format) => format.endings).join(', ');
  throw new FletchError(
    'INVALID_ARGUMENT',
    asked === undefined
      ? `${path} has the unknown ending "${ending}". Known: ${endings}, or a folder (without an ending).`
      : `There is no format "${asked}" to write. Formats: ${writeFormats.map(({ name }) => name).join(', ')}.`,
  );
}

/**
 * How far an import has come, kept in the metadata of its collection until it is done.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Json } from '@fletch/base';
import type { CollectionInfo } from '@fletch/search';

/** Key of the collection's metadata. */
export const checkpointKey = 'fletch_import';

export interface Checkpoint {
  /** What is imported: another source does not go on here. */
  readonly source: string;
  /** Which of the sources, from 0. */
  readonly file: number;
  /** Where in it; absent at its beginning. */
  readonly from?: Json;
  /** Rows of the sources before it. */
  readonly before: number;
  /** Rows in all. */
  readonly rows: number;
}

/** One name for all sources and the choices made for them. */
export function sourceKey(fingerprints: readonly string[], choices: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([fingerprints, choices]))
    .digest('hex')
    .slice(0, 32);
}

/** The checkpoint in a collection's metadata, if there is a sound one. */
export function readCheckpoint(info: CollectionInfo): Checkpoint | undefined {
  const value = info.config.metadata?.[checkpointKey];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { source, file, from, before, rows } = value;
  if (typeof source !== 'string' || ![file, before, rows].every((each) => Number.isSafeInteger(each)))
    return undefined;
  return {
    source,
    file: file as number,
    before: before as number,
    rows: rows as number,
    ...(from === undefined ? {} : { from }),
  };
}

/** The checkpoint as metadata; null removes it. */
export function checkpointPatch(checkpoint: Checkpoint | null): { [key: string]: Json } {
  return { [checkpointKey]: checkpoint as unknown as Json };
}

/**
 * What a snapshot file is: an uncompressed tar of plain files.
 *
 * ```text
 * fletch-snapshot.json   what it is: { fletch: 'snapshot', format, kind, name }
 * …                      of a collection: collection.json, data.mdb, index-*.snapshot
 *                        of a store: aliases.json and one snapshot file per collection
 * checksums.json         size and SHA-256 of every file before it
 * ```
 *
 * As the checksums come last, a file that was cut off has none.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** Major number of the format. */
export const archiveFormat = 1;
export const HEAD = 'fletch-snapshot.json';
export const SUMS = 'checksums.json';

/** JSON files in a snapshot are not larger, in bytes. */
export const MAX_JSON = 64 * 2 ** 20;

export type ArchiveKind = 'collection' | 'store';

export interface ArchiveHead {
  readonly fletch: 'snapshot';
  readonly format: number;
  readonly kind: ArchiveKind;
  /** Of the collection. */
  readonly name?: string;
}

export type Checksums = { readonly [file: string]: { readonly size: number; readonly sha256: string } };

/** Whether a file of that name may be in a snapshot: no path, nothing hidden, no lock. */
export function isPlainName(name: string): boolean {
  return /^[a-z0-9][\w-]*(\.[\w-]+)+$/i.test(name) && name.length <= 100 && name !== 'lock.mdb';
}

/** The error for a snapshot file that cannot be trusted. */
export function badArchive(path: string, what: string, cause?: unknown): FletchError {
  return new FletchError('CORRUPT', `The snapshot ${path} is damaged: ${what}. Nothing was restored.`, {
    details: { path },
    cause,
  });
}

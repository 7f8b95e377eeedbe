/**
 * Telemetry without what could tell whose it is: names become hashes, large counts lose their last digits.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { CollectionInfo } from '@fletch/search';

/** How names and counts are shown. */
export interface Mask {
  name(text: string): string;
  count(value: number): number;
  config(config: CollectionInfo['config']): CollectionInfo['config'];
}

/** Everything as it is. */
export const PLAIN: Mask = {
  name: (text) => text,
  count: (value) => value,
  config: (config) => config,
};

/** Nothing that could tell whose it is. */
export const ANONYMOUS: Mask = {
  name: (text) => createHash('sha256').update(text).digest().readBigUInt64BE().toString(),
  count(value) {
    const digits = Math.round(Math.log10(value));
    if (digits <= 4) return value;
    const unit = 10 ** (digits - 4);
    return Math.floor(value / unit) * unit;
  },
  config({ metadata: _secret, ...config }) {
    const { vectors, sparse_vectors: sparse } = config.params;
    const named = 'size' in vectors ? vectors : masked(vectors);
    return {
      ...config,
      params: { ...config.params, vectors: named, ...(sparse && { sparse_vectors: masked(sparse) }) },
    } as CollectionInfo['config'];
  },
};

/** The same values under hashed names. */
export function masked<T>(
  record: { readonly [name: string]: T },
  mask: Mask = ANONYMOUS,
): { [name: string]: T } {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [mask.name(name), value]));
}

/**
 * What the tests of readers and writers share.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { openVectors } from './open.js';
import type { BatchOptions, OpenOptions, RowBatch, VectorSource } from './types.js';

/** A file that another program wrote; see `fixtures/make-*`. */
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

/** A temporary folder of one test file, and a function that writes files into it. */
export function scratch(): { folder: string; file: (name: string, content: Uint8Array | string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'fletch-vectors-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    file(name, content) {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
  };
}

/** Everything in a source, batch after batch. */
export interface ReadAll {
  readonly source: Omit<VectorSource, 'batches' | 'close'>;
  readonly rows: number[][];
  readonly ids: unknown[];
  readonly payloads: unknown[];
  readonly batches: RowBatch[];
}

export async function readAll(
  path: string,
  options: OpenOptions = {},
  batch: BatchOptions = { size: 3 },
): Promise<ReadAll> {
  const source = await openVectors(path, options);
  try {
    const rows: number[][] = [];
    const ids: unknown[] = [];
    const payloads: unknown[] = [];
    const batches: RowBatch[] = [];
    const dimension = source.holds.kind === 'dense' ? source.holds.dimension : 0;
    for await (const each of source.batches(batch)) {
      batches.push(each);
      for (let i = 0; i < each.count && each.vectors; i++)
        rows.push([...each.vectors.subarray(i * dimension, (i + 1) * dimension)]);
      ids.push(...(each.ids ?? []));
      payloads.push(...(each.payloads ?? []));
    }
    const { batches: _batches, close: _close, ...facts } = source;
    return { source: facts, rows, ids, payloads, batches };
  } finally {
    await source.close();
  }
}

/**
 * Folders of BEIR, the retrieval benchmark: `corpus.jsonl`, `queries.jsonl`, `qrels/*.tsv`. They hold texts, no vectors.
 *
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError } from '@fletch/base';
import { describeReadError } from '../bytes.js';
import { fingerprintOf } from '../fingerprint.js';
import { rowOf, rowsPerBatch } from '../rows.js';
import type { BatchOptions, OpenOptions, RowBatch, VectorFormat, VectorSource } from '../types.js';
import { type BeirText, readBeirTexts } from './beir-texts.js';

export const beir: VectorFormat = {
  name: 'beir',
  title: 'folder of BEIR (corpus.jsonl): texts, which are encoded',
  endings: [],
  matches: ({ entries }) => entries?.includes('corpus.jsonl') === true,
  open: openBeir,
};

const parts: readonly string[] = ['corpus', 'queries'];

async function openBeir(path: string, { part = 'corpus' }: OpenOptions): Promise<VectorSource> {
  if (!parts.includes(part))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A BEIR folder has the parts ${parts.join(' and ')}, not "${part}".`,
    );
  const file = join(path, `${part}.jsonl`);
  await access(file).catch((error) => {
    throw describeReadError(error, file);
  });
  return {
    format: 'beir',
    path,
    holds: { kind: 'texts' },
    fingerprint: await fingerprintOf([file], 'beir', part),
    batches: (options) => readBatches(file, options),
    close: async () => {},
  };
}

/** Title and text are what is encoded; both are kept. Blank ones are left out. */
async function* readBatches(file: string, { size, from }: BatchOptions = {}): AsyncGenerator<RowBatch> {
  const skip = rowOf(from);
  const most = rowsPerBatch(size, 4096);
  let first = 0;
  let rows: BeirText[] = [];
  const batch = (): RowBatch => {
    const kept = rows.filter(({ title, text }) => `${title}${text}`.trim() !== '');
    return {
      first,
      count: kept.length,
      next: first + rows.length,
      ids: kept.map(({ id }) => id),
      texts: kept.map(({ title, text }) => (title === '' ? text : `${title}\n${text}`)),
      payloads: kept.map(({ title, text, metadata }) => ({
        ...metadata,
        ...(title === '' ? {} : { title }),
        text,
      })),
    };
  };
  for await (const row of readBeirTexts(file)) {
    if (first < skip) {
      first++;
      continue;
    }
    if (rows.push(row) < most) continue;
    yield batch();
    first += rows.length;
    rows = [];
  }
  if (rows.length > 0) yield batch();
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fuzz, fuzzTimeout } from '../fuzz.case.js';
import { openParquetHere } from './formats/parquet-rows.js';
import { openVectors } from './open.js';
import { fixture, scratch } from './testing.case.js';

const { folder } = scratch();

const words = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);

const copies = (runs: number) => (name: string) => [name, readFileSync(fixture(name)), runs] as const;

/** A sound file of each kind, and how many damaged ones are made of it: 5,000 in all. */
const seeds: readonly (readonly [name: string, content: Buffer, runs: number])[] = [
  ...['float32.npy', 'float32-fortran.npy', 'float64-v2.npy', 'two.npz', 'packed.npz'].map(copies(400)),
  ...['f32.usearch', 'small.hnsw'].map(copies(600)),
  ...['snappy.parquet', 'zstd.parquet', 'gzip.parquet'].map(copies(150)),
  copies(350)('ann.hdf5'),
  ...['plain.snapshot', 'named.snapshot'].map(copies(100)),
  ['a.fvecs', words(2, 7, 8, 2, 9, 10), 200],
  ['a.fbin', words(2, 2, 7, 8, 9, 10), 200],
  ['a.bvecs', Buffer.concat([words(4), words(1), words(4), words(2)]), 100],
  ['a.jsonl', Buffer.from('{"id":1,"vector":[1,2],"payload":{"a":[1]}}\n{"id":"b","vector":[3,4]}\n'), 300],
];

/** Tables of Parquet are read in this process: starting one each would take minutes. */
const opener = (path: string) => (path.endsWith('.parquet') ? openParquetHere(path, {}) : openVectors(path));

async function attempt(path: string): Promise<void> {
  const source = await opener(path);
  try {
    let rows = 0;
    for await (const { count, vectors } of source.batches()) {
      rows += count;
      const dimension = source.holds.kind === 'dense' ? source.holds.dimension : 0;
      if (vectors && vectors.length !== count * dimension)
        throw new Error(`${vectors.length} numbers for ${count} rows`);
      if (rows > 100_000) throw new Error(`${rows} rows from a small file`);
    }
  } finally {
    await source.close();
  }
}

test('the runs are 5,000', () => {
  expect(seeds.reduce((sum, [, , runs]) => sum + runs, 0)).toBe(5000);
});

test.each(seeds)(
  'damaged %s is read or refused with a typed error, in time and in bounded memory',
  async (name, content, runs) => {
    const path = join(folder, name);
    // The library that reads HDF5 may run until its thread is ended.
    const slowest = name.endsWith('.hdf5') ? 12_000 : 2000;
    const read = (damaged: Buffer) => {
      writeFileSync(path, damaged);
      return attempt(path);
    };
    await fuzz(name, content, runs, read, slowest);
  },
  fuzzTimeout,
);

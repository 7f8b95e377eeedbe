import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFletchError } from '@fletch/base';
import { expect, test } from 'vitest';
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

function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Numbers that break arithmetic. */
const extremes = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Flips, length fields, cuts, splices. */
function damage(content: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(content);
  for (let times = 1 + random(3); times > 0; times--) {
    // Headers stand at the beginning or the end.
    const place = random(3);
    const span = Math.min(bytes.length, 160);
    const at =
      place === 0 ? random(span) : place === 1 ? bytes.length - 1 - random(span) : random(bytes.length);
    switch (random(5)) {
      case 0:
        bytes[at] = random(256);
        break;
      case 1:
        bytes[at] = bytes[at]! ^ (1 << random(8));
        break;
      case 2:
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(extremes[random(extremes.length)]!, at);
        break;
      case 3:
        bytes = bytes.subarray(0, Math.max(1, at));
        break;
      default:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          content.subarray(random(content.length)).subarray(0, 40),
          bytes.subarray(at),
        ]);
    }
  }
  return bytes;
}

/** Tables of Parquet are read in this process: starting one each would take minutes. */
const opener = (path: string) => (path.endsWith('.parquet') ? openParquetHere(path, {}) : openVectors(path));

async function attempt(path: string): Promise<'read' | string> {
  const source = await opener(path).catch((error: unknown) => {
    if (isFletchError(error)) return error.code;
    throw error;
  });
  if (typeof source === 'string') return source;
  try {
    let rows = 0;
    for await (const { count, vectors } of source.batches()) {
      rows += count;
      const dimension = source.holds.kind === 'dense' ? source.holds.dimension : 0;
      if (vectors && vectors.length !== count * dimension)
        throw new Error(`${vectors.length} numbers for ${count} rows`);
      if (rows > 100_000) throw new Error(`${rows} rows from a small file`);
    }
    return 'read';
  } catch (error) {
    if (isFletchError(error)) return error.code;
    throw error;
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
    const random = generator(name.length * 7919 + content.length);
    const outcomes: Record<string, number> = {};
    let slowest = 0;
    let largest = 0;
    for (let run = 0; run < runs; run++) {
      const path = join(folder, name);
      writeFileSync(path, damage(content, random));
      const before = process.memoryUsage().arrayBuffers;
      const started = performance.now();
      const outcome = await attempt(path).catch((error) => {
        // The file that does it is the report.
        throw new Error(`run ${run}: ${error.stack}\n${readFileSync(path).toString('base64')}`);
      });
      slowest = Math.max(slowest, performance.now() - started);
      largest = Math.max(largest, process.memoryUsage().arrayBuffers - before);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    const allowed = ['read', 'INVALID_INPUT_FILE', 'INVALID_ARGUMENT', 'NOT_FOUND', 'UNSAFE_FORMAT'];
    expect(Object.keys(outcomes).filter((code) => !allowed.includes(code))).toEqual([]);
    expect(outcomes.INVALID_INPUT_FILE).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(2000);
    expect(largest).toBeLessThan(64 * 2 ** 20);
  },
);

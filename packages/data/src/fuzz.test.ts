import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { imagesFromIdx, packIdx, parseIdx } from './datasets/idx.js';
import { fuzz, fuzzTimeout } from './fuzz.case.js';
import { isDataFrame, tableOfDataFrame } from './r-data/data-frame.js';
import { unserialize } from './r-data/unserialize.js';
import { namedValues } from './r-data/values.js';
import { packSafetensors, unpackSafetensors } from './safetensors/memory.js';
import { openSafetensors } from './safetensors/open.js';
import { parseShardIndex } from './safetensors/shards.js';
import { readTable } from './tables/read-table.js';
import { fixture, scratch } from './vectors/testing.case.js';

const { folder } = scratch();

const tensors = packSafetensors(
  [
    { name: 'wte.weight', dtype: 'F32', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { name: 'h.0.bias', dtype: 'BF16', shape: [4], data: Uint16Array.of(1, 2, 3, 4) },
    { name: 'count', dtype: 'I64', shape: [], data: BigInt64Array.of(7n) },
    { name: 'none', dtype: 'U8', shape: [0, 3], data: new Uint8Array() },
  ],
  { metadata: { format: 'pt' } },
);
const shards = Buffer.from(
  JSON.stringify({ metadata: { total_size: 12 }, weight_map: { a: 'a.safetensors', b: 'b.safetensors' } }),
);
const digits = packIdx({ shape: [3, 2, 2], data: Uint8Array.from({ length: 12 }, (_, i) => i) });

/** What is read, a sound one, how many damaged ones are made of it, and the reading. 5,000 in all. */
const seeds: readonly (readonly [string, Uint8Array, number, (damaged: Buffer) => unknown])[] = [
  [
    'safetensors in memory',
    tensors,
    2000,
    (damaged) => {
      let total = 0;
      for (const { data } of unpackSafetensors(damaged).tensors.values()) total += data.byteLength;
      if (total > damaged.length) throw new Error(`${total} bytes of numbers from ${damaged.length}`);
    },
  ],
  ['safetensors in a file', tensors, 1000, readFile],
  ['list of files', shards, 500, (damaged) => parseShardIndex(damaged, 'list')],
  [
    'idx',
    digits,
    300,
    (damaged) =>
      imagesFromIdx(
        parseIdx(damaged, 'x'),
        { shape: [3], data: Uint8Array.of(0, 1, 2) },
        ['a', 'b', 'c'],
        'x',
      ),
  ],
  ['R data', readFileSync(fixture('frame.xdr')), 900, readFrames],
  [
    'csv',
    Buffer.from('kind,value\nred,1.5\n"a ""b""",NA\nwhite,-2\n'),
    200,
    (damaged) => table('a.csv', damaged),
  ],
  [
    'jsonl',
    Buffer.from('{"a":1,"b":"x"}\n{"a":2.5,"b":null}\n'),
    100,
    (damaged) => table('a.jsonl', damaged),
  ],
];

async function readFile(damaged: Buffer): Promise<void> {
  const path = join(folder, 'fuzz.safetensors');
  writeFileSync(path, damaged);
  const opened = await openSafetensors(path);
  try {
    for (const { name, shape } of opened.tensors.values()) {
      const floats = await opened.readFloat32(name);
      if (floats.length !== shape.reduce((product, size) => product * size, 1))
        throw new Error(`${floats.length}`);
    }
  } finally {
    await opened.close();
  }
}

function readFrames(damaged: Buffer): void {
  for (const value of namedValues(unserialize(damaged.subarray(5), 'r')).values())
    if (isDataFrame(value)) tableOfDataFrame(value, 'r');
}

async function table(name: string, damaged: Buffer): Promise<void> {
  const path = join(folder, name);
  writeFileSync(path, damaged);
  const { rows, columns } = await readTable(path);
  for (const column of Object.values(columns)) expect(column.length).toBe(rows);
}

test('the runs are 5,000', () => {
  expect(seeds.reduce((sum, [, , runs]) => sum + runs, 0)).toBe(5000);
});

test.each(seeds)(
  'damaged %s: read or refused with a typed error, in time and in bounded memory',
  (name, content, runs, attempt) => fuzz(name, Buffer.from(content), runs, attempt),
  fuzzTimeout,
);

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toPointId } from '../ids.js';
import { readAll, scratch } from '../testing.case.js';
import type { SourceId } from '../types.js';
import { type ExportRow, writeFormatOf, writeFormats } from './index.js';

const { folder } = scratch();
let made = 0;

const uuid = fc.uuid().map((id) => id.toLowerCase());
const payload = fc.option(
  fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.jsonValue() as fc.Arbitrary<never>, {
    maxKeys: 4,
  }),
  { nil: undefined },
);

/** Points in the order in which collections give them: numbers, then UUIDs. */
const points = fc
  .record({
    dimension: fc.integer({ min: 1, max: 9 }),
    numbers: fc.integer({ min: 0, max: 6 }),
    strings: fc.integer({ min: 0, max: 4 }),
  })
  .chain(({ dimension, numbers, strings }) =>
    fc.record({
      dimension: fc.constant(dimension),
      ids: fc.tuple(
        fc.uniqueArray(fc.maxSafeNat(), { minLength: numbers, maxLength: numbers }),
        fc.uniqueArray(uuid, { minLength: strings, maxLength: strings }),
      ),
      vectors: fc.array(
        fc.float32Array({ minLength: dimension, maxLength: dimension, noNaN: true, noDefaultInfinity: true }),
        { minLength: numbers + strings, maxLength: numbers + strings },
      ),
      payloads: fc.array(payload, { minLength: numbers + strings, maxLength: numbers + strings }),
    }),
  )
  .map(({ dimension, ids, vectors, payloads }) => ({
    dimension,
    rows: ids.flat().map((id, i): ExportRow => ({ id, vector: vectors[i]!, payload: payloads[i] })),
  }));

async function write(path: string, dimension: number, rows: readonly ExportRow[], force = false) {
  const writer = await writeFormatOf(path).open(path, { dimension, force });
  for (let i = 0; i < rows.length; i += 3) await writer.write(rows.slice(i, i + 3));
  return writer.finish();
}

const point = (id: unknown) => toPointId(id as SourceId, 'here').id;

/** JSON knows no negative zero. */
const positive = (rows: number[][]) => rows.map((row) => row.map((value) => (value === 0 ? 0 : value)));

const sameJson = (value: unknown) => JSON.parse(JSON.stringify(value ?? null));

describe.each(['npy', 'fvecs', 'fbin', 'parquet', 'jsonl'])('%s', (ending) => {
  test('what is written is read again', async () => {
    await fc.assert(
      fc.asyncProperty(points, async ({ dimension, rows }) => {
        // Empty .fvecs and .jsonl files have no dimension.
        fc.pre(rows.length > 0 || ending === 'npy' || ending === 'fbin');
        const path = join(folder, `${++made}.${ending}`);
        await write(path, dimension, rows);
        const read = await readAll(path);
        expect(read.ids.map(point)).toEqual(rows.map(({ id }) => id));
        expect(positive(read.rows)).toEqual(
          positive(rows.map(({ vector }) => [...(vector as Float32Array)])),
        );
        const kept = rows.map(({ payload }) => sameJson(payload));
        // A row of a table has either all fields or none.
        expect(read.payloads.map(sameJson)).toEqual(kept);
        expect(read.source.holds).toEqual({ kind: 'dense', dimension });
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  test('nothing is there before the end, nothing is left after an abort', async () => {
    const path = join(folder, `aborted.${ending}`);
    const writer = await writeFormatOf(path).open(path, { dimension: 2 });
    await writer.write([{ id: 1, vector: [1, 2], payload: { a: 1 } }]);
    expect(existsSync(path)).toBe(false);
    await writer.abort();
    expect(readdirSync(folder).filter((name) => name.startsWith('aborted'))).toEqual([]);
  });

  test('what is there is replaced only by force', async () => {
    const path = join(folder, `there-${ending}.${ending}`);
    await write(path, 1, [{ id: 1, vector: [1] }]);
    const before = readFileSync(path);
    await expect(write(path, 1, [{ id: 2, vector: [2] }])).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(readFileSync(path)).toEqual(before);
    await write(path, 1, [{ id: 2, vector: [2] }], true);
    expect((await readAll(path)).rows).toEqual([[2]]);
  });
});

test('named, sparse and multi-vectors pass through JSON lines', async () => {
  const vector = { a: [1, 2], b: { indices: [3], values: [0.5] }, c: [[1], [2]] };
  const path = join(folder, 'named.jsonl');
  await write(path, 0, [{ id: 1, vector, payload: { x: 1 } }]);
  const { batches } = await readAll(path);
  expect(batches).toMatchObject([{ ids: [1], wire: [vector], payloads: [{ x: 1 }] }]);
});

test('many ids become strings when the first UUID comes', async () => {
  const path = join(folder, 'many.npy');
  const rows = Array.from({ length: 150_000 }, (_, id): ExportRow => ({ id, vector: [id % 7] }));
  const last = { id: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', vector: [1] };
  const writer = await writeFormatOf(path).open(path, { dimension: 1 });
  await writer.write(rows);
  await writer.write([last]);
  await writer.finish();
  const { ids } = await readAll(path, {}, { size: 10_000 });
  expect(ids.map(point)).toEqual([...rows, last].map(({ id }) => id));
});

test('texts become a folder of BEIR with the ids they had', async () => {
  const path = join(folder, 'beir');
  const writer = await writeFormatOf(path).open(path, {});
  await writer.write([
    { id: 1, payload: { text: 'one', title: 'T', _source_id: 'doc-1', year: 2000 } },
    { id: 2, payload: { other: 'no text' } },
    { id: 3, payload: { text: 'three' } },
  ]);
  expect(await writer.finish()).toEqual([join(path, 'corpus.jsonl')]);
  const { ids, batches } = await readAll(path);
  expect(ids).toEqual(['doc-1', '3']);
  expect(batches[0]!.texts).toEqual(['T\none', 'three']);
  expect(batches[0]!.payloads?.[0]).toEqual({ title: 'T', text: 'one', year: 2000 });
});

test('a folder beside must belong to the vectors', async () => {
  const path = join(folder, 'pair.npy');
  await write(path, 1, [{ id: 1, vector: [1] }]);
  await write(join(folder, 'other.npy'), 1, [
    { id: 1, vector: [1] },
    { id: 2, vector: [1] },
  ]);
  const ids = readFileSync(join(folder, 'other.ids.npy'));
  writeFileSync(join(folder, 'pair.ids.npy'), ids);
  await expect(readAll(path)).rejects.toMatchObject({
    message: expect.stringMatching(/belongs to another file/),
  });
  writeFileSync(join(folder, 'pair.ids.npy'), ids.subarray(0, -3));
  await expect(readAll(path)).rejects.toMatchObject({ code: 'INVALID_INPUT_FILE' });
});

test('an unknown ending names the known ones', () => {
  expect(() => writeFormatOf('a.xlsx')).toThrow(/unknown ending "\.xlsx"\. Known: \.npy, \.fvecs/);
  expect(() => writeFormatOf('a', 'xlsx')).toThrow(/no format "xlsx" to write/);
  expect(writeFormats.map(({ name }) => name)).toContain(writeFormatOf('folder').name);
});

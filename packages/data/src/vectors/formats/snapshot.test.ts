import { readFileSync } from 'node:fs';
import type { Json } from '@fletch/base';
import { describe, expect, test } from 'vitest';
import { unpackLz4 } from '../snapshot/lz4.js';
import { sparseVector } from '../snapshot/sparse.js';
import { fixture, readAll, scratch } from '../testing.case.js';

const golden = JSON.parse(readFileSync(fixture('snapshot.json'), 'utf8')) as {
  plain: { [id: string]: { vector: Json; payload: Json } };
  named: Json[];
};
const { file } = scratch();

describe('a snapshot with one vector', () => {
  test('every point comes once, as it was written last, without what was deleted or half written', async () => {
    const { source, ids, batches, payloads } = await readAll(fixture('plain.snapshot'), {}, { size: 2 });
    const found = Object.fromEntries(
      batches
        .flatMap(({ wire }) => wire!)
        .map((vector, i) => [String(ids[i]), { vector, payload: payloads[i] ?? null }]),
    );
    expect(found).toEqual(golden.plain);
    expect(ids).toHaveLength(Object.keys(golden.plain).length);
    expect(source).toMatchObject({ format: 'snapshot', count: ids.length, notes: [] });
  });

  test('its configuration makes the collection again', async () => {
    const { source } = await readAll(fixture('plain.snapshot'));
    expect(source.holds).toMatchObject({
      kind: 'wire',
      config: {
        vectors: { size: 5, distance: 'Euclid' },
        on_disk_payload: true,
        hnsw_config: { m: 16, ef_construct: 100 },
      },
      indexes: { n: 'integer', text: { type: 'text', tokenizer: 'word' } },
    });
  });

  test('reading goes on where it is told to', async () => {
    const all = await readAll(fixture('plain.snapshot'), {}, { size: 2 });
    const from = all.batches[1]!.next;
    const rest = await readAll(fixture('plain.snapshot'), {}, { size: 2, from });
    expect(rest.ids).toEqual(all.batches.slice(2).flatMap(({ ids }) => ids));
  });
});

test('vectors of every kind and type, and a log that is not read', async () => {
  const { source, ids, batches, payloads } = await readAll(fixture('named.snapshot'));
  expect(ids).toEqual([0n, 1n, 2n, 3n]);
  expect(batches.flatMap(({ wire }) => wire)).toEqual(golden.named);
  expect(payloads).toEqual([{ a: [1, { b: null }], é: 'ü' }, undefined, undefined, { x: 1 }]);
  expect(source.notes).toEqual([expect.stringMatching(/log in the snapshot is not read/)]);
});

describe('what is refused', () => {
  const bytes = readFileSync(fixture('plain.snapshot'));

  test.each([
    ['cut off', bytes.subarray(0, 5000), /ends at byte 5000/],
    ['another archive', Buffer.from(bytes).fill(0, 257, 263), /damaged/],
    ['not an archive', Buffer.alloc(2048, 'x'), /no sound tar archive/],
    ['empty', Buffer.alloc(1024), /no snapshot of a collection/],
  ])('%s', async (_, content, message) => {
    await expect(readAll(file('bad.snapshot', content))).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(message),
    });
  });

  test('ids kept on disk, with the way out', async () => {
    const other = Buffer.from(bytes);
    // The same length, another form; the checksums of the two headers follow.
    for (
      let at = other.indexOf('id_tracker.mappings');
      at >= 0;
      at = other.indexOf('id_tracker.mappings', at + 1)
    ) {
      const start = Math.floor(at / 512) * 512;
      if (other.toString('latin1', start, start + 14) !== 'snapshot/files') continue;
      other.write('id_tracker.i2e\0\0\0\0\0', at, 'latin1');
      other.write('        ', start + 148, 'latin1');
      const sum = other.subarray(start, start + 512).reduce((total, byte) => total + byte, 0);
      other.write(`${sum.toString(8).padStart(6, '0')}\0 `, start + 148, 'latin1');
    }
    await expect(readAll(file('disk.snapshot', other))).rejects.toThrow(
      /ids are kept on disk.*fletch import http/s,
    );
  });
});

describe('packed values', () => {
  test('LZ4 that repeats what it has just written', () => {
    // "ab", then 6 bytes from 2 back, then "c".
    const block = Uint8Array.of(9, 0, 0, 0, 0x22, 0x61, 0x62, 2, 0, 0x10, 0x63);
    expect(Buffer.from(unpackLz4(block)!).toString()).toBe('abababab' + 'c');
  });

  test.each([
    ['a size of 4 GiB', [255, 255, 255, 255, 0]],
    ['a size beyond any ratio', [0, 0, 1, 0, 0x10, 0x61]],
    ['a copy from before the beginning', [6, 0, 0, 0, 0x12, 0x61, 9, 0, 0]],
    ['a copy from nowhere', [7, 0, 0, 0, 0x12, 0x61, 0, 0, 0]],
    ['literals past the end', [9, 0, 0, 0, 0x90, 0x61]],
    ['too little', [9, 0, 0, 0, 0x10, 0x61]],
  ])('%s is noticed', (_, bytes) => {
    expect(unpackLz4(Uint8Array.from(bytes))).toBeUndefined();
  });

  test('sparse vectors whose lists do not match are noticed', () => {
    const bytes = Buffer.alloc(20);
    bytes.writeBigUInt64LE(2n ** 60n, 0);
    expect(sparseVector(bytes)).toBeUndefined();
    bytes.writeBigUInt64LE(0n, 0);
    bytes.writeBigUInt64LE(1n, 8);
    expect(sparseVector(bytes)).toBeUndefined();
    expect(sparseVector(Buffer.alloc(16))).toEqual({ indices: [], values: [] });
  });
});

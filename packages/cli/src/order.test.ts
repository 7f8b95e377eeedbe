import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VectorSource } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from './cli.case.js';
import { importOrders, orderedSource } from './transfer/ordered.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fletch-order-'));
  // Half of the points on a line, half of them spread over twelve dimensions.
  const random = rng(1);
  const rows = Array.from({ length: 120 }, (_, i) => {
    const vector = [...random.fillNormal(new Float32Array(12))];
    const spread = i % 2 === 1;
    return { id: i + 500, embedding: vector.map((value, j) => (spread || j < 2 ? value : 5)), spread };
  });
  writeFileSync(at('rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const cli = (...args: string[]) => runHere([...args, '--store', at('store')]);

/** Three rows, of which one has no direction, in batches of two. */
function source(): VectorSource {
  const vectors = [
    Float32Array.of(0, 0),
    Float32Array.of(1, 0),
    Float32Array.of(0, 1),
    Float32Array.of(1, 1),
  ];
  return {
    format: 'test',
    path: 'rows',
    holds: { kind: 'dense', dimension: 2 },
    fingerprint: 'f',
    async *batches() {
      for (const first of [0, 2])
        yield {
          first,
          count: 2,
          next: first + 2,
          vectors: Float32Array.from([...vectors[first]!, ...vectors[first + 1]!]),
          payloads: [{ row: first }, { row: first + 1 }],
        };
    },
    close: async () => {},
  };
}

describe('orderedSource', () => {
  test.each(importOrders)(
    'gives each row once, with its id and payload, the same every time: %s',
    async (order) => {
      const read = async (from?: number) => {
        const ordered = await orderedSource(source(), { order });
        const ids: unknown[] = [];
        for await (const batch of ordered.batches({ size: 3, ...(from === undefined ? {} : { from }) })) {
          expect(batch.payloads?.map((payload) => payload?.row)).toEqual(batch.ids);
          for (const [i, id] of (batch.ids ?? []).entries()) {
            const vector = [...batch.vectors!.subarray(2 * i, 2 * i + 2)];
            expect(vector).toEqual(
              [
                [0, 0],
                [1, 0],
                [0, 1],
                [1, 1],
              ][id as number],
            );
          }
          ids.push(...batch.ids!);
        }
        return ids;
      };
      const all = await read();
      expect([...all].sort()).toEqual([0, 1, 2, 3]);
      expect(await read()).toEqual(all);
      expect(await read(2)).toEqual(all.slice(2));
      if (order !== 'random') expect(all.at(-1)).toBe(0);
    },
  );

  test('is another source than the unordered one, and needs vectors', async () => {
    expect((await orderedSource(source(), { order: 'random' })).fingerprint).toBe('f random');
    const texts: VectorSource = { ...source(), holds: { kind: 'texts' } };
    await expect(orderedSource(texts, { order: 'random' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});

describe('fletch import --order', () => {
  test('imports all points, whatever the order', async () => {
    const { code, stderr, stdout } = await cli(
      ...['import', at('rows.jsonl'), '-c', 'ordered', '--order', 'lid-desc', '--json'],
    );
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ imported: 120, points: 120 });
    const refused = await cli('import', at('rows.jsonl'), '-c', 'ordered', '--order', 'alphabetic');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('lid-desc');
  });
});

describe('fletch bench order', () => {
  const args = ['--rows', '90', '--held', '20', '--seeds', '1', '--presets', 'study'];

  test('tells the local dimension and the recall of each order, of a collection', async () => {
    await cli('import', at('rows.jsonl'), '-c', 'plain');
    const { code, stderr, stdout } = await cli(
      'bench',
      'order',
      '-c',
      'plain',
      ...args,
      '--csv',
      at('out.csv'),
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/90 vectors of 12 dimensions \(cosine\), 20 queries held back/);
    expect(stdout).toMatch(/Local intrinsic dimension: mean \d/);
    for (const order of ['random', 'lid-asc', 'lid-desc']) expect(stdout).toContain(order);
    expect(readFileSync(at('out.csv'), 'utf8').split('\n')).toHaveLength(5);
  });

  test('gives JSON of a file with queries of its own', async () => {
    const { code, stderr, stdout } = await cli(
      ...['bench', 'order', at('rows.jsonl'), '--queries', at('rows.jsonl'), ...args, '--json'],
    );
    expect(code, stderr).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ vectors: 90, dimension: 12, queries: 120, held: false, metric: 'cosine' });
    expect(result.rows).toHaveLength(3);
    expect(result.lid.histogram.counts.reduce((a: number, b: number) => a + b)).toBeGreaterThan(80);
  });

  test('refuses too few vectors and unknown parameters', async () => {
    writeFileSync(at('few.jsonl'), '{"id":1,"embedding":[1,2]}\n{"id":2,"embedding":[2,2]}\n');
    const few = await cli('bench', 'order', at('few.jsonl'));
    expect(few.code).not.toBe(0);
    expect(few.stderr).toContain('25 at least are needed');
    const preset = await cli('bench', 'order', at('rows.jsonl'), '--presets', 'best');
    expect(preset.code).not.toBe(0);
    expect(preset.stderr).toContain('Unknown preset "best": use one of study, hnswlib');
  });
});

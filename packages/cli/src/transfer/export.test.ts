import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFormatOf } from '@fletch/data';
import { afterAll, expect, test } from 'vitest';
import { type ExportRequest, exportCollection } from './export.js';
import type { Target } from './target.js';

const folder = mkdtempSync(join(tmpdir(), 'fletch-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A collection of `count` points that says what its vectors are. */
function target(count: number, vectors: object, pages = 1): Target {
  let page = 0;
  return {
    info: async () => ({ config: { params: { vectors } } }),
    names: async () => ['x'],
    count: async () => count,
    scroll: async ({ length: _ }: string, { with_vector }: { with_vector?: unknown }) => {
      if (with_vector !== undefined) page++;
      return {
        points: [{ id: page, vector: [1, 2], payload: { a: 1 } }],
        next_page_offset: page < pages ? page : null,
      };
    },
  } as unknown as Target;
}

const request = (target: Target, name: string, more: Partial<ExportRequest> = {}): ExportRequest => ({
  target,
  collection: 'x',
  path: join(folder, name),
  format: writeFormatOf(name),
  signal: new AbortController().signal,
  onProgress: () => {},
  ...more,
});

test('a disk that is too small is noticed before anything is written', async () => {
  const huge = target(1e15, { size: 2, distance: 'Dot' });
  await expect(exportCollection(request(huge, 'huge.npy'))).rejects.toMatchObject({
    code: 'DISK_FULL',
    details: { bytes: expect.any(Number), free: expect.any(Number) },
  });
  expect(existsSync(join(folder, 'huge.npy'))).toBe(false);
});

test('an export that is stopped leaves nothing', async () => {
  const controller = new AbortController();
  const stopping = request(target(9, { size: 2, distance: 'Dot' }, 9), 'stopped.npy', {
    signal: controller.signal,
    onProgress: ({ done }) => {
      if (done >= 3) controller.abort();
    },
  });
  await expect(exportCollection(stopping)).rejects.toMatchObject({ code: 'ABORTED' });
  expect(existsSync(join(folder, 'stopped.npy'))).toBe(false);
});

test('which vector is asked where there are several, and only dense ones fit into arrays', async () => {
  const named = target(1, { a: { size: 2, distance: 'Dot' }, b: { size: 2, distance: 'Dot' } });
  await expect(exportCollection(request(named, 'a.fvecs'))).rejects.toThrow(
    /choose with --vector among "a", "b"/,
  );
  const multi = target(1, { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } });
  await expect(exportCollection(request(multi, 'b.npy'))).rejects.toThrow(/among none, or write \.jsonl/);
});

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { open } from './open.js';

const child = fileURLToPath(new URL('../../fixtures/full-disk-child.mjs', import.meta.url));

// A limit on the size of a process's files stands in for a full disk: it needs no rights, and can be lifted.
test('a full disk refuses writes, loses nothing, and needs no restart when there is room again', async () => {
  const path = await mkdtemp(join(tmpdir(), 'fletch-full-'));
  try {
    const limited = 'ulimit -S -f 8192; exec "$@"';
    const { stdout } = await promisify(execFile)('sh', ['-c', limited, 'sh', process.execPath, child, path]);
    const { batches, errors, ...report } = JSON.parse(stdout);
    expect(batches).toBeGreaterThan(5);
    expect(errors.length).toBeGreaterThan(1);
    for (const { code, message } of errors) {
      // Where a write fits in part, LMDB reports EIO, which a disk that has room elsewhere leaves so.
      expect(code).toMatch(/^(DISK_FULL|IO)$/);
      expect(message).toMatch(/data\.mdb (is full: free some space and try again|failed \(EIO\))/);
    }
    expect(report).toEqual({
      count: batches * 100,
      found: [batches * 100 - 1],
      missing: 0,
      first: 500,
      countWithRoom: batches * 100 + 100,
    });
    const store = await open(path, { threads: 1 });
    expect(await store.collection('full').count()).toBe(batches * 100 + 100);
    await store.close();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
});

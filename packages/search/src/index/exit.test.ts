import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('idle threads do not keep the process alive, and work under way is finished', async () => {
  const program = `
    import { createHnswIndex } from '@fletch/search';
    const index = await createHnswIndex({ dimension: 2, distance: 'Euclid', threads: 2 });
    await index.add([0, 1, 2], Float32Array.of(0, 0, 1, 1, 2, 2));
    await index.settled();
    const [hits] = await index.searchBatch(Float32Array.of(2, 2), 1);
    process.stdout.write(String(hits.rows[0]));`;
  const root = createRequire(import.meta.url).resolve('@fletch/kernels/worker');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: new URL('.', `file://${root}`),
    timeout: 20_000,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(stdout).toBe('2');
});

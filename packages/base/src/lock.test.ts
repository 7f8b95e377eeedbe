import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeLock } from './lock.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const words = { what: 'The thing', advice: 'Wait.' };

it('one at a time; released, it is free and leaves nothing', async () => {
  const release = await takeLock(folder, words);
  await expect(takeLock(folder, words)).rejects.toMatchObject({
    code: 'LOCKED',
    message: `The thing ${folder} is in use: this process has it open already. Wait.`,
  });
  await release();
  expect(await readdir(folder)).toEqual([]);
  await (await takeLock(folder, words))();
});

it('a lock of a living process is respected, one of a dead process taken over', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const { pid } = child;
  await writeFile(join(folder, 'lock'), JSON.stringify({ pid, started: null, boot: null }));
  await expect(takeLock(folder, words)).rejects.toMatchObject({ code: 'LOCKED', details: { pid } });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  await (await takeLock(folder, words))();
});

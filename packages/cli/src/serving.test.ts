import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Running, runCli, startCli } from './cli.case.js';

let folder = '';
let store = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fletch-serving-'));
  store = join(folder, 'store');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function served(running: Running): Promise<{ url: string; studio: string | null }> {
  return JSON.parse(await running.printed('stdout', /\}\n/));
}

test('a served store is locked for others, who ask the server instead', async () => {
  const file = join(folder, 'pets.txt');
  writeFileSync(file, 'The cat purrs.\n\nThe dog barks.\n');
  expect((await runCli(['index', file, '-c', 'pets', '--store', store])).code).toBe(0);

  const server = startCli(['serve', '--port', '0', '--json', '--store', store]);
  const { url } = await served(server);
  expect(url).toMatch(/^http:\/\/localhost:\d+$/);

  const locked = await runCli(['collections', 'list', '--store', store]);
  expect(locked).toMatchObject({ code: 2, stdout: '' });
  expect(locked.stderr).toMatch(/--url http:\/\/localhost:6333/);

  const found = await runCli(['search', 'kitten', '--limit', '1', '--url', url]);
  expect(found.stdout).toContain('The cat purrs.');
  const listed = await runCli(['collections', 'list', '--url', url, '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject({ collections: [{ name: 'pets', points: 2 }] });
  const unknown = await runCli(['collections', 'info', 'cats', '--url', url]);
  expect(unknown).toMatchObject({ code: 1, stdout: '' });
  expect(unknown.stderr).toContain('cats');
  expect((await runCli(['collections', 'create', 'made', '--size', '3', '--url', url])).code).toBe(0);
  expect((await runCli(['collections', 'delete', 'made', '--yes', '--url', url])).code).toBe(0);

  server.child.kill('SIGTERM');
  expect(await server.finished).toMatchObject({ code: 0 });
  expect((await runCli(['collections', 'list', '--store', store])).code).toBe(0);
}, 60_000);

test('a key is asked for', async () => {
  const server = startCli(['serve', '--port', '0', '--json', '--api-key', 'secret', '--store', store]);
  const { url } = await served(server);
  expect((await runCli(['collections', 'list', '--url', url])).code).toBe(1);
  expect((await runCli(['collections', 'list', '--url', url, '--api-key', 'secret'])).code).toBe(0);
  server.child.kill('SIGINT');
  expect(await server.finished).toMatchObject({ code: 0 });
});

test('a port that is taken is named, with what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  try {
    const { code, stdout, stderr } = await runCli(['serve', '--store', store], { FLETCH_PORT: String(port) });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`Port ${port} is taken.*--port ${port + 1} or FLETCH_PORT=${port + 1}`),
    );
  } finally {
    other.close();
  }
});

test('start serves at once, indexes meanwhile, and only resumes when started again', async () => {
  const home = join(folder, 'home');
  const args = ['start', '--limit', '300', '--port', '0', '--no-open'];
  const first = startCli(args, { FLETCH_HOME: home });
  const text = await first.printed('stdout', /"a feeling of deep sadness" in [\d.]+ ms:\n(?:.+\n){6}/);
  expect(text).toMatch(/^(?:Studio +http:\/\/localhost:\d+\/dashboard\/\n)?API +http:\/\/localhost:\d+ /);
  await first.printed('stderr', /Indexed 300 meanings in [\s\S]*Ready\./);
  first.child.kill('SIGINT');
  expect(await first.finished).toMatchObject({ code: 0 });

  const second = startCli(args, { FLETCH_HOME: home });
  expect(await second.printed('stderr', /Ready\./)).not.toMatch(/Indexed/);
  second.child.kill('SIGTERM');
  expect(await second.finished).toMatchObject({ code: 0 });
}, 60_000);

test.runIf(process.platform !== 'win32')(
  'a server that npm started ends when npm is told to end',
  async () => {
    const script = fileURLToPath(new URL('../../../scripts/fletch.mjs', import.meta.url));
    const line = `"${process.execPath}" "${script}" serve --port 0 --store "${store}"; true`;
    const shell = spawn('sh', ['-c', line], {
      env: { ...process.env, npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => shell.stdout.once('data', resolve));
    // The pipe closes when its last writer is gone: not the shell, but the server.
    const ended = new Promise((resolve) => shell.stdout.once('end', resolve));
    shell.kill('SIGTERM');
    await ended;
    expect((await runCli(['collections', 'list', '--store', store])).code).toBe(0);
  },
);

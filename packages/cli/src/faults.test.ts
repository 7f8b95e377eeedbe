import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, startCli } from './cli.case.js';

let folder = '';
let store = '';
let rows = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fletch-cli-faults-'));
  store = join(folder, 'store');
  rows = join(folder, 'rows.jsonl');
  const lines = Array.from({ length: 500 }, (_, id) =>
    JSON.stringify({ id, embedding: [id + 1, 1], name: 'x'.repeat(400) }),
  );
  writeFileSync(rows, `${lines.join('\n')}\n`);
  const { code, stderr } = await runCli(['import', rows, '-c', 'rows', '--store', store]);
  expect(code, stderr).toBe(0);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Files that are not finished. */
const unfinished = (path: string) =>
  (existsSync(path) ? readdirSync(path, { recursive: true }) : [])
    .map(String)
    .filter((name) => /\.(tmp|new|download)$|(^|[\\/])\.new-/.test(name));

describe('--json', () => {
  const commands: [string[], number][] = [
    [['collections', 'list'], 0],
    [['collections', 'info', 'rows'], 0],
    [['verify'], 0],
  ];

  test.each(commands)('%j prints one JSON value and nothing else', async (args, exit) => {
    const { code, stdout, stderr } = await runCli([...args, '--store', store, '--json']);
    expect(code, stderr).toBe(exit);
    expect(() => JSON.parse(stdout)).not.toThrow();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would be told
    expect(stdout + stderr).not.toMatch(/\u001b|\r/);
  });

  test.each([
    [['collections', 'info', 'nothing'], 1],
    [['collections', 'info'], 2],
    [['import', '/nonexistent.npy', '-c', 'x'], 1],
  ] as [string[], number][])('%j that fails prints nothing to stdout', async (args, exit) => {
    const { code, stdout, stderr } = await runCli([...args, '--store', store, '--json']);
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

test('a reader that goes away in the middle of a long output is no error', async () => {
  const { child, finished } = startCli(['collections', 'info', 'rows', '--store', store, '--json']);
  child.stdout!.once('data', () => child.stdout!.destroy());
  expect(await finished).toMatchObject({ code: 0, stderr: '' });
});

test.runIf(process.platform !== 'win32')('a home that cannot be written to is named', async () => {
  // A file where the folder should be stops the super-user too.
  const home = join(folder, 'home');
  writeFileSync(home, '');
  const { code, stdout, stderr } = await runCli(['collections', 'create', 'x', '--size', '2'], {
    FLETCH_HOME: home,
  });
  expect(stderr).toContain(home);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test.runIf(process.platform !== 'win32' && process.getuid?.() !== 0)(
  'a home that may not be written to is named',
  async () => {
    const home = join(folder, 'locked');
    mkdirSync(home);
    chmodSync(home, 0o500);
    const { code, stderr } = await runCli(['collections', 'create', 'x', '--size', '2'], {
      FLETCH_HOME: home,
    });
    expect(stderr).toMatch(/No permission to write/);
    expect(code).toBe(1);
  },
);

test.runIf(process.platform === 'linux')(
  'a file whose name is not UTF-8 is named, and nothing is written',
  async () => {
    const odd = join(folder, 'odd');
    mkdirSync(odd);
    writeFileSync(
      Buffer.concat([Buffer.from(`${odd}/`), Buffer.from([0xff, 0xfe]), Buffer.from('.txt')]),
      'odd',
    );
    writeFileSync(join(odd, 'plain.txt'), 'plain');
    const { code, stdout, stderr } = await runCli(['index', odd, '-c', 'odd', '--store', store, '--json']);
    expect(stderr).toMatch(/odd.*\uFFFD.*not UTF-8/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect((await runCli(['collections', 'info', 'odd', '--store', store])).code).toBe(1);
    expect(unfinished(store)).toEqual([]);
  },
);

test('an export that Ctrl-C ends leaves no file, an import no half one', async () => {
  const count = 200_000;
  const file = join(folder, 'many.fbin');
  const bytes = Buffer.alloc(8 + 8 * count, 0x3f);
  bytes.writeUInt32LE(count, 0);
  bytes.writeUInt32LE(2, 4);
  writeFileSync(file, bytes);
  const importing = startCli(['import', file, '-c', 'many', '--batch', '64', '--store', store, '--json']);
  await importing.printed('stderr', /importing: /);
  importing.child.kill('SIGINT');
  expect(await importing.finished).toMatchObject({ code: 130, stdout: '' });
  expect(unfinished(store)).toEqual([]);
  const { code } = await runCli(['verify', '--store', store]);
  expect(code).toBe(0);
}, 60_000);

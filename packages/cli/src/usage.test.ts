import { afterEach, describe, expect, test, vi } from 'vitest';
import { runCli, runHere, startCli } from './cli.case.js';
import { browserCommand } from './studio.js';

afterEach(() => vi.unstubAllEnvs());

const commands = [
  'start',
  'index',
  'search',
  'serve',
  'collections',
  'collections list',
  'collections info',
  'collections create',
  'collections delete',
  'import',
  'export',
  'verify',
  'repair',
  'salvage',
  'backup',
  'restore',
  'fit presto',
  'fit logit',
  'fit proportional-odds',
  'predict',
  'compress-embeddings',
  'bench search',
  'lab list',
  'lab run',
  'lab show',
  'lab report',
];

describe('help', () => {
  test('the command itself says what there is and how it ends', async () => {
    const { code, stdout, stderr } = await runHere(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of [
      'start',
      'index',
      'search',
      'serve',
      'collections',
      'bench',
      'Examples:',
      'Exit codes:',
    ])
      expect(stdout).toContain(word);
  });

  test.each(commands)('%s has help', async (command) => {
    const { code, stdout } = await runHere([...command.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: fletch ${command}`);
    if (command !== 'collections')
      for (const word of ['--json', 'Exit codes:']) expect(stdout).toContain(word);
  });

  test('the version', async () => {
    expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('wrong usage ends with 2 and says what was meant', () => {
  test.each([
    [['serch', 'x'], /unknown command 'serch'[\s\S]*Did you mean search\?/],
    [['search', 'x', '--limt', '3'], /unknown option '--limt'[\s\S]*Did you mean --limit\?/],
    [['search'], /missing required argument 'text'/],
    [['search', 'x', '--limit', 'many'], /'many' is invalid.*whole number from 1/],
    [['search', 'x', '--filter', '{must'], /It is not JSON/],
    [['search', 'x', '--filter', '[]'], /must be a JSON object/],
    [['search', 'x', '--url', 'localhost'], /address like http/],
    [['serve', '--port', '70000'], /from 0 to 65535/],
    [['collections', 'create', 'x'], /either --size <number> or --encoder <name>/],
    [['import', 'x.npy'], /required option '-c, --collection <name>'/],
    [['import', 'x.npy', '-c', 'x', '--format', 'mp3'], /Allowed choices are npy, npz, fvecs/],
    [['export', 'x'], /required option '--to <path>'/],
    [['export', 'x', '--to', 'x.docx'], /unknown ending/],
    [['index', '/nonexistent/file.txt'], /There is no file or folder \/nonexistent\/file\.txt/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runHere(args);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('a bad FLETCH_PORT is named', async () => {
    vi.stubEnv('FLETCH_PORT', 'http');
    const { code, stderr } = await runHere(['serve']);
    expect(stderr).toMatch(/'http' from env 'FLETCH_PORT' is invalid/);
    expect(code).toBe(2);
  });
});

test('a server that is not there is said to be not there', async () => {
  const { code, stderr } = await runHere(['search', 'x', '--url', 'http://127.0.0.1:9']);
  expect(stderr).toContain('No server answers at http://127.0.0.1:9');
  expect(code).toBe(2);
});

test('a reader that goes away is no error', async () => {
  const { child, finished } = startCli(['--help']);
  child.stdout?.destroy();
  expect(await finished).toMatchObject({ code: 0, stderr: '' });
});

test('a browser is opened only where somebody sits', () => {
  expect(browserCommand('linux', { DISPLAY: ':0' })).toEqual(['xdg-open']);
  expect(browserCommand('linux', {})).toBeUndefined();
  expect(browserCommand('linux', { DISPLAY: ':0', SSH_CONNECTION: 'x' })).toBeUndefined();
  expect(browserCommand('darwin', {})).toEqual(['open']);
  expect(browserCommand('darwin', { CI: '1' })).toBeUndefined();
});

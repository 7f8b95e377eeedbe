import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '@fletch/base';
import { open } from '@fletch/search';
import { serve } from '@fletch/server';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = await readFile(join(root, 'README.md'), 'utf8');

/** All examples; what each `console.log` prints stands behind it as a comment. */
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);

/** Examples on tables that are fetched: they run where these are kept already. */
const onTables = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!);
const isKept = (code: string): boolean =>
  [...code.matchAll(/loadFrame\('(\w+)'\)/g)].every(([, name]) =>
    existsSync(join(cacheFolder(), 'datasets', `${name}.table.json`)),
  );

/** Where examples that use the official client believe the server to be. */
const ADDRESS = 'http://localhost:6333';
let url: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fletch-readme-'));
  const store = await open(folder);
  const server = await serve({ store, port: 0 });
  url = server.url;
  stop = async () => {
    await server.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  };
});

afterAll(() => stop());

it('has examples in process and over HTTP', () => {
  expect(examples.filter((code) => code.includes("from '@fletch/")).length).toBeGreaterThanOrEqual(3);
  expect(examples.filter((code) => code.includes(ADDRESS)).length).toBeGreaterThanOrEqual(1);
});

it.each(examples)('example %# of the README prints what it says', prints);

it.runIf(onTables.every(isKept)).each(onTables)('example %# on a table prints what it says', prints);

/** Runs an example and compares what it prints. */
async function prints(code: string): Promise<void> {
  // The file lies inside the project so that package names resolve, and runs in a folder of its own.
  const folder = join(root, 'node_modules', '.fletch-readme');
  const workplace = await mkdtemp(join(tmpdir(), 'fletch-readme-'));
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${process.pid}-${readme.indexOf(code)}.mjs`);
  try {
    await writeFile(file, code.replaceAll(ADDRESS, url));
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: workplace });
    const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, text]) => text);
    expect(said.length).toBeGreaterThan(0);
    expect(stdout.trim().split('\n')).toEqual(said);
  } finally {
    await rm(file, { force: true });
    await rm(workplace, { recursive: true, force: true });
  }
}

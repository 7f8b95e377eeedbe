import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { breach, checkFloors } from './floors.mjs';
import { importsOf } from './imports.mjs';

let folder = '';

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A house of the given files; package.json of each package gets the dependencies named. */
function house(files: Record<string, string>, dependencies: Record<string, string[]> = {}): string {
  folder = mkdtempSync(join(tmpdir(), 'fletch-floors-'));
  const write = (file: string, content: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  };
  write('package.json', JSON.stringify({ devDependencies: { vitest: '4' } }));
  const units = new Set(Object.keys(files).map((file) => file.split('/').slice(0, 2).join('/')));
  for (const unit of units) {
    const declared = Object.fromEntries((dependencies[unit] ?? []).map((name) => [name, '1']));
    const manifest = {
      name: `@fletch/${unit.split('/')[1]}`,
      exports: { '.': './src/index.ts' },
      dependencies: declared,
    };
    write(`${unit}/package.json`, JSON.stringify(manifest));
  }
  for (const [file, content] of Object.entries(files)) write(file, content);
  return folder;
}

const messages = (root: string) =>
  checkFloors(root).map(({ file, line, message }) => `${file}:${line} ${message}`);

test('the house itself keeps its floors', () => {
  expect(messages(fileURLToPath(new URL('..', import.meta.url)))).toEqual([]);
});

test('imports go down, and within a floor only from text to search and from data to linalg', () => {
  expect(breach('server', 'search')).toBeNull();
  expect(breach('text', 'search')).toBeNull();
  expect(breach('array', 'linalg')).toBeNull();
  expect(breach('search', 'server')).toMatch(/stands above/);
  expect(breach('search', 'text')).toMatch(/share a floor/);
  expect(breach('data', 'linalg')).toBeNull();
  expect(breach('linalg', 'data')).toMatch(/share a floor/);
  expect(breach('search', 'array')).toMatch(/must run without/);
  expect(breach('text', 'attic')).toMatch(/no package "attic"/);
});

test('an upward import is named with file and line', () => {
  const root = house(
    {
      'packages/search/src/index.ts': "// first\nimport { serve } from '@fletch/server';\n",
      'packages/server/src/index.ts': '',
    },
    { 'packages/search': ['@fletch/server'] },
  );
  expect(messages(root)).toEqual([
    'packages/search/package.json:1 dependencies: @fletch/server stands above @fletch/search: imports only go down',
    'packages/search/src/index.ts:2 @fletch/server stands above @fletch/search: imports only go down',
  ]);
});

test('what is imported is declared; tests may use what the root develops with', () => {
  const root = house({
    'packages/base/src/index.ts': '',
    'packages/text/src/index.ts':
      "import 'node:fs';\nimport '@fletch/base';\nexport * from 'left-pad/inner.js';\n",
    'packages/text/src/index.test.ts': "import { test } from 'vitest';\n",
    'packages/text/src/other.ts': "import { test } from 'vitest';\n",
  });
  expect(messages(root)).toEqual([
    'packages/text/src/index.ts:2 "@fletch/base" is not among the dependencies of packages/text/package.json',
    'packages/text/src/index.ts:3 "left-pad" is not among the dependencies of packages/text/package.json',
    'packages/text/src/other.ts:1 "vitest" is not among the dependencies of packages/text/package.json',
  ]);
});

test('no way into the inside of another package', () => {
  const root = house(
    {
      'packages/base/src/index.ts': '',
      'packages/base/src/errors.ts': '',
      'packages/text/src/index.ts':
        "import '@fletch/base/src/errors.js';\nimport '../../base/src/errors.js';\nimport './mine.js';\n",
    },
    { 'packages/text': ['@fletch/base'] },
  );
  expect(messages(root)).toEqual([
    'packages/text/src/index.ts:1 "@fletch/base/src/errors.js" is no entry of @fletch/base: its package.json exports .',
    expect.stringMatching(
      /^packages\/text\/src\/index\.ts:2 "\.\.\/\.\.\/base\/src\/errors\.js" leaves the package/,
    ),
  ]);
});

test('apps import types only', () => {
  const root = house(
    {
      'packages/search/src/index.ts': '',
      'apps/studio/src/page.tsx':
        "import type { Filter } from '@fletch/search';\nimport { open } from '@fletch/search';\n",
    },
    { 'apps/studio': ['@fletch/search'] },
  );
  expect(messages(root)).toEqual([
    'apps/studio/src/page.tsx:2 "@fletch/search" in an app: apps import types only (import type) and talk HTTP',
  ]);
});

test('imports are found in all their forms', () => {
  const text = `import a, { type B } from 'a';
import { type C } from 'c';
export type { D } from 'd';
type E = import('e').E;
const f = await import('f');
createRequire(import.meta.url).resolve('@scope/g/worker');
path.resolve('folder');
// import 'comment';
const h = "import 'string'";
`;
  expect(importsOf(text)).toEqual([
    { specifier: 'a', typeOnly: false, line: 1 },
    { specifier: 'c', typeOnly: true, line: 2 },
    { specifier: 'd', typeOnly: true, line: 3 },
    { specifier: 'e', typeOnly: true, line: 4 },
    { specifier: 'f', typeOnly: false, line: 5 },
    { specifier: '@scope/g/worker', typeOnly: false, line: 6 },
  ]);
});

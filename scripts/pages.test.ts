import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as array from '@fletch/array';
import * as data from '@fletch/data';
import * as estimate from '@fletch/estimate';
import * as insight from '@fletch/insight';
import * as learn from '@fletch/learn';
import * as linalg from '@fletch/linalg';
import * as models from '@fletch/models';
import * as search from '@fletch/search';
import * as serverless from '@fletch/search/serverless';
import * as weights from '@fletch/weights';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** What examples may import. */
const libraries: Readonly<Record<string, object>> = {
  array,
  data,
  estimate,
  insight,
  learn,
  linalg,
  models,
  search,
  'search/serverless': serverless,
  weights,
};

async function examplesOf(page: string): Promise<string[]> {
  const text = await readFile(new URL(`../docs/${page}.md`, import.meta.url), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
}

/** The example as a script: imports become variables, `x; // → y` a comparison. */
function scriptOf(code: string): string {
  const checked = code
    .replace(/import (\{[^}]*\}) from '(node:[\w/]+)';/g, "const $1 = process.getBuiltinModule('$2');")
    .replace(/import \{([\s\S]*?)\} from '@fletch\/([\w/]+)';/g, (_, names: string, library: string) => {
      const values = names.split(',').map((name) => name.trim());
      return `const {${values.filter((name) => name !== '' && !name.startsWith('type '))}} = libraries['${library}'];`;
    })
    .replace(/^(.+); \/\/ → (.+)$/gm, 'check(($1), $2);');
  return ts.transpile(checked, { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 });
}

const AsyncFunction = (async () => {}).constructor as new (
  ...names: string[]
) => (given: typeof libraries, check: (actual: unknown, expected: unknown) => void) => Promise<void>;

describe.each([
  'aligning',
  'arrays',
  'compression',
  'estimators',
  'insight',
  'leanvec',
  'merging',
  'models',
  'representation',
  'serverless',
  'zoo',
])('docs/%s.md', async (page) => {
  it.each((await examplesOf(page)).map((code, i) => ({ i, code })))(
    'example $i gives what it says',
    async ({ code }) => {
      let checks = 0;
      const home = process.cwd();
      const workplace = await mkdtemp(join(tmpdir(), 'fletch-page-'));
      process.chdir(workplace);
      try {
        await new AsyncFunction('libraries', 'check', scriptOf(code))(libraries, (actual, expected) => {
          checks++;
          expect(actual).toEqual(expected);
        });
      } finally {
        process.chdir(home);
        await rm(workplace, { recursive: true, force: true });
      }
      expect(checks).toBe(code.split('// →').length - 1);
    },
  );
});

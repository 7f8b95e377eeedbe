import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as fletch from './index.js';
import { operationPage } from './testing/operation-page.js';

const page = readFileSync(new URL('../../../docs/arrays.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);

it('the page of operations is that of the table', async () => {
  await expect(operationPage()).toMatchFileSnapshot('../../../docs/operations.md');
});

it.each(examples.map((code, i) => ({ i, code })))(
  'example $i of docs/arrays.md gives what it says',
  async ({ code }) => {
    const checked = code
      .replace(/import \{([\s\S]*?)\} from '@fletch\/array';/g, (_, names: string) => {
        const values = names.split(',').map((name) => name.trim());
        return `const {${values.filter((name) => name !== '' && !name.startsWith('type '))}} = fletch;`;
      })
      .replace(/^(.+); \/\/ → (.+)$/gm, 'check(($1), $2);');
    const script = ts.transpile(checked, { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 });
    let checks = 0;
    const check = (actual: unknown, expected: unknown) => {
      checks++;
      expect(actual).toEqual(expected);
    };
    const AsyncFunction = (async () => {}).constructor as new (
      ...names: string[]
    ) => (library: typeof fletch, check: (actual: unknown, expected: unknown) => void) => Promise<void>;
    await new AsyncFunction('fletch', 'check', script)(fletch, check);
    expect(checks).toBe(code.split('// →').length - 1);
  },
);

import { readFileSync } from 'node:fs';
import * as arrays from '@fletch/array';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as insight from './index.js';

const modules: { readonly [name: string]: object } = { '@fletch/array': arrays, '@fletch/insight': insight };
const page = readFileSync(new URL('../../../docs/insight.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);

it.each(examples.map((code, i) => ({ i, code })))(
  'example $i of docs/insight.md gives what it says',
  async ({ code }) => {
    const script = code
      .replace(
        /import (\{[\s\S]*?\}) from '(.+?)';/g,
        (_, names, from) => `const ${names} = modules['${from}'];`,
      )
      .replace(/^(.+); \/\/ → (.+)$/gm, 'found.push([($1), $2]);');
    const found: [unknown, unknown][] = [];
    const AsyncFunction = (async () => {}).constructor as new (
      ...parts: string[]
    ) => (...values: unknown[]) => Promise<void>;
    await new AsyncFunction('modules', 'found', ts.transpile(script, { target: ts.ScriptTarget.ES2022 }))(
      modules,
      found,
    );
    expect(found).toHaveLength(code.split('// →').length - 1);
    for (const [actual, expected] of found) expect(actual).toEqual(expected);
  },
);

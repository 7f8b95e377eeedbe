/**
 * JSON as people write it: where the first mistake is, and long vectors kept short.
 *
 * @module
 */
import type { Json } from '@fletch/base';

export type Parsed =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly message: string; readonly line: number; readonly column: number };

class Mistake extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy;
const WORD = /true|false|null/y;

/** Walks the grammar and throws at the first place that breaks it. */
function walk(text: string): void {
  let at = 0;
  const skip = () => {
    while (' \t\n\r'.includes(text[at] ?? '!')) at++;
  };
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const fail = (wanted: string): never => {
    const found = at >= text.length ? 'the end' : `\`${String.fromCodePoint(text.codePointAt(at)!)}\``;
    throw new Mistake(`expected ${wanted}, found ${found}`, at);
  };
  const string = (wanted: string) => {
    if (take(STRING)) return;
    if (text[at] === '"') throw new Mistake('a string that does not end, or with a forbidden character', at);
    fail(wanted);
  };
  const list = (close: string, one: () => void) => {
    at++;
    skip();
    if (text[at] === close) {
      at++;
      return;
    }
    for (;;) {
      one();
      skip();
      if (text[at] === close) break;
      if (text[at] !== ',') fail(`\`,\` or \`${close}\``);
      at++;
      skip();
    }
    at++;
  };
  const value = (): void => {
    skip();
    const first = text[at];
    if (first === '[') list(']', value);
    else if (first === '{')
      list('}', () => {
        string('a name in double quotes');
        skip();
        if (text[at] !== ':') fail('`:`');
        at++;
        value();
      });
    else if (first === '"') string('a value');
    else if (!take(NUMBER) && !take(WORD)) fail('a value');
  };
  value();
  skip();
  if (at < text.length) fail('the end');
}

/** Parses `text`; a mistake is told with its line and column, both from 1. */
export function parseJson(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) as Json };
  } catch (error) {
    let at = 0;
    let message = error instanceof Error ? error.message : String(error);
    try {
      walk(text);
    } catch (mistake) {
      // Anything else is a stack that overflowed: the engine's message stands.
      if (mistake instanceof Mistake) ({ at, message } = mistake);
    }
    const before = text.slice(0, at).split('\n');
    return { ok: false, message, line: before.length, column: before.at(-1)!.length + 1 };
  }
}

const SCALAR = /"(?:[^"\\]|\\.)*"|-?[\d.eE+-]+|true|false|null/.source;
const LIST = new RegExp(`\\[\\n\\s+((?:${SCALAR})(?:,\\n\\s+(?:${SCALAR}))*)\\n\\s*\\]`, 'g');
const LONGEST_LINE = 64;

/** Indented JSON, with lists of numbers, and short lists of other plain values, on one line. */
export function pretty(value: unknown): string {
  const text = JSON.stringify(value, null, 2) ?? 'null';
  // Line ends are never part of a string, so this touches nothing but lists.
  return text.replace(LIST, (list, values: string) => {
    const line = values.replace(/,\n\s+/g, ', ');
    return line.length <= LONGEST_LINE || !line.includes('"') ? `[${line}]` : list;
  });
}

/** Whether two values are the same JSON; the order of keys does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every(
      (name) =>
        Object.hasOwn(b, name) &&
        sameJson((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
    )
  );
}

/**
 * Finds where a text stops being JSON. `JSON.parse` does the parsing; engines word its errors differently and
 * do not always give the position, so a refused text is scanned once more to tell the client where it broke.
 *
 * @module
 */

const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SPACE = /[ \t\n\r]*/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The first fault: what was expected, and where, counted from 1. */
export interface JsonFault {
  readonly expected: string;
  readonly line: number;
  readonly column: number;
}

/** The first place where `text` breaks the grammar of JSON, or undefined if it is valid. Iterative. */
export function locateJsonFault(text: string): JsonFault | undefined {
  const open: ('{' | '[')[] = [];
  let at = 0;
  let state: 'value' | 'first' | 'key' | 'firstKey' | 'after' = 'value';

  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const takeString = (): boolean => {
    if (text[at] !== '"') return false;
    at++;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        at++;
        return true;
      }
      if (code === BACKSLASH ? !take(ESCAPE) : !(code >= 0x20)) return false;
      if (code !== BACKSLASH) at++;
    }
  };
  const fault = (expected: string): JsonFault => {
    const before = text.slice(0, at);
    const line = before.split('\n').length;
    const column = at - before.lastIndexOf('\n');
    return { expected: at >= text.length ? `${expected}, but the text ends` : expected, line, column };
  };
  const close = (): void => {
    at++;
    open.pop();
    state = 'after';
  };

  for (;;) {
    take(SPACE);
    const character = text[at];
    if (state === 'after') {
      const container = open.at(-1);
      if (container === undefined) return at === text.length ? undefined : fault('the end of the text');
      const end = container === '{' ? '}' : ']';
      if (character === end) close();
      else if (character === ',') {
        at++;
        state = container === '{' ? 'key' : 'value';
      } else return fault(`"," or "${end}"`);
    } else if (state === 'key' || state === 'firstKey') {
      if (character === '}' && state === 'firstKey') close();
      else {
        if (!takeString()) return fault('a key in double quotes');
        take(SPACE);
        if (text[at] !== ':') return fault('":"');
        at++;
        state = 'value';
      }
    } else if (character === ']' && state === 'first') close();
    else if (character === '{' || character === '[') {
      at++;
      open.push(character);
      state = character === '{' ? 'firstKey' : 'first';
    } else if (character === '"' ? takeString() : take(LITERAL)) state = 'after';
    else
      return fault(
        character === '"' ? 'a string without raw control characters or wrong escapes' : 'a value',
      );
  }
}

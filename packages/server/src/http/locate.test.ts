import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locateJsonFault } from './locate.js';

const valid = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('the place where a text stops being JSON', () => {
  it.each([
    ['', 'a value, but the text ends', 1, 1],
    ['{"a":}', 'a value', 1, 6],
    ['{"a":1', '"," or "}", but the text ends', 1, 7],
    ['{\n  "a": 1,\n  b: 2}', 'a key in double quotes', 3, 3],
    ['[1,]', 'a value', 1, 4],
    ['[1 2]', '"," or "]"', 1, 4],
    ['{"a" 1}', '":"', 1, 6],
    ['{"a":1,}', 'a key in double quotes', 1, 8],
    ['NaN', 'a value', 1, 1],
    ['[-Infinity]', 'a value', 1, 2],
    ['[01]', '"," or "]"', 1, 3],
    ['{} {}', 'the end of the text', 1, 4],
    ["['a']", 'a value', 1, 2],
  ])('%j: expected %s at %i:%i', (text, expected, line, column) => {
    expect(locateJsonFault(text)).toEqual({ expected, line, column });
  });

  it('is found within strings', () => {
    expect(locateJsonFault('["a\nb"]')).toMatchObject({ line: 1, column: 4 });
    expect(locateJsonFault('["\\x"]')).toMatchObject({ line: 1, column: 3 });
    expect(locateJsonFault('["abc')).toMatchObject({ column: 6 });
  });

  it('exists exactly when JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '}', ']', ',', '"', ':', '0', '-', ' ', '\\', 'e'),
        (json, at, piece) => {
          const cut = at % (json.length + 1);
          for (const text of [
            json,
            json.slice(0, cut) + piece + json.slice(cut),
            json.slice(0, cut) + piece + json.slice(cut + 1),
          ])
            expect(locateJsonFault(text) === undefined, text).toBe(valid(text));
        },
      ),
      { seed: 7, numRuns: 2000 },
    );
  });

  it('is found in linear time at any depth', () => {
    expect(locateJsonFault('['.repeat(1e6))).toMatchObject({ column: 1e6 + 1 });
    expect(locateJsonFault(`"${'a'.repeat(5e6)}`)).toMatchObject({ column: 5e6 + 2 });
  });
});

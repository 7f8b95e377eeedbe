import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, pretty, sameJson } from './json.js';

describe('parsing', () => {
  it.each([
    ['', 1, 1, 'expected a value, found the end'],
    ['{"a": 1,}', 1, 9, 'expected a name in double quotes, found `}`'],
    ['{\n  "a": [1, 2,, 3]\n}', 2, 14, 'expected a value, found `,`'],
    ['{"a" 1}', 1, 6, 'expected `:`, found `1`'],
    ['{"a": 1 "b": 2}', 1, 9, 'expected `,` or `}`, found `"`'],
    ['[1, 2', 1, 6, 'expected `,` or `]`, found the end'],
    ["{'a': 1}", 1, 2, "expected a name in double quotes, found `'`"],
    ['"open', 1, 1, 'a string that does not end, or with a forbidden character'],
    ['[01]', 1, 3, 'expected `,` or `]`, found `1`'],
    ['{} 🏹', 1, 4, 'expected the end, found `🏹`'],
  ])('finds the first mistake in %j', (text, line, column, message) => {
    expect(parseJson(text)).toEqual({ ok: false, line, column, message });
  });

  it('takes what JSON.parse takes, and places every mistake inside of the text', () => {
    const json = fc.json();
    fc.assert(
      fc.property(json, fc.nat(), fc.constantFrom('', ',', '"', '}', 'x', '\n'), (text, at, insert) => {
        const place = at % (text.length + 1);
        const changed = text.slice(0, place) + insert + text.slice(place);
        const parsed = parseJson(changed);
        let valid = true;
        try {
          JSON.parse(changed);
        } catch {
          valid = false;
        }
        expect(parsed.ok).toBe(valid);
        if (parsed.ok) return;
        const lines = changed.split('\n');
        expect(parsed.line).toBeLessThanOrEqual(lines.length);
        expect(parsed.column).toBeLessThanOrEqual(lines[parsed.line - 1]!.length + 1);
        // The walk found a place of its own.
        expect(parsed.message).toMatch(/^expected |^a string/);
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  it('survives nesting of any depth', () => {
    expect(parseJson('['.repeat(200_000)).ok).toBe(false);
  });
});

describe('printing', () => {
  it('keeps lists of numbers on a line and every value as it is', () => {
    const long = ['x'.repeat(40), 'y'.repeat(40)];
    expect(pretty(long)).toBe(JSON.stringify(long, null, 2));
    expect(pretty({ v: [1, -2.5e-7], s: ['a', '],\n"', true] })).toBe(
      '{\n  "v": [1, -2.5e-7],\n  "s": ["a", "],\\n\\"", true]\n}',
    );
    expect(pretty('[\n 1,\n 2\n]')).toBe('"[\\n 1,\\n 2\\n]"');
    expect(pretty(undefined)).toBe('null');
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.stringify(JSON.parse(pretty(value)))).toBe(JSON.stringify(value));
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('compares without regard to the order of keys', () => {
    expect(sameJson({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
    for (const [a, b] of [
      [{ a: 1 }, { a: 1, b: 2 }],
      [
        [1, 2],
        [2, 1],
      ],
      [{ 0: 1 }, [1]],
      [null, {}],
      [{ toString: 1 }, { a: 1 }],
    ])
      expect(sameJson(a, b)).toBe(false);
  });
});

import { expect, test } from 'vitest';
import { EVERY, everyElementOf, parsePath, valuesAt } from './path.js';

test.each<[string, unknown[]]>([
  ['a', ['a']],
  ['a.b', ['a', 'b']],
  ['a[]', ['a', EVERY]],
  ['a[3].b[]', ['a', 3, 'b', EVERY]],
  ['a[][1]', ['a', EVERY, 1]],
  ['"a.b".c', ['a.b', 'c']],
  ['a."b [x]"', ['a', 'b [x]']],
  ['with space', ['with space']],
  ['größe', ['größe']],
  ['"".a', ['', 'a']],
])('%s', (text, steps) => {
  expect(parsePath(text).steps).toEqual(steps);
});

test.each(['', '.', 'a.', '.a', 'a..b', '[]', '[0].a', 'a[', 'a[-1]', 'a]', 'a[]b', '"a'])(
  'refuses %j',
  (text) => {
    expect(() => parsePath(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  },
);

test('one path has one text', () => {
  for (const [written, text] of [
    ['"a"."b c"[]', 'a.b c[]'],
    ['"a.b"[07]', '"a.b"[7]'],
    ['""', '""'],
  ] as const)
    expect(parsePath(written).text).toBe(text);
  expect(everyElementOf(parsePath('a.b')).text).toBe('a.b[]');
  expect(everyElementOf(parsePath('a[]')).text).toBe('a[]');
});

test('only own keys are found', () => {
  expect(valuesAt({}, parsePath('constructor'))).toEqual([]);
  expect(valuesAt({ a: {} }, parsePath('a.__proto__'))).toEqual([]);
  expect(valuesAt(JSON.parse('{"__proto__": {"x": 1}}'), parsePath('__proto__.x'))).toEqual([1]);
});

import { expect, test } from 'vitest';
import { csvOf } from './csv.js';

test('writes columns as csv: quotes where they are needed, nothing where a value is missing', () => {
  const text = csvOf(
    [
      ['na,me', ['a "b"', 'c\nd', null]],
      ['n', Float64Array.of(1.5, Number.NaN, -2e-9)],
    ],
    3,
  );
  expect(text).toBe('"na,me",n\n"a ""b""",1.5\n"c\nd",\n,-2e-9');
});

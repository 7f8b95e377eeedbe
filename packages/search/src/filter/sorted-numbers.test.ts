import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedNumbers } from './sorted-numbers.js';

test('finds what a plain filter finds, before and after additions', () => {
  const number = fc.double({ noNaN: true, min: -5, max: 5 }).map((value) => Math.round(value * 2) / 2 + 0);
  fc.assert(
    fc.property(
      fc.uniqueArray(number),
      fc.array(number),
      number,
      number,
      fc.boolean(),
      fc.boolean(),
      (first, later, least, most, withLeast, withMost) => {
        const all = new Set(first);
        const sorted = new SortedNumbers(() => all);
        const check = () => {
          const expected = [...all].filter(
            (value) =>
              (withLeast ? value >= least : value > least) && (withMost ? value <= most : value < most),
          );
          expect([...sorted.between(least, most, withLeast, withMost)]).toEqual(
            expected.sort((a, b) => a - b),
          );
        };
        check();
        for (const value of later) {
          if (!all.has(value)) sorted.add(value);
          all.add(value);
          check();
        }
      },
    ),
    { seed: 3 },
  );
});

test('sorts anew after many additions', () => {
  const all: number[] = [5];
  const sorted = new SortedNumbers(() => all);
  sorted.between(0, 1, true, true);
  for (let i = 0; i < 5000; i++) {
    all.push(10 + i);
    sorted.add(10 + i);
  }
  expect(sorted.between(10, 20, true, false)).toHaveLength(10);
});

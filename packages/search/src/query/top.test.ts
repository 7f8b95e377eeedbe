import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Top } from './top.js';

test('keeps what sorting would put first', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 200 }),
      fc.nat(30),
      fc.integer(),
      (scores, count, seed) => {
        const rows = scores
          .map((_, row) => row)
          .sort((a, b) => ((a * 7919 + seed) % 101) - ((b * 7919 + seed) % 101));
        const top = new Top(count);
        for (const row of rows) top.offer(row, scores[row]!);
        const expected = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, count);
        const hits = top.hits();
        expect([...hits.rows]).toEqual(expected);
        expect([...hits.scores]).toEqual(expected.map((row) => scores[row]));
      },
    ),
    { seed: 1 },
  );
});

test('grows to a large count, and puts what is no number last', () => {
  const top = new Top(5000);
  for (let row = 0; row < 6000; row++) top.offer(row, row === 7 ? Number.NaN : row);
  const { rows } = top.hits();
  expect(rows).toHaveLength(5000);
  expect([rows[0], rows[4999]]).toEqual([5999, 1000]);
  const few = new Top(3);
  few.offer(1, Number.NaN);
  few.offer(2, -1e30);
  expect([...few.hits().rows]).toEqual([2, 1]);
});

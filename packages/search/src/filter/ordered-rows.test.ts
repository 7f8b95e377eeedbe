import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isWithin, OrderedRows } from './ordered-rows.js';
import { RowSet } from './row-set.js';

/** Pairs in a plain list, and the same ones in order. */
function pairs() {
  const all: { key: number; row: number }[] = [];
  const ordered = new OrderedRows(() => {
    const sorted = [...all].sort((a, b) => a.key - b.key);
    return {
      keys: Float64Array.from(sorted, ({ key }) => key),
      rows: Uint32Array.from(sorted, ({ row }) => row),
    };
  });
  return {
    all,
    ordered,
    add(key: number, row: number) {
      all.push({ key, row });
      ordered.add(key, row);
    },
    remove(row: number) {
      for (let i = all.length - 1; i >= 0; i--) if (all[i]!.row === row) all.splice(i, 1);
      ordered.remove(row);
    },
  };
}

test('finds what a plain filter finds, while rows come and go', () => {
  const key = fc.integer({ min: -4, max: 4 }).map((value) => value / 2 + 0);
  const bounds = fc.record({ least: key, most: key, withLeast: fc.boolean(), withMost: fc.boolean() });
  const change = fc.record({ row: fc.nat(9), keys: fc.uniqueArray(key, { maxLength: 3 }) });
  fc.assert(
    fc.property(fc.array(fc.tuple(change, bounds), { maxLength: 30 }), (steps) => {
      const { all, ordered, add, remove } = pairs();
      for (const [{ row, keys }, range] of steps) {
        remove(row);
        for (const one of keys) add(one, row);
        const found = new RowSet(0);
        ordered.collect(range, found);
        const expected = new Set(all.filter((pair) => isWithin(pair.key, range)).map((pair) => pair.row));
        expect([...found.done()]).toEqual([...expected].sort((a, b) => a - b));
      }
    }),
    { seed: 3, numRuns: 300 },
  );
});

test('sorts anew after many changes', () => {
  const { ordered, add, remove } = pairs();
  const found = () => {
    const rows = new RowSet(0);
    ordered.collect({ least: 10, most: 20, withLeast: true, withMost: false }, rows);
    return [...rows.done()];
  };
  add(5, 0);
  expect(found()).toEqual([]);
  for (let row = 1; row < 5000; row++) add(row, row);
  expect(found()).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  for (let row = 1; row < 5000; row += 2) remove(row);
  expect(found()).toEqual([10, 12, 14, 16, 18]);
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Bitset } from './bitset.js';

const rows = fc.array(fc.nat(300), { maxLength: 80 });
const sorted = (values: Iterable<number>) => [...new Set(values)].sort((a, b) => a - b);

it('is a set of rows in ascending order', () => {
  fc.assert(
    fc.property(rows, rows, (added, removed) => {
      const set = Bitset.of(added);
      const model = new Set(added);
      for (const row of removed) expect(set.delete(row)).toBe(model.delete(row));
      expect([...set]).toEqual(sorted(model));
      expect(set.count).toBe(model.size);
      for (const row of [...added, ...removed, 1000]) expect(set.has(row)).toBe(model.has(row));
    }),
  );
});

it('has the algebra of sets, whatever the capacities', () => {
  fc.assert(
    fc.property(rows, rows, (left, right) => {
      const [a, b] = [Bitset.of(left), Bitset.of(right)];
      const inRight = new Set(right);
      expect([...a.or(b)]).toEqual(sorted([...left, ...right]));
      expect([...a.and(b)]).toEqual(sorted(left.filter((row) => inRight.has(row))));
      expect([...a.andNot(b)]).toEqual(sorted(left.filter((row) => !inRight.has(row))));
      expect(a.or(b).count).toBe(a.count + b.count - a.and(b).count);
    }),
  );
});

it('clones into an independent set', () => {
  const set = Bitset.of([1, 64]);
  const copy = set.clone();
  copy.add(2);
  set.delete(1);
  expect([[...set], [...copy]]).toEqual([[64], [1, 2, 64]]);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchesByLength } from './batches.js';

test('batches hold every text once, by length, within the limit', () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 120 }), (list, maxTokens) => {
      const batches = batchesByLength(list, maxTokens);
      const order = batches.flatMap(({ members }) => members);
      expect([...order].sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
      for (let i = 1; i < order.length; i++)
        expect(list[order[i]!]).toBeGreaterThanOrEqual(list[order[i - 1]!]!);
      for (const { members, length } of batches) {
        expect(length).toBe(Math.max(1, ...members.map((i) => list[i]!)));
        expect(members.length === 1 || members.length * length <= maxTokens).toBe(true);
      }
    }),
    { seed: 1 },
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeTable, encodeTable } from './encode.js';

test('a table comes back from its bytes', () => {
  const numbers = fc
    .float64Array({ minLength: 3, maxLength: 3 })
    .map((array) => array.map((value) => value + 0));
  const texts = fc.array(fc.string(), { minLength: 3, maxLength: 3 }).map((list) => ['a', ...list.slice(1)]);
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(numbers, texts)), (columns) => {
      const { ['__proto__']: _, ...own } = columns;
      const table = { rows: 3, columns: own, levels: { x: ['b', 'a'] } };
      const back = decodeTable(encodeTable(table));
      expect(back).toEqual(table);
      expect(Object.keys(back.columns)).toEqual(Object.keys(own));
    }),
    { seed: 1, numRuns: 200 },
  );
});

import { expect, test } from 'vitest';
import { frameOf } from './frame.js';
import { repeatRows } from './repeat-rows.js';

test('writes counted rows out', () => {
  const table = frameOf({ size: ['S', 'M', 'L'], Freq: [2, 0, 1] });
  const rows = repeatRows(table, 'Freq');
  expect(rows.names).toEqual(['size']);
  expect(rows.column('size').values).toEqual(['S', 'S', 'L']);
  expect(() => repeatRows(table, 'n')).toThrow(/no column "n"/);
  expect(() => repeatRows(frameOf({ a: [1], Freq: [1.5] }), 'Freq')).toThrow(/Row 0 of column "Freq" is 1.5/);
  expect(() => repeatRows(table, 'size')).toThrow(/is S: counts are whole numbers/);
  expect(() => repeatRows(frameOf({ a: [1], Freq: [2e7] }), 'Freq')).toThrow(/too many/);
});

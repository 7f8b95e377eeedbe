import { expect, it } from 'vitest';
import { bytes, duration, figure, moment } from './bytes.js';

it('sizes, moments and figures are written as people read them', () => {
  expect([0, 999, 1400, 123_456_789, 2e15].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.4 kB',
    '123 MB',
    '2000 TB',
  ]);
  expect(bytes(999_999)).toBe('1.0 MB');
  expect(moment('2024-05-17T09:30:11.5')).toBe('2024-05-17 09:30');
  expect(moment(null)).toBe('—');
  expect([8, 750, 14_700, 90_000].map(duration)).toEqual(['8 s', '12 min', '4 h 5 min', '1 d 1 h']);
  expect([0.99966, 12.345, 0, 1.2e-7, Number.NaN].map(figure)).toEqual([
    '0.9997',
    '12.35',
    '0',
    '1.2e-7',
    'NaN',
  ]);
  expect(figure(117_659)).toBe('117659');
});

import { expect, it } from 'vitest';
import { readId, readIds } from './ids.js';

it('ids are numbers or stay as they are', () => {
  expect(readId(' 12 ')).toBe(12);
  expect(readIds('1, 2\nc0ffee00-0000-4000-8000-000000000000 ,')).toEqual([
    1,
    2,
    'c0ffee00-0000-4000-8000-000000000000',
  ]);
});

import { describe, expect, it } from 'vitest';
import { bestColourField, COLOURS, legend } from './colours.js';

const points = Array.from({ length: 40 }, (_, id) => ({
  id,
  payload: { pos: id % 4 === 0 ? 'verb' : 'noun', lexname: `lex${id % 5}`, name: `n${id}`, same: 'x' },
}));

describe('colours', () => {
  it('go to the most frequent values', () => {
    expect(legend(points, 'pos')).toEqual([
      { value: 'noun', count: 30, colour: 0 },
      { value: 'verb', count: 10, colour: 1 },
    ]);
    expect(legend(points, 'name')).toHaveLength(COLOURS);
    expect(legend(points, 'absent')).toEqual([]);
  });

  it('choose the field that tells most apart', () => {
    expect(bestColourField(points, ['same', 'pos', 'lexname', 'name'])).toBe('lexname');
    expect(bestColourField(points, ['same'])).toBe('same');
    expect(bestColourField(points, [])).toBeUndefined();
  });
});

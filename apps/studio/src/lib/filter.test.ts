import { describe, expect, it } from 'vitest';
import { clearField, isEmpty, NOTHING_CHOSEN, setRange, toFilter, toggle } from './filter.js';

describe('chosen filters', () => {
  it('toggles values without touching what was there before', () => {
    const noun = toggle(NOTHING_CHOSEN, 'pos', 'noun');
    const both = toggle(noun, 'pos', 'verb');
    expect(noun.any).toEqual({ pos: ['noun'] });
    expect(both.any).toEqual({ pos: ['noun', 'verb'] });
    expect(toggle(toggle(both, 'pos', 'noun'), 'pos', 'verb')).toEqual(NOTHING_CHOSEN);
  });

  it('drops a range that is open on both sides', () => {
    const range = setRange(NOTHING_CHOSEN, 'minutes', { min: 3, max: null });
    expect(isEmpty(range)).toBe(false);
    expect(isEmpty(setRange(range, 'minutes', { min: null, max: null }))).toBe(true);
    expect(isEmpty(clearField(range, 'minutes'))).toBe(true);
  });
});

describe('toFilter', () => {
  it('is undefined for nothing', () => {
    expect(toFilter(NOTHING_CHOSEN)).toBeUndefined();
  });

  it('joins fields by must and values by any', () => {
    let chosen = toggle(NOTHING_CHOSEN, 'pos', 'noun');
    chosen = toggle(chosen, 'lexname', 'noun.feeling');
    chosen = toggle(chosen, 'lexname', 'noun.state');
    chosen = setRange(chosen, 'offset', { min: 10, max: null });
    chosen = setRange(chosen, 'depth', { min: 0, max: 4 });
    expect(toFilter(chosen)).toEqual({
      must: [
        { key: 'pos', match: { value: 'noun' } },
        { key: 'lexname', match: { any: ['noun.feeling', 'noun.state'] } },
        { key: 'offset', range: { gte: 10 } },
        { key: 'depth', range: { gte: 0, lte: 4 } },
      ],
    });
  });

  it('spells two booleans as alternatives', () => {
    const chosen = toggle(toggle(NOTHING_CHOSEN, 'vegan', true), 'vegan', false);
    expect(toFilter(chosen)).toEqual({
      must: [
        {
          should: [
            { key: 'vegan', match: { value: true } },
            { key: 'vegan', match: { value: false } },
          ],
        },
      ],
    });
  });
});

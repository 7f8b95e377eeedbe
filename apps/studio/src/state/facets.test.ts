import { describe, expect, it } from 'vitest';
import { isChoice } from './facets.js';

const counts = (...numbers: number[]) => numbers.map((count, i) => ({ value: `v${i}`, count }));

describe('isChoice', () => {
  it('takes values that repeat', () => {
    expect(isChoice(counts(82_000, 18_000, 14_000, 3_600), 117_791)).toBe(true);
    expect(isChoice(counts(4, 2), 6)).toBe(true);
  });

  it('leaves names and single values out', () => {
    expect(isChoice(counts(75, 70, 60, 58), 117_791)).toBe(false);
    expect(isChoice(counts(1, 1, 1, 1, 1, 1), 6)).toBe(false);
    expect(isChoice(counts(129), 129)).toBe(false);
  });
});

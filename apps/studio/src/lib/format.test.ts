import { describe, expect, it } from 'vitest';
import { count, milliseconds, percent, plural, shorten } from './format.js';

describe('format', () => {
  it('groups thousands and counts nouns', () => {
    expect(count(117659)).toBe('117,659');
    expect(plural(1, 'hit')).toBe('1 hit');
    expect(plural(0, 'hit')).toBe('0 hits');
    expect(plural(1200, 'point')).toBe('1,200 points');
  });

  it('writes times with the digits that matter', () => {
    expect(milliseconds(0.418)).toBe('0.42 ms');
    expect(milliseconds(8.34)).toBe('8.3 ms');
    expect(milliseconds(127.4)).toBe('127 ms');
    expect(milliseconds(2430)).toBe('2.4 s');
  });

  it('says 100 % only when nothing is missing', () => {
    expect(percent(1)).toBe('100 %');
    expect(percent(0.9999)).toBe('99.9 %');
    expect(percent(0.95)).toBe('95 %');
    expect(percent(0)).toBe('0 %');
  });

  it('cuts at a word', () => {
    expect(shorten('grief', 10)).toBe('grief');
    expect(shorten('an intense feeling of deep sadness', 20)).toBe('an intense feeling…');
    expect(shorten('downheartedness, dejectedness, low-spiritedness', 18)).toBe('downheartedness…');
    expect(shorten('abcdefghijklmnop', 8)).toBe('abcdefg…');
  });
});

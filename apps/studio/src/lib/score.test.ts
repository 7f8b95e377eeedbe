import { describe, expect, it } from 'vitest';
import { share } from './score.js';

describe('share', () => {
  it('takes cosines as they are, without falling below nothing', () => {
    expect(share(0.62, 'Cosine', [0.62])).toBe(0.62);
    expect(share(-0.2, 'Cosine', [0.62])).toBe(0);
  });

  it('measures dot products against the best', () => {
    expect(share(20, 'Dot', [40, 20])).toBe(0.5);
    expect(share(0, 'Dot', [0])).toBe(0);
  });

  it('shrinks as a distance grows', () => {
    const scores = [0, 1, 2, 4, 8];
    const bars = scores.map((score) => share(score, 'Euclid', scores));
    expect(bars[0]).toBe(1);
    expect(bars[2]).toBe(0.5);
    expect([...bars].sort((a, b) => b - a)).toEqual(bars);
    expect(share(0, 'Manhattan', [0, 0])).toBe(1);
  });

  it('draws nothing for a score that is no number', () => {
    expect(share(Number.NaN, 'Cosine', [])).toBe(0);
  });
});

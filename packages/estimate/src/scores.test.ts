import { Matrix, rng } from '@fletch/linalg';
import { describe, expect, it } from 'vitest';
import { areaUnderCurve, brierScore, eventLogLoss, logLoss, osce, reliability } from './scores.js';

describe('scores', () => {
  const probs = Matrix.from([
    [0.5, 0.3, 0.2],
    [0.1, 0.1, 0.8],
  ]);

  it('are what their formulas say', () => {
    expect(brierScore(probs, [0, 2])).toBeCloseTo((0.25 + 0.09 + 0.04 + 0.01 + 0.01 + 0.04) / 2, 12);
    expect(logLoss(probs, [0, 2])).toBeCloseTo(-(Math.log(0.5) + Math.log(0.8)) / 2, 12);
    expect(eventLogLoss([0.2, 0.8], [0, 1])).toBeCloseTo(-Math.log(0.8), 12);
    expect(areaUnderCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(areaUnderCurve([1, 1, 1, 1], [0, 1, 0, 1])).toBe(0.5);
  });

  it('estimates squared errors in bins of sorted predictions, with events that are sorted along', () => {
    // Two bins, shares 0.5 and 1.
    expect(osce([1, 0, 1, 1], [0.3, 0.1, 0.9, 0.7], 2)).toBeCloseTo(
      ((0.3 - 0.5) ** 2 + (0.1 - 0.5) ** 2 + (0.9 - 1) ** 2 + (0.7 - 1) ** 2) / 4,
      12,
    );
    const random = rng(3);
    const truth = random.fillUniform(new Float64Array(20_000));
    const events = truth.map((p) => (random.uniform() < p ? 1 : 0));
    expect(osce(events, truth)).toBeLessThan(0.005);
    expect(
      osce(
        events,
        truth.map((p) => p / 2),
      ),
    ).toBeGreaterThan(0.07);
  });

  it('puts rows in bins of equal size', () => {
    const bins = reliability([0.9, 0.1, 0.2, 0.8], [1, 0, 0, 1], 2);
    expect(bins.map(({ rows, observed }) => [rows, observed])).toEqual([
      [2, 0],
      [2, 1],
    ]);
    expect(bins.map(({ predicted }) => predicted)).toEqual([expect.closeTo(0.15), expect.closeTo(0.85)]);
  });

  it('refuses lengths that do not match', () => {
    expect(() => brierScore(probs, [0])).toThrow(/2 rows of probabilities and 1 classes/);
    expect(() => osce([1], [0.1, 0.2])).toThrow(/2 predictions for 1 events/);
    expect(() => reliability([0.1], [1], 0)).toThrow(/bins must be/);
  });
});

import { expect, test } from 'vitest';
import { incompleteBeta, studentLimit, studentTwoSided } from './student.js';

/** From R 4.2.2: qt(0.975, df), 2 * pt(-t, df), pbeta(x, a, b). */
test('agrees with R', () => {
  for (const [freedom, limit] of [
    [1, 12.70620473617469],
    [2, 4.30265272974946],
    [27, 2.05183051648029],
    [233, 1.97019759897253],
    [1e6, 1.95996635681411],
  ])
    expect(studentLimit(0.05, freedom!) / limit!).toBeCloseTo(1, 9);
  for (const [t, freedom, p] of [
    [2, 5, 0.101939478829858],
    [-2, 5, 0.101939478829858],
    [0, 7, 1],
    [33.77, 233, 1.00212732935048e-91],
  ])
    expect(studentTwoSided(t!, freedom!) / p!).toBeCloseTo(1, 6);
  expect(incompleteBeta(0.3, 2, 5)).toBeCloseTo(0.579825, 12);
  expect(studentTwoSided(Number.POSITIVE_INFINITY, 3)).toBe(0);
});

import { describe, expect, it } from 'vitest';
import { centred, principalAxes, project } from './pca.js';

/** A small seeded generator (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

describe('principalAxes', () => {
  it('finds the known axes of a stretched cross', () => {
    const rows = centred([
      [3, 0, 0],
      [-3, 0, 0],
      [0, 1, 0],
      [0, -1, 0],
    ]);
    const [first, second] = principalAxes(rows, 2);
    expect(Array.from(first!)).toEqual([1, 0, 0]);
    expect(Array.from(second!)).toEqual([0, 1, 0]);
  });

  it('finds the eigenvector of a covariance known by hand', () => {
    // Along (1, 1)/√2 the spread is 4, across it 1.
    const rows = centred([
      [4, 4],
      [-4, -4],
      [1, -1],
      [-1, 1],
    ]);
    const [first, second] = principalAxes(rows, 2);
    expect(first![0]).toBeCloseTo(Math.SQRT1_2, 10);
    expect(first![1]).toBeCloseTo(Math.SQRT1_2, 10);
    expect(Math.abs(dot(first!, second!))).toBeLessThan(1e-10);
  });

  it('explains at least the variance of any random direction', () => {
    const next = random(7);
    const rows = centred(
      Array.from({ length: 60 }, () =>
        Array.from({ length: 24 }, (_, i) => (next() - 0.5) * (i < 3 ? 6 : 1)),
      ),
    );
    const variance = (axis: ArrayLike<number>) => rows.reduce((sum, row) => sum + dot(row, axis) ** 2, 0);
    const [first] = principalAxes(rows, 1);
    for (let trial = 0; trial < 200; trial++) {
      const axis = Array.from({ length: 24 }, () => next() - 0.5);
      const length = Math.sqrt(dot(axis, axis));
      expect(variance(axis.map((value) => value / length))).toBeLessThanOrEqual(variance(first!) + 1e-9);
    }
  });

  it('gives zero axes where the data has no more dimensions', () => {
    const axes = principalAxes(centred([[1, 1], [2, 2], [3, 3]]), 2); // biome-ignore format: a line of points
    expect(Array.from(axes[1]!)).toEqual([0, 0]);
  });
});

describe('project', () => {
  it('keeps neighbours together, distances in proportion and every point in the square', () => {
    const points = project([
      [0, 0, 0],
      [0, 0.1, 0],
      [10, 0, 0],
      [10, 0.1, 0],
    ]);
    expect(Math.abs(points[0]!.x - points[1]!.x)).toBeLessThan(1e-6);
    expect(Math.abs(points[0]!.x - points[2]!.x)).toBeCloseTo(2, 6);
    expect(Math.abs(points[0]!.y - points[1]!.y)).toBeCloseTo(0.02, 6);
    for (const { x, y } of points) expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(1);
  });

  it('does not move with the origin', () => {
    const next = random(3);
    const vectors = Array.from({ length: 12 }, () => Array.from({ length: 5 }, next));
    const moved = project(vectors.map((vector) => vector.map((value) => value + 100)));
    project(vectors).forEach(({ x, y }, i) => {
      expect(moved[i]!.x).toBeCloseTo(x, 6);
      expect(moved[i]!.y).toBeCloseTo(y, 6);
    });
  });

  it('answers for none, one and identical vectors', () => {
    expect(project([])).toEqual([]);
    expect(project([[1, 2, 3]])).toEqual([{ x: 0, y: 0 }]);
    for (const { x, y } of project([[1, 2], [1, 2]])) expect([x, y]).toEqual([0, 0]); // biome-ignore format: a line
  });
});

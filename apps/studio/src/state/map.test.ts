import { expect, it } from 'vitest';
import { place, vectorOf } from './map.js';

const hit = (id: number, vector?: unknown) =>
  ({ id, version: 1, score: 1, ...(vector === undefined ? {} : { vector }) }) as Parameters<
    typeof vectorOf
  >[0];

it('finds the dense vector, named or not', () => {
  expect(vectorOf(hit(1, [1, 2]))).toEqual([1, 2]);
  expect(vectorOf(hit(1, { a: [1], b: [2] }), 'b')).toEqual([2]);
  expect(vectorOf(hit(1, { a: [1] }))).toEqual([1]);
  expect(vectorOf(hit(1, [[1], [2]]))).toBeNull();
  expect(vectorOf(hit(1))).toBeNull();
});

it('leaves out hits without a vector and puts the others in their order', () => {
  const points = place([hit(1, [0, 0]), hit(2), hit(3, [4, 0])]);
  expect(points.map(({ hit: { id } }) => id)).toEqual([1, 3]);
  expect(points.map(({ x }) => x)).toEqual([-1, 1]);
});

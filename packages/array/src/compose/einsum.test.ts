import { expect, it } from 'vitest';
import { arange, array, zeros } from '../core/ndarray.js';
import { reshape } from '../operations/index.js';
import { evaluate } from '../transform/interpret.js';
import { einsum } from './einsum.js';

it('sums products over named axes', () => {
  const a = reshape(arange(6, 'float64'), [2, 3]);
  const b = reshape(arange(12, 'float64'), [3, 4]);
  expect(evaluate(einsum('ij,jk->ki', a, b)).toNested()).toEqual([
    [20, 56],
    [23, 68],
    [26, 80],
    [29, 92],
  ]);
  expect(evaluate(einsum('ij->', a)).item()).toBe(15);
  expect(evaluate(einsum('ij, j', a, array([1, 0, 2], 'float64'))).toNested()).toEqual([4, 13]);
});

it('refuses equations that do not fit', () => {
  expect(() => einsum('ij,jk', zeros([2, 3]), zeros([4, 5]))).toThrow(/j is 3 and 4/);
  expect(() => einsum('ii->i', zeros([2, 2]))).toThrow(/names an axis twice/);
  expect(() => einsum('ij->ik', zeros([2, 2]))).toThrow(/"k" occurs in no operand/);
  expect(() => einsum('ij', zeros([2, 2]), zeros([2]))).toThrow(/1 operands are named, 2 given/);
  expect(() => einsum('i?', zeros([2, 2]))).toThrow(/must consist of letters/);
});

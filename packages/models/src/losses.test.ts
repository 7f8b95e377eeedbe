import { array, evaluate } from '@fletch/array';
import { expect, it } from 'vitest';
import { classificationLoss, maskedTokenLoss, nextTokenLoss } from './losses.js';

const logits = array([
  [
    [0, 0, Math.log(2)],
    [1, 1, 1],
    [5, 0, 0],
  ],
]);

it('scores the token that follows', () => {
  // −log 2/4 at the first place, −log 1/3 at the second; nothing follows the third.
  const ids = array([[0, 2, 1]], 'int32');
  expect(evaluate(nextTokenLoss(logits, ids)).item()).toBeCloseTo((Math.log(2) + Math.log(3)) / 2, 6);
  const seen = array([[1, 1, 0]], 'int32');
  expect(evaluate(nextTokenLoss(logits, ids, { seen })).item()).toBeCloseTo(Math.log(2), 6);
  const padded = array([[0, 2, 0]], 'int64');
  expect(evaluate(nextTokenLoss(logits, padded, { seen })).item()).toBeCloseTo(Math.log(2), 6);
  expect(() => nextTokenLoss(array([[[1, 2]]]), array([[0]], 'int32'))).toThrow(/two or more places/);
});

it('scores hidden tokens only', () => {
  expect(evaluate(maskedTokenLoss(logits, array([[2, -100, -100]], 'int32'))).item()).toBeCloseTo(
    Math.log(2),
    6,
  );
  expect(evaluate(maskedTokenLoss(logits, array([[-1, 0, -100]], 'int64'))).item()).toBeCloseTo(
    Math.log(3),
    6,
  );
});

it('spreads a share of the target over all classes', () => {
  const scores = array([[0, Math.log(3)]]);
  const labels = array([1], 'int32');
  const [no, yes] = [Math.log(4), Math.log(4 / 3)];
  expect(evaluate(classificationLoss(scores, labels)).item()).toBeCloseTo(yes, 6);
  expect(evaluate(classificationLoss(scores, labels, { smoothing: 0.2 })).item()).toBeCloseTo(
    0.9 * yes + 0.1 * no,
    6,
  );
});

it.each([
  ['nextTokenLoss', () => nextTokenLoss(undefined, array([[1, 2]], 'int32'))],
  ['maskedTokenLoss', () => maskedTokenLoss(undefined, array([[1, 2]], 'int32'))],
  ['classificationLoss', () => classificationLoss(undefined, array([1], 'int32'))],
])('%s says when a model has no head', (name, act) => {
  expect(act).toThrow(new RegExp(`${name}: there are no logits.*architectures`));
});

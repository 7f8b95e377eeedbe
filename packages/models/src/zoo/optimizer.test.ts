import { array, evaluate, type NDArray, tensor, tree, zeros } from '@fletch/array';
import { expect, it } from 'vitest';
import { tinyRecipe } from '../../fixtures/tiny-recipe.mjs';
import { zeroed } from '../parameters.js';
import { optimizerOf } from './optimizer.js';

const { training } = tinyRecipe().plan;
const params = {
  'table.weight': zeros([3, 2]),
  'dense.weight': array([
    [1, 0],
    [0, 1],
  ]),
  'dense.bias': array([1, 1]),
};
const specs = [
  { name: 'table.weight', shape: [3, 2], kind: 'embedding', initial: zeroed },
  { name: 'dense.weight', shape: [2, 2], kind: 'linear', initial: zeroed },
  { name: 'dense.bias', shape: [2], kind: 'bias', initial: zeroed },
] as const;

it('gives matrices inside of the network to Muon when there is a rate for them', () => {
  const names = (plan: typeof training & { matrixRate?: number }) =>
    Object.keys(tree.flatten(optimizerOf(plan, params, specs).init(params))).sort();
  expect(names({ ...training, matrixRate: 0.01 })).toEqual([
    'decayed.first.table.weight',
    'decayed.second.table.weight',
    'decayed.step',
    'inner.step',
    'inner.velocity.dense.weight',
    'plain.first.dense.bias',
    'plain.second.dense.bias',
    'plain.step',
  ]);
  expect(names(training).filter((name) => name.startsWith('inner'))).toEqual([]);
});

it('lets the rate rise, and fall as the plan says', () => {
  // With gradients of one and the moments of the first step, AdamW moves by the rate itself.
  const moved = (fall: 'line' | 'cosine', step: number) => {
    const optimizer = optimizerOf(
      { ...training, steps: 105, warmup: 5, learningRate: 0.1, weightDecay: 0, fall },
      params,
      specs,
    );
    const state = tree.map(
      (leaf: unknown, path) =>
        path.endsWith('step') ? array(Int32Array.of(step), 'int32', []) : (leaf as NDArray),
      optimizer.init(params),
    );
    const tensors = (value: number | undefined) =>
      tree.map((leaf: unknown) => {
        const held = leaf as NDArray;
        return tensor(
          value === undefined ? held : array(new Float32Array(held.size).fill(value), 'float32', held.shape),
        );
      }, params as unknown);
    const [next] = evaluate(
      optimizer.update<unknown>(tensors(undefined), tensors(1) as never, state as never),
    ) as unknown as [typeof params];
    const change = 1 - (next['dense.bias'].data[0] as number);
    // Adam's correction of the start, undone: its moments are fresh, its count is not.
    const count = step + 1;
    return (
      change /
      ((0.1 / Math.sqrt(1 - training.beta2)) * (Math.sqrt(1 - training.beta2 ** count) / (1 - 0.9 ** count)))
    );
  };
  expect(moved('line', 0)).toBeCloseTo(0.02, 4);
  expect(moved('line', 4)).toBeCloseTo(0.1, 4);
  expect(moved('line', 55)).toBeCloseTo(0.05, 4);
  expect(moved('cosine', 55)).toBeCloseTo(0.05, 4);
  expect(moved('line', 30)).toBeCloseTo(0.075, 4);
  expect(moved('cosine', 30)).toBeCloseTo(0.05 * (1 + Math.SQRT1_2), 4);
});

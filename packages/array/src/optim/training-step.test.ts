import { expect, it } from 'vitest';
import { array } from '../core/ndarray.js';
import type { Tensor } from '../core/tensor.js';
import { add, mul, sub, sum } from '../operations/index.js';
import { sgd } from './optimizers.js';
import { trainingStep } from './training-step.js';

type Weights = { w: Tensor };

it('takes one step and hands on what is carried, without a gradient', async () => {
  const step = trainingStep({
    name: 'counted',
    loss: (p: Weights, seen: Tensor, x: Tensor) => [sum(mul(p.w, x)), add(seen, x)],
    optimizer: sgd({ learningRate: 0.5 }),
    carried: true,
  });
  const params = { w: array([1, 2]) };
  const out = await step(params, sgd({ learningRate: 0.5 }).init(params), array([10, 10]), array([3, 4]));
  expect(out.loss.item()).toBe(11);
  expect((out.params as { w: typeof params.w }).w.toNested()).toEqual([-0.5, 0]);
  expect((out.carried as typeof params.w).toNested()).toEqual([13, 14]);
  await step.close();
});

it('clips all gradients together, and takes trees as batches', async () => {
  const optimizer = sgd({ learningRate: 1 });
  const step = trainingStep({
    name: 'clipped',
    loss: (p: Weights, { x, y }: { x: Tensor; y: Tensor }) => sum(sub(mul(p.w, x), y)),
    optimizer,
    clip: 1,
  });
  const params = { w: array([0, 0]) };
  const out = await step(params, optimizer.init(params), {}, { x: array([3, 4]), y: array([1, 1]) });
  const moved = (out.params as typeof params).w.toNested() as number[];
  expect(moved[0]).toBeCloseTo(-0.6, 6);
  expect(moved[1]).toBeCloseTo(-0.8, 6);
  await step.close();
});

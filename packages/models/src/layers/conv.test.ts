import { array, evaluate, mul, sum, type Tensor, valueAndGrad } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { expect, it } from 'vitest';
import { cnn } from '../families/cnn.js';
import { Run } from '../run.js';
import { normals } from '../testing/tiny.js';
import { batchNorm, batchNormLast, channelsFirst, channelsLast } from './conv.js';

const random = rng(7);
const draw = (...shape: number[]) =>
  array(random.fillNormal(new Float64Array(shape.reduce((a, b) => a * b, 1))), 'float64', shape);
const numbers = (x: Tensor) => Array.from(evaluate(x).data as Float64Array);

it.each(['first', 'last'])('the gradient through the statistics of a batch, channels %s', (where) => {
  const given = { x: draw(3, 2, 2, 2), weight: draw(2), bias: draw(2) };
  const mix = draw(3, 2, 2, 2);
  const running = { 'bn.running_mean': draw(2), 'bn.running_var': draw(2) };
  const loss = ({ x, weight, bias }: Record<keyof typeof given, Tensor>) => {
    const weights = { ...running, 'bn.weight': weight, 'bn.bias': bias };
    const run = new Run('test', weights as never, { training: true });
    const y =
      where === 'first' ? batchNorm(run, 'bn', x) : channelsFirst(batchNormLast(run, 'bn', channelsLast(x)));
    return sum(mul(mul(y, y), mix));
  };
  const [, gradients] = valueAndGrad(loss as never)(given as never) as unknown as [
    Tensor,
    Record<string, Tensor>,
  ];
  for (const [name, value] of Object.entries(given))
    for (const [i, found] of numbers(gradients[name]!).entries()) {
      const at = (step: number) => {
        const moved = value.copy();
        moved.data[i] = (moved.data[i] as number) + step;
        return numbers(loss({ ...given, [name]: moved } as never))[0]!;
      };
      expect(found).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 6);
    }
});

it('shows its values with channels first, whatever it computes with', () => {
  const config = cnn.config({ hidden_sizes: [3, 5], num_labels: 2 });
  const params = cnn.init(config, { seed: 1 });
  const images = normals([2, 1, 6, 8], 2);
  const sites = new Map<string, readonly number[]>();
  const plain = cnn.forward(config, params, { images });
  const tapped = cnn.forward(
    config,
    params,
    { images },
    { tap: (site, value) => void sites.set(site, value.shape) },
  );
  expect(Object.fromEntries(sites)).toMatchObject({
    'conv1.in': [2, 1, 6, 8],
    'conv1.out': [2, 3, 6, 8],
    'bn2.out': [2, 5, 3, 4],
  });
  expect(numbers(tapped.logits)).toEqual(numbers(plain.logits));
  expect(plain.hiddenStates.map(({ shape }) => shape)).toEqual([
    [2, 3, 6, 8],
    [2, 5, 3, 4],
  ]);
  const none = cnn.forward(
    config,
    params,
    { images },
    {
      tap: (site, value) => (site === 'bn1.out' ? mul(value, 0) : undefined),
    },
  );
  expect(numbers(none.hiddenStates[0]!).every((value) => value === 0)).toBe(true);
});

import {
  add,
  array,
  crossEntropy,
  evaluate,
  grad,
  matmul,
  mul,
  type NDArray,
  sigmoid,
  sub,
  type Tensor,
  tensor,
  tree,
} from '@fletch/array';
import { Matrix, transpose } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { activate, real } from './arithmetic.js';
import { type EPNetwork, type EPParams, mirrorAngles } from './index.js';

import { change, distance, inputs, labels, network, SETTLE, values } from './support.case.js';

/** Mean loss at the fixed point. */
async function lossAt(net: EPNetwork, x: NDArray): Promise<number> {
  const { u } = await net.relax(x, SETTLE);
  const { weight, bias } = net.parameters.readout;
  const s = activate(real, net.activation, tensor(u.at(-1)!));
  return evaluate(
    crossEntropy(add(matmul(s, weight), bias), array(Int32Array.from(labels))),
  ).item() as number;
}

/** A central difference of the loss along some entries of parameters, moved together. */
async function difference(
  net: EPNetwork,
  x: NDArray,
  entries: readonly (readonly [string, number])[],
): Promise<number> {
  const step = 1e-5;
  const before = net.parameters;
  const at = async (by: number) => {
    change(net, (value, name, i) => value + (entries.some(([n, k]) => n === name && k === i) ? by : 0));
    const loss = await lossAt(net, x);
    net.load(before);
    return loss;
  };
  return ((await at(step)) - (await at(-step))) / (2 * step);
}

describe('gradients', () => {
  test('of recurrent backpropagation agree with differences for each weight, whatever the symmetry', async () => {
    for (const options of [{ angleDeg: 0 }, { angleDeg: 90 }, { topology: 'loop' }] as const) {
      const net = network(options);
      const x = inputs();
      const free = await net.relax(x, SETTLE);
      const delta = await net.adjoint(free, x, labels, SETTLE);
      const found = tree.flatten<NDArray>(await net.gradients(delta, free, x, labels));
      for (const [name, gradient] of Object.entries(found))
        for (const i of [0, Math.floor(gradient.size / 2), gradient.size - 1]) {
          const expected = await difference(net, x, [[name, i]]);
          expect(Math.abs(Number(gradient.data[i]) - expected)).toBeLessThan(
            1e-4 * Math.max(1e-3, Math.abs(expected)),
          );
        }
    }
  });

  test('of equilibrium propagation in a symmetric network: both mirrored weights moved together', async () => {
    const net = network({ angleDeg: 0 });
    const x = inputs();
    const free = await net.relax(x, SETTLE);
    const d = await net.errorVector(free, x, labels, { N: 6, beta: 0.05, ...SETTLE });
    const { weights } = await net.gradients(d, free, x, labels);
    for (const [forward, feedback, rows, cols] of [
      ['h1-h2', 'h2-h1', 6, 5],
      ['h2-out', 'out-h2', 5, 3],
    ] as const)
      for (const [i, j] of [
        [0, 0],
        [2, 1],
        [rows - 1, cols - 1],
      ] as const) {
        const [ahead, back] = [i * cols + j, j * rows + i];
        const sum = Number(weights[forward]!.data[ahead]) + Number(weights[feedback]!.data[back]);
        const expected = await difference(net, x, [
          [`weights.${forward}`, ahead],
          [`weights.${feedback}`, back],
        ]);
        expect(Math.abs(sum - expected)).toBeLessThan(1e-4 * Math.abs(expected));
      }
  });

  test('without feedback recurrent backpropagation is ordinary backpropagation', async () => {
    const net = network({ angleDeg: 90 }, 1);
    change(net, (value, name) => (name.endsWith('h2-h1') || name.endsWith('out-h2') ? 0 : value));
    const x = inputs();
    const free = await net.relax(x, { steps: 100 });
    const delta = await net.adjoint(free, x, labels, { steps: 100 });
    const found = tree.flatten<NDArray>(await net.gradients(delta, free, x, labels));
    const layer = (s: Tensor, w: Tensor, b: Tensor) => sigmoid(sub(mul(add(matmul(s, w), b), 4), 2));
    const loss = ({ weights, biases, readout }: EPParams<Tensor>) => {
      let s = tensor(x);
      for (const [name, edge] of [
        ['h1', 'x-h1'],
        ['h2', 'h1-h2'],
        ['out', 'h2-out'],
      ] as const)
        s = layer(s, weights[edge]!, biases[name]!);
      return crossEntropy(add(matmul(s, readout.weight), readout.bias), array(Int32Array.from(labels)));
    };
    const tensors = tree.map(
      (leaf: unknown) => tensor(leaf as NDArray),
      net.parameters,
    ) as unknown as EPParams<Tensor>;
    const expected = tree.flatten<NDArray>(
      evaluate(grad(loss, { unused: 'zeros' })(tensors)) as unknown as EPParams<NDArray>,
    );
    for (const [name, gradient] of Object.entries(found)) {
      // The absent feedback weights have a gradient too: what they would do if they were there.
      if (name.endsWith('h2-h1') || name.endsWith('out-h2')) continue;
      expect(distance(values([gradient]), values([expected[name]!]))).toBeLessThan(1e-12);
    }
  });
});

describe('homeostasis', () => {
  const blocks = (net: EPNetwork, name: string) => {
    const { data, shape } = net.parameters.weights[name]!;
    return new Matrix(Float64Array.from(data as Float64Array), shape[0]!, shape[1]!);
  };

  test.each(['mlp', 'loop'] as const)(
    '%s: the estimate’s mean is the closed form, which is ‖J − Jᵀ‖² / 2D',
    async (topology) => {
      const net = network({ topology }, 1);
      const exact = await net.homeoLoss({ exact: true });
      const J = net.jacobian(await net.relax(inputs(), { steps: 1 }));
      // In activities: the same blocks without slopes.
      const squares = net.layout.edges.map(({ name, from, to }) => {
        const W = blocks(net, name);
        const back = net.layout.edges.find((edge) => edge.from === to && edge.to === from);
        const other = back && transpose(blocks(net, back.name));
        return (
          W.data.reduce((sum, value, i) => sum + (value - (other?.data[i] ?? 0)) ** 2, 0) * (back ? 1 : 2)
        );
      });
      expect(exact.loss).toBeCloseTo(squares.reduce((a, b) => a + b) / (2 * J.rows), 12);
      const estimate = await net.homeoLoss({ draws: 10_000, seed: 1 });
      expect(Math.abs(estimate.loss / exact.loss - 1)).toBeLessThan(0.02);
    },
  );

  test.each([true, false])('gradients agree with differences (exact: %s)', async (exact) => {
    const net = network({ angleDeg: 70 }, 1);
    const options = { exact, draws: 20, seed: 2 };
    const { grads } = await net.homeoLoss(options);
    const before = net.parameters;
    for (const [edge, gradient] of Object.entries(grads))
      for (const i of [0, gradient.size - 1]) {
        const at = async (by: number) => {
          change(net, (value, name, k) => value + (name === `weights.${edge}` && k === i ? by : 0));
          const { loss } = await net.homeoLoss(options);
          net.load(before);
          return loss;
        };
        const expected = ((await at(1e-5)) - (await at(-1e-5))) / 2e-5;
        expect(Number(gradient.data[i])).toBeCloseTo(expected, 7);
      }
  });

  test('is zero for mirrored weights, and only for them', async () => {
    const net = network({ angleDeg: 0 });
    expect((await net.homeoLoss({ exact: true })).loss).toBe(0);
    expect(Math.abs((await net.homeoLoss({ draws: 50 })).loss)).toBeLessThan(1e-12);
    expect(net.symmetry()).toBe(1);
    change(net, (value, name, i) => value + (name === 'weights.h2-h1' && i === 3 ? 0.1 : 0));
    expect((await net.homeoLoss({ exact: true })).loss).toBeCloseTo(0.01 / 14, 12);
    expect(net.symmetry()).toBeLessThan(1);
  });

  test('the angle at the start is the one that is asked for, where weights are of one size', () => {
    const at = (angleDeg: number) =>
      mirrorAngles(
        network({ layers: [4, 60, 60, 3], angleDeg }, 1).layout,
        network({ layers: [4, 60, 60, 3], angleDeg }, 1).parameters,
      )['h1-h2']!;
    expect(at(0)).toBeLessThan(1e-5);
    for (const angle of [30, 60, 90]) expect(Math.abs(at(angle) - angle)).toBeLessThan(3);
    expect(network({ angleDeg: 0 }).weightAngle()).toBeLessThan(1e-5);
    const half = network({ layers: [4, 60, 60, 30], angleDeg: 45, feedback: 'mirror' }, 1);
    for (const angle of Object.values(mirrorAngles(half.layout, half.parameters)))
      expect(Math.abs(angle - 45)).toBeLessThan(3);
  });
});

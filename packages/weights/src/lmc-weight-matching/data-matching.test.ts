import { adam, array, evaluate, grad, type NDArray, type Tensor, tensor, train } from '@fletch/array';
import { Matrix, rng } from '@fletch/linalg';
import { classificationLoss, mlp } from '@fletch/models';
import { describe, expect, test } from 'vitest';
import type { StateDict } from '../state-dict.js';
import {
  type Activations,
  activationMatching,
  applyPermutation,
  checkSpec,
  collectProducts,
  interpolate,
  inversePerms,
  lossBarrier,
  matchByProducts,
  midpointLoss,
  type Perms,
  pathDerivatives,
  permutationSpec,
  randomPerms,
  straightThroughMatching,
} from './index.js';
import { sinkhorn } from './straight-through-soft.js';
import { normals } from './support.case.js';

const config = mlp.config({ input_size: 6, hidden_sizes: [10, 8], num_labels: 3 });
type Weights = Readonly<Record<string, Tensor>>;
const loss = (model: Weights, features: Tensor, labels: Tensor) =>
  classificationLoss(mlp.forward(config, model, { features }).logits, labels);
const hidden = (model: Weights, features: Tensor) =>
  Object.fromEntries(
    mlp.forward(config, model, { features }).hiddenStates.map((state, i) => [`layers.${i}`, state]),
  );
const a: StateDict = mlp.init(config, { seed: 1 });
const spec = permutationSpec('mlp', a);
const perms = randomPerms(checkSpec(spec, a), 2);
const b = applyPermutation(spec, perms, a);
const batch = (seed: number, count = 64): NDArray[] => {
  const features = normals([count, 6], seed);
  const labels = Int32Array.from({ length: count }, (_, i) => {
    const [x, y] = [features.data[6 * i] as number, features.data[6 * i + 1] as number];
    return x > 0 ? 0 : y > 0 ? 1 : 2;
  });
  return [features, array(labels, 'int32', [count])];
};

describe('activation matching', () => {
  const seen = (model: StateDict): Activations => {
    const states = evaluate(hidden(model as never, tensor(batch(1)[0]!))) as Record<string, NDArray>;
    return Object.fromEntries(
      Object.entries(states).map(([name, { data, shape }]) => [
        name,
        new Matrix(data as Float32Array, shape[0]!, shape[1]!),
      ]),
    );
  };

  test.each(['inner', 'pearson'] as const)('finds a permutation again by %s products', async (kind) => {
    const found = activationMatching(spec, seen(a), seen(b), { kind });
    // Units that are never active are all alike.
    const moved = applyPermutation(spec, found, b);
    const alive = (name: string, i: number) =>
      seen(a)
        [name]!.column(i)
        .some((value) => value !== 0);
    for (const [name, p] of Object.entries(inversePerms(perms)))
      p.forEach((from, i) => {
        if (alive(name, i)) expect(found[name]![i]).toBe(from);
      });
    expect(moved['layers.2.bias']).toEqual(a['layers.2.bias']);
    // From batches, in one graph.
    const products = await collectProducts((m, x) => hidden(m, x), [a, b], {
      batches: 3,
      draw: (step) => batch(step).slice(0, 1),
    });
    expect(products['layers.0']!.examples).toBe(3 * 64);
    const streamed = matchByProducts(spec, products, { kind });
    for (const [name, p] of Object.entries(inversePerms(perms)))
      p.forEach((from, i) => {
        if (alive(name, i)) expect(streamed[name]![i]).toBe(from);
      });
  });

  test('correlation is blind to how strongly units are active, the inner product is not', () => {
    const one = Matrix.from([
      [1, 0, 9],
      [0, 1, 0],
      [1, 0, 9],
      [0, 1, 0],
      [0, 0, 9],
    ]);
    const other = Matrix.from([
      [9, 0, 1],
      [0, 1, 0],
      [9, 0, 1],
      [0, 1, 0],
      [9, 0, 0],
    ]);
    expect(activationMatching({ t: ['P'] }, { P: one }, { P: other }, { kind: 'pearson' }).P).toEqual(
      Int32Array.of(2, 1, 0),
    );
  });

  test('heads are matched by their values', () => {
    const heads = { v: ['V', null], o: [null, { perm: 'H', each: 2, inner: 'V' }] } as const;
    const values = new Matrix(rng(1).fillNormal(new Float64Array(40 * 6)), 40, 6);
    const order = [5, 4, 0, 1, 3, 2];
    const other = new Matrix(
      Float64Array.from(values.data, (_, at) => values.at(Math.floor(at / 6), order[at % 6]!)),
      40,
      6,
    );
    const found = activationMatching(heads, { V: values }, { V: other });
    const expected = inversePerms({ H: Int32Array.of(2, 0, 1), V: Int32Array.from(order) });
    expect(found).toEqual(expected);
    // What nobody has seen moves with its head.
    const keys = { ...heads, k: ['K', null], q: [null, { perm: 'H', each: 2, inner: 'K' }] } as const;
    const all = activationMatching(keys, { V: values }, { V: other });
    expect(all).toEqual({ ...expected, K: Int32Array.of(2, 3, 4, 5, 0, 1) });
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      'other examples',
      () =>
        activationMatching(
          spec,
          { P: new Matrix(new Float64Array(2), 1, 2) },
          { P: new Matrix(new Float64Array(4), 2, 2) },
        ),
      /same examples/,
    ],
    ['activations of one model only', () => activationMatching(spec, seen(a), {}), /first model only/],
    [
      'an unknown permutation',
      () => activationMatching(spec, { P: seen(a)['layers.0']! }, { P: seen(a)['layers.0']! }),
      /no permutation "P"/,
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('straight-through estimators', () => {
  test('v2: the gradient is half of that in the middle', () => {
    const c = mlp.init(config, { seed: 3 });
    const inputs = batch(5);
    const through = evaluate(
      grad((theta: Weights) =>
        midpointLoss(loss, theta, [c as never, a as never], ...inputs.map((x) => tensor(x))),
      )(Object.fromEntries(Object.entries(a).map(([name, x]) => [name, tensor(x)]))),
    ) as Record<string, NDArray>;
    const middle = interpolate(a, c, 0.5);
    const there = evaluate(
      grad((m: Weights) => loss(m, tensor(inputs[0]!), tensor(inputs[1]!)))(
        Object.fromEntries(Object.entries(middle).map(([name, x]) => [name, tensor(x)])),
      ),
    ) as Record<string, NDArray>;
    for (const [name, { data }] of Object.entries(there))
      data.forEach((value, i) => {
        expect(through[name]!.data[i] as number).toBeCloseTo(0.5 * Number(value), 6);
      });
  });

  test('v1: soft matrices have rows and columns that add up to 1', () => {
    const m = evaluate(
      sinkhorn(tensor(array(rng(1).fillUniform(new Float32Array(25)), 'float32', [5, 5])), 30),
    ).toNested() as number[][];
    for (const row of m) expect(row.reduce((x, y) => x + y)).toBeCloseTo(1, 3);
    expect(m.map((row) => row[2]!).reduce((x, y) => x + y)).toBeCloseTo(1, 3);
    expect(m.flat().every((value) => value >= 0)).toBe(true);
  });

  test.each([
    ['weights', 0.01, 10],
    ['permutations', 1, 150],
  ] as const)(
    '%s: of a trained network in another order, the middle is a good network',
    async (variant, lr, steps) => {
      const fixed = batch(9, 256);
      const { params } = await train({
        name: 'a perceptron',
        params: a,
        loss: loss as never,
        optimizer: adam({ learningRate: 0.02 }),
        steps: 150,
        draw: () => fixed,
        threads: 1,
      });
      const other = applyPermutation(spec, perms, params);
      const lossOf = (model: StateDict) =>
        evaluate(loss(model as never, tensor(fixed[0]!), tensor(fixed[1]!))).item();
      const task = { variant, lr, steps, batch: 256, seed: 1, threads: 1 };
      const { perms: found, losses } = await straightThroughMatching(
        spec,
        params,
        other,
        loss,
        () => fixed,
        task,
      );
      expect(losses).toHaveLength(steps);
      const middle = (p: Perms) => lossOf(interpolate(params, applyPermutation(spec, p, other), 0.5));
      expect(middle(found) - lossOf(params)).toBeLessThan(0.3 * (middle({}) - lossOf(params)));
      // What is kept is the best of all steps.
      if (variant === 'permutations') expect(middle(found)).toBeCloseTo(Math.min(...losses), 5);
      else expect(middle(found)).toBeCloseTo(lossOf(params), 5);
    },
  );

  test.each<[string, object, RegExp]>([
    ['a rate of 0', { lr: 0, steps: 1, batch: 1 }, /lr must be/],
    ['no steps', { lr: 1, steps: 0, batch: 1 }, /steps must be/],
    ['half an example', { lr: 1, steps: 1, batch: 0.5 }, /batch must be/],
  ])('refuse %s', async (_, options, message) => {
    await expect(straightThroughMatching(spec, a, b, loss, () => batch(1), options as never)).rejects.toThrow(
      message,
    );
  });

  test('refuse heads for soft permutations, and say at which step a loss is not finite', async () => {
    const heads = { v: ['V', null], o: [null, { perm: 'H', each: 2, inner: 'V' }] } as const;
    const model = { v: normals([4, 2], 1), o: normals([2, 4], 2) };
    const options = { variant: 'permutations', lr: 1, steps: 1, batch: 1 } as const;
    await expect(straightThroughMatching(heads, model, model, loss, () => [], options)).rejects.toThrow(
      /heads \(H\)/,
    );
    const bad = [array(new Float32Array(6).fill(Number.NaN), 'float32', [1, 6]), array(Int32Array.of(0))];
    await expect(
      straightThroughMatching(spec, a, b, loss, () => bad, { lr: 0.1, steps: 2, batch: 1 }),
    ).rejects.toThrow(/NaN at step 0/);
  });
});

describe('along the path', () => {
  const square = ({ w }: StateDict) => -((w!.item() - 1) ** 2);
  const [from, to] = [{ w: array(0) }, { w: array(2) }];

  test('the barrier is how far the loss rises above the line', async () => {
    const found = await lossBarrier(from, to, square, 5);
    expect(found).toEqual({
      lambdas: [0, 0.25, 0.5, 0.75, 1],
      losses: [-1, -0.25, -0, -0.25, -1],
      barrier: 1,
      middle: 1,
    });
    expect(await lossBarrier(from, to, (m) => -square(m), 5)).toMatchObject({ barrier: 0, middle: -1 });
    expect((await lossBarrier(from, to, ({ w }) => w!.item())).lambdas).toHaveLength(25);
  });

  test('slope and curvature are those of the loss', async () => {
    const [x, y] = batch(3);
    const c = mlp.init(config, { seed: 8 });
    const found = await pathDerivatives(loss, a, c, [x!, y!], { threads: 1 });
    const at = (t: number) => evaluate(loss(interpolate(a, c, t) as never, tensor(x!), tensor(y!))).item();
    const h = 0.02;
    expect(found.loss).toBeCloseTo(at(0), 5);
    expect(Math.abs(found.slope - (at(h) - at(-h)) / (2 * h))).toBeLessThan(
      0.02 * (1 + Math.abs(found.slope)),
    );
    expect(found.curvature).toBeGreaterThan(0);
  });

  test('refuses an even number of points, and a loss that is not finite', async () => {
    await expect(lossBarrier(from, to, square, 4)).rejects.toThrow(/odd number/);
    await expect(lossBarrier(from, to, () => Number.NaN, 3)).rejects.toThrow(/λ = 0 is NaN/);
    const stopped = AbortSignal.abort();
    await expect(lossBarrier(from, to, square, 3, { signal: stopped })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});

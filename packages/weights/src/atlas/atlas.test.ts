import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  add,
  array,
  compile,
  evaluate,
  matmul,
  meanSquaredError,
  mul,
  type NDArray,
  relu,
  sgd,
  sum,
  type Tensor,
  tensor,
  train,
  type Value,
  valueAndGrad,
} from '@fletch/array';
import { lstsq, Matrix, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateDict } from '../state-dict.js';
import {
  type AtlasCoefficients,
  AtlasComposer,
  atlasAdapter,
  coefficientsOfTensor,
  composeFromCoefficients,
  composeTensor,
  loadAtlasAdapter,
  partitionMask,
  readAtlasAdapter,
  saveAtlasAdapter,
  taskVector,
} from './index.js';

const random = rng(11);
const draw = (...shape: number[]) =>
  array(random.fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))), 'float32', shape);
const state = () => ({
  'layers.0.weight': draw(5, 4),
  'layers.0.bias': draw(5),
  'layers.1.weight': draw(3, 5),
});
const base: Record<string, NDArray> = state();
const models: Record<string, NDArray>[] = [state(), state()];
const vectors = models.map((model, i) => taskVector(base, model, { name: `task ${i}` }));
const expectSame = (a: StateDict, b: StateDict) => {
  expect(Object.keys(a)).toEqual(Object.keys(b));
  for (const [name, { data }] of Object.entries(b)) expect(a[name]!.data).toEqual(data);
};
const filled = (composer: AtlasComposer, values: (i: number) => number) =>
  array(
    Float32Array.from({ length: composer.vectors.length * composer.width }, (_, i) => values(i)),
    'float32',
    composer.shape,
  );

describe('task vectors', () => {
  it('give the tuned model back, bit for bit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -8, max: 8 }), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.integer({ min: 0, max: 99 }),
        (values, seed) => {
          // What no training makes: numbers that become 2^29 times smaller.
          const after = values.map((value) => (Math.abs(value) < 1e-6 ? 0.25 : value));
          const before = rng(seed).fillNormal(new Float32Array(after.length));
          const tuned = { w: array(Float32Array.from(after)) };
          expectSame(taskVector({ w: array(before) }, tuned).addTo({ w: array(before) }), tuned);
        },
      ),
      { seed: 3, numRuns: 100 },
    );
  });

  it('are off by the rounding of their precision', () => {
    const exact = vectors[0]!;
    for (const [precision, epsilon, bytes] of [
      ['f32', 2 ** -24, 4],
      ['f16', 2 ** -11, 2],
    ] as const) {
      const stored = taskVector(base, models[0]!, { precision });
      expect(stored.size).toBe(40 * bytes);
      for (const tensor of exact.shapes.keys())
        exact.delta(tensor).forEach((value, i) => {
          const error = Math.abs(stored.delta(tensor)[i]! - value);
          expect(error).toBeLessThanOrEqual(Math.max(epsilon * Math.abs(value), 2 ** -25));
        });
    }
  });

  it('add, scale, turn round, and have lengths and angles', () => {
    const [a, b] = vectors as [(typeof vectors)[0], (typeof vectors)[0]];
    expect(a.plus(b).norm ** 2).toBeCloseTo(a.norm ** 2 + 2 * a.dot(b) + b.norm ** 2, 8);
    expect(a.negated().dot(b)).toBe(-a.dot(b));
    expect(a.times(3).norm).toBeCloseTo(3 * a.norm, 10);
    expectSame(a.plus(a.negated()).addTo(base), base);
  });

  it('leave out heads of other shapes, masks and what is skipped', () => {
    const one = { ...base, 'classifier.weight': draw(2, 3), 'h.0.attn.masked_bias': draw(1) };
    const two = { ...models[0], 'classifier.weight': draw(9, 3), 'h.0.attn.masked_bias': draw(1) };
    const skip = (name: string) => name.endsWith('bias');
    expect([...taskVector(one, two).shapes.keys()]).toEqual(Object.keys(base));
    expect([...taskVector(one, two, { skip }).shapes.keys()]).toEqual(['layers.0.weight', 'layers.1.weight']);
  });
});

describe('composing', () => {
  it('gives the base for zeros, and a model for its ones', () => {
    const composer = new AtlasComposer(base, vectors);
    expect(composer.shape).toEqual([2, 3]);
    expectSame(composer.compose(), base);
    for (const i of [0, 1])
      expectSame(composer.compose(filled(composer, (at) => Number(Math.floor(at / 3) === i))), models[i]!);
  });

  it('with equal coefficients in all blocks is what one coefficient a vector gives', () => {
    const blockwise = new AtlasComposer(base, vectors);
    const isotropic = new AtlasComposer(base, vectors, { blockwise: false });
    expect(isotropic.shape).toEqual([2]);
    const factors = [0.3, -1.2];
    expectSame(
      blockwise.compose(filled(blockwise, (i) => factors[Math.floor(i / 3)]!)),
      isotropic.compose(filled(isotropic, (i) => factors[i]!)),
    );
  });

  it('in one part a matrix is blockwise on matrices, and leaves the others', () => {
    const parted = new AtlasComposer(base, vectors, { partition: 1 });
    expect(parted.shape).toEqual([2, 2, 1]);
    const blockwise = new AtlasComposer(base, vectors);
    const factors = [0.5, -0.7, 0.2, 0.9];
    const expected = blockwise.compose(filled(blockwise, (i) => [0.5, 0, -0.7, 0.2, 0, 0.9][i]!));
    expectSame(parted.compose(filled(parted, (i) => factors[i]!)), expected);
  });

  it('cuts matrices into parts that cover them and are alike for one shape', () => {
    const mask = partitionMask([30, 40], 7, 2);
    expect(partitionMask([30, 40], 7, 2)).toEqual(mask);
    expect(partitionMask([30, 40], 7, 3)).not.toEqual(mask);
    const sizes = Array.from({ length: 7 }, (_, part) => mask.filter((own) => own === part).length);
    expect(sizes.reduce((a, b) => a + b)).toBe(1200);
    for (const size of sizes) expect(Math.abs(size - 1200 / 7)).toBeLessThan(60);
  });

  it.each([{}, { blockwise: false }, { partition: 3, seed: 4 }])('traced is composed: %j', (options) => {
    const composer = new AtlasComposer(base, vectors, options);
    const coefficients = filled(composer, (i) => Math.sin(i + 1));
    const composed = composer.compose(coefficients);
    const traced = composer.apply(tensor(coefficients));
    for (const name of Object.keys(base)) {
      const found = evaluate(add(traced[name]!, 0)).data as Float32Array;
      found.forEach((value, i) => void expect(value).toBeCloseTo(composed[name]!.data[i] as number, 5));
    }
  });

  it('gives queries, keys and values of a fused tensor coefficients of their own', () => {
    const name = 'h.0.attn.c_attn.weight';
    const fused = { [name]: draw(4, 12) };
    const vector = taskVector(fused, { [name]: draw(4, 12) });
    const composer = new AtlasComposer(fused, [vector], { splitFused: true });
    expect(composer.blocks).toEqual(['q', 'k', 'v'].map((part) => `${name}#${part}`));
    const coefficients = filled(composer, (i) => [1, 0, -2][i]!);
    const composed = composer.compose(coefficients)[name]!.data;
    const traced = evaluate(add(composer.apply(tensor(coefficients))[name]!, 0)).data;
    vector.delta(name).forEach((delta, i) => {
      const expected = (fused[name]!.data[i] as number) + [1, 0, -2][Math.floor((i % 12) / 4)]! * delta;
      expect(composed[i]).toBeCloseTo(expected, 5);
      expect(traced[i]).toBeCloseTo(expected, 5);
    });
  });

  it('tensor by tensor is what the whole is', () => {
    const composer = new AtlasComposer(base, vectors, { partition: 2, seed: 5 });
    const adapter = composer.toAdapter(filled(composer, (i) => i / 3 - 1));
    const whole = composeFromCoefficients(base, vectors, adapter);
    for (const [name, { shape, data }] of Object.entries(base)) {
      const own = coefficientsOfTensor(adapter, ['task 0', 'task 1'], name);
      const parts = models.map((model) => model[name]!.data as Float32Array);
      expect(composeTensor(data as Float32Array, parts, own, { shape, seed: 5 })).toEqual(whole[name]!.data);
    }
  });
});

describe('gradients', () => {
  const inputs = array(random.fillNormal(new Float64Array(24)), 'float64', [6, 4]);
  const forward = (weights: Readonly<Record<string, Value>>) => {
    const hidden = relu(
      add(matmul(inputs, weights['layers.0.weight']!, { transposeB: true }), weights['layers.0.bias']!),
    );
    const out = matmul(hidden, weights['layers.1.weight']!, { transposeB: true });
    return sum(mul(out, out));
  };

  it.each([{}, { blockwise: false }, { partition: 3 }])(
    'are inner products with the vectors, and central differences: %j',
    (options) => {
      const composer = new AtlasComposer(base, vectors, options);
      const size = composer.vectors.length * composer.width;
      const start = array(
        Float64Array.from({ length: size }, (_, i) => 0.3 * Math.cos(i)),
        'float64',
        composer.shape,
      );
      const loss = (coefficients: Tensor) => forward(composer.apply(coefficients));
      const gradient = evaluate(valueAndGrad(loss as never)(tensor(start) as never)[1] as Tensor)
        .data as Float64Array;
      const weights = Object.fromEntries(
        Object.entries(composer.apply(tensor(start))).map(([name, value]) => [name, evaluate(add(value, 0))]),
      );
      const full = valueAndGrad(forward as never)(weights as never)[1] as unknown as Record<string, Tensor>;
      gradient.forEach((value, i) => {
        const at = (step: number) => {
          const moved = start.copy();
          moved.data[i] = (moved.data[i] as number) + step;
          return evaluate(loss(tensor(moved))).item();
        };
        expect(Math.abs((at(1e-5) - at(-1e-5)) / 2e-5 - value)).toBeLessThan(
          1e-5 * Math.max(1, Math.abs(value)),
        );
      });
      if (options.partition !== undefined) return;
      for (const [v, vector] of vectors.entries()) {
        const products = [...vector.shapes.keys()].map((name) => {
          const steep = evaluate(full[name]!).data as Float64Array;
          return Array.from(vector.delta(name)).reduce((total, delta, i) => total + delta * steep[i]!, 0);
        });
        if (options.blockwise === false)
          expect(gradient[v]).toBeCloseTo(
            products.reduce((a, b) => a + b),
            6,
          );
        else products.forEach((product, b) => void expect(gradient[v * 3 + b]).toBeCloseTo(product, 6));
      }
    },
  );

  it('lead to the least squares in the span of the vectors', async () => {
    const origin = { w: draw(1, 6) };
    const pool = [0, 1, 2].map((i) => taskVector(origin, { w: draw(1, 6) }, { name: `${i}` }));
    const composer = new AtlasComposer(origin, pool);
    const x = draw(40, 6);
    const y = draw(40, 1);
    const { params } = await train({
      name: 'least squares',
      params: { coefficients: composer.coefficients },
      optimizer: sgd({ learningRate: 0.01 }),
      steps: 3000,
      loss: ({ coefficients }: { coefficients: Tensor }) =>
        meanSquaredError(matmul(x, composer.apply(coefficients).w!, { transposeB: true }), y),
      draw: () => [],
      threads: 1,
    });
    // Columns: what each vector adds to the predictions.
    const times = (row: ArrayLike<number>) =>
      Array.from({ length: 40 }, (_, i) =>
        Array.from({ length: 6 }, (_, j) => (x.data[i * 6 + j] as number) * row[j]!).reduce((a, b) => a + b),
      );
    const columns = pool.map((vector) => times(vector.delta('w')));
    const rest = times(origin.w.data as Float32Array).map((value, i) => (y.data[i] as number) - value);
    const matrix = Matrix.from(rest.map((_, i) => columns.map((column) => column[i]!)));
    const { x: expected } = lstsq(matrix, Matrix.from(rest.map((value) => [value])));
    Array.from(params.coefficients.data as Float32Array).forEach(
      (value, i) => void expect(value).toBeCloseTo(expected.data[i]!, 3),
    );
  });
});

describe('coefficients as a file', () => {
  it('come back as they were, and make the same model', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fletch-atlas-'));
    try {
      const composer = new AtlasComposer(base, vectors, { partition: 3, seed: 8 });
      const coefficients = filled(composer, (i) => Math.tan(i));
      const path = join(folder, 'coefficients.json');
      await saveAtlasAdapter(path, composer.toAdapter(coefficients));
      const loaded = await loadAtlasAdapter(path);
      expect(loaded).toEqual(composer.toAdapter(coefficients));
      expectSame(composeFromCoefficients(base, vectors, loaded), composer.compose(coefficients));
      await writeFile(path, '{ "task 1": { "layers.0.bias": 2 } }');
      const edited = composeFromCoefficients(base, vectors, await loadAtlasAdapter(path));
      expect(edited['layers.1.weight']!.data).toEqual(base['layers.1.weight']!.data);
      expect(edited['layers.0.bias']!.data[0]).toBeCloseTo(
        2 * (models[1]!['layers.0.bias']!.data[0] as number) - (base['layers.0.bias']!.data[0] as number),
        5,
      );
      await writeFile(path, '{');
      await expect(loadAtlasAdapter(path)).rejects.toThrow('is no JSON');
      await expect(loadAtlasAdapter(join(folder, 'none.json'))).rejects.toThrow('cannot be read');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('bad input', () => {
  it('models that differ, or hold what is no number', () => {
    const { 'layers.0.bias': _, ...less } = models[0]!;
    expect(() => taskVector(base, less, { name: 'less' })).toThrow(
      '"layers.0.bias" [5] is only in the first',
    );
    const bad = { ...models[0]!, 'layers.0.bias': array([1, 2, Number.NaN, 4, 5]) };
    expect(() => taskVector(base, bad)).toThrow('"layers.0.bias" holds NaN in "task"');
    const counted = { ...models[0]!, 'layers.0.bias': array(new Int32Array(5), 'int32') };
    expect(() => taskVector(base, counted)).toThrow('is int32, not float32');
    expect(() => taskVector(base, models[0]!, { skip: () => true })).toThrow('Nothing of the base is left');
    expect(() => new AtlasComposer({ other: draw(2) }, vectors)).toThrow(
      '"layers.0.weight" is [5, 4] there and missing',
    );
  });

  it('differences that half precision does not hold', () => {
    expect(() => taskVector({ w: array([0]) }, { w: array([70_000]) }, { precision: 'f16' })).toThrow(
      '"w" of "task" changed by 70000, which half precision does not hold',
    );
  });

  it('no vectors, two of one name, other models, a part of none', () => {
    expect(() => new AtlasComposer(base, [])).toThrow('There are no task vectors');
    expect(() => new AtlasComposer(base, [vectors[0]!, vectors[0]!])).toThrow(
      'Two task vectors are called "task 0"',
    );
    const other = taskVector({ w: draw(2) }, { w: draw(2) }, { name: 'other' });
    expect(() => new AtlasComposer(base, [vectors[0]!, other])).toThrow('not of one architecture');
    expect(() => vectors[0]!.dot(other)).toThrow('not of one architecture');
    expect(() => vectors[0]!.delta('w')).toThrow('has no tensor "w"');
    for (const partition of [0, -1, 1.5])
      expect(() => new AtlasComposer(base, vectors, { partition })).toThrow('at least one part');
    expect(() => new AtlasComposer(base, vectors, { partition: 2, blockwise: false })).toThrow('choose one');
    const flat = taskVector({ b: draw(3) }, { b: draw(3) });
    expect(() => new AtlasComposer({ b: draw(3) }, [flat], { partition: 2 })).toThrow('cuts matrices');
  });

  it('a vector of zeros is warned of', () => {
    const zero = taskVector(base, base, { name: 'same' });
    expect(new AtlasComposer(base, [zero]).warnings).toEqual([
      'The task vector "same" is zero: its model is the base.',
    ]);
  });

  it('coefficients of what is not there, or that are none', () => {
    const compose = (given: AtlasCoefficients) => composeFromCoefficients(base, vectors, given);
    expect(() => compose({ 'task 7': {} })).toThrow('name the task vectors "task 7"');
    expect(() => compose({ 'task 0': { 'layers.9.weight': 1 } })).toThrow(
      'name the tensors "layers.9.weight"',
    );
    for (const value of ['1', null, [], [1, 'x'], Number.NaN])
      expect(() => readAtlasAdapter({ 'task 0': { 'layers.0.bias': value } })).toThrow(
        'neither a number nor a list',
      );
    expect(() => readAtlasAdapter([])).toThrow('an object of task vectors');
    expect(() => readAtlasAdapter({ 'task 0': 3 })).toThrow('must be an object of tensors');
    expect(() => readAtlasAdapter({ ...atlasAdapter({}), version: 2 })).toThrow('version 2 is not known');
    expect(() => composeTensor(new Float32Array(2), [new Float32Array(3)], [1])).toThrow('not with 1 of 3');
    const composer = new AtlasComposer(base, vectors);
    expect(() => composer.compose(draw(2))).toThrow('have shape [2], not [2,3]');
  });
});

it('compiles', async () => {
  const composer = new AtlasComposer(base, vectors);
  const run = compile((coefficients: Tensor) => add(composer.apply(coefficients)['layers.0.bias']!, 0), {
    threads: 1,
  });
  const coefficients = filled(composer, () => 0.5);
  expect((await run(coefficients)).data[0]).toBeCloseTo(
    composer.compose(coefficients)['layers.0.bias']!.data[0] as number,
    5,
  );
  await run.close();
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, evaluate, grad, type NDArray, saveTree, type Tensor, tensor } from '@fletch/array';
import { Matrix, matmul, norm, randomOrthogonal, rng, singularValues, transpose } from '@fletch/linalg';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hiddenStates, type RnnParams, rnnLoss } from './forward.js';
import {
  alignedKA,
  CTRNN,
  cognitiveTask,
  cognitiveTasks,
  compareStarts,
  effectiveRank,
  firstTrials,
  imageRows,
  isotropicKA,
  kernelAlignment,
  linearFlow,
  linearKernel,
  linearRichLazy,
  lowRankInit,
  measureLaziness,
  permutedEntries,
  readConnectivity,
  representationAlignment,
  signSimilarity,
  spectrumMatched,
} from './index.js';
import { type RnnPart, rnnKernel } from './kernel.js';

const gaussian = (rows: number, cols: number, seed: number) =>
  new Matrix(rng(seed).fillNormal(new Float64Array(rows * cols)), rows, cols);
const scaled = (a: Matrix, factor: number) =>
  new Matrix(
    Float64Array.from(a.data, (value) => value * factor),
    a.rows,
    a.cols,
  );
const code = (name: string) => expect.objectContaining({ code: name });

describe('starts', () => {
  test('of rank r: r directions, the norm of the whole, the top singular vectors', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: 2, max: 12 }),
        fc.nat(),
        (m, n, seed) => {
          const W = gaussian(m, n, seed);
          for (let rank = 1; rank <= Math.min(m, n); rank++) {
            const low = lowRankInit(W, rank);
            const s = singularValues(low);
            if (rank < s.length) expect(s[rank]! / s[0]!).toBeLessThan(1e-6);
            expect(s[rank - 1]!).toBeGreaterThan(0);
            expect(Math.abs(norm(low) / norm(W) - 1)).toBeLessThan(1e-6);
            // Unscaled it is the best approximation: what is missing is the norm of the other singular values.
            const rest = Math.hypot(...singularValues(W).slice(rank));
            const kept = lowRankInit(W, rank, { preserve: 'none' });
            const missing = norm(
              new Matrix(
                kept.data.map((value, i) => value - W.data[i]!),
                m,
                n,
              ),
            );
            expect(Math.abs(missing - rest)).toBeLessThan(1e-9);
          }
        },
      ),
      { seed: 1, numRuns: 10 },
    );
  });

  test('effective rank: r equal singular values count r, both ways', () => {
    const random = rng(2);
    const flat = matmul(randomOrthogonal(random, 20, 4), transpose(randomOrthogonal(random, 20, 4)));
    expect(effectiveRank(flat).rank).toBe(4);
    expect(effectiveRank(flat).smooth).toBeCloseTo(4, 8);
    expect(effectiveRank(flat, { energy: 0.5 }).rank).toBe(2);
    expect(
      effectiveRank(
        Matrix.from([
          [3, 0],
          [0, 1],
        ]),
      ).rank,
    ).toBe(2);
    expect(
      effectiveRank(
        Matrix.from([
          [5, 0],
          [0, 1],
        ]),
      ).rank,
    ).toBe(1);
  });

  test('controls keep the spectrum, or the entries', () => {
    const W = lowRankInit(gaussian(9, 9, 3), 3);
    const matched = spectrumMatched(W, 4);
    singularValues(matched).forEach((value, i) => {
      expect(value).toBeCloseTo(singularValues(W)[i]!, 9);
    });
    expect(Math.abs(matched.data.reduce((sum, value, i) => sum + value * W.data[i]!, 0))).toBeLessThan(
      0.6 * norm(W) ** 2,
    );
    expect(permutedEntries(W, 5).data.toSorted()).toEqual(W.data.toSorted());
    expect(singularValues(permutedEntries(W, 5))[4]!).toBeGreaterThan(0.1);
  });

  test.each([0, 4, 1.5])('there is no rank %f of three rows', (rank) => {
    expect(() => lowRankInit(gaussian(3, 5, 1), rank)).toThrow(code('INVALID_ARGUMENT'));
  });

  test('refuses matrices that are zero or not finite, and shares outside (0, 1]', () => {
    const zero = new Matrix(new Float64Array(4), 2, 2);
    expect(() => lowRankInit(zero, 1)).toThrow(code('INVALID_ARGUMENT'));
    expect(() => effectiveRank(zero)).toThrow(code('INVALID_ARGUMENT'));
    expect(() => spectrumMatched(zero, 1)).toThrow(code('INVALID_ARGUMENT'));
    expect(() => lowRankInit(Matrix.from([[1, Number.NaN]]), 1)).toThrow(code('NON_FINITE'));
    expect(() => effectiveRank(gaussian(2, 2, 1), { energy: 0 })).toThrow(code('INVALID_ARGUMENT'));
  });
});

describe('measures', () => {
  test('are 1 for what has not changed, and blind to scale and to rotations of the units', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0.1, max: 10, noNaN: true }), (seed, factor) => {
        const H0 = gaussian(7, 5, seed);
        const Hf = gaussian(7, 5, seed + 1);
        const turn = randomOrthogonal(rng(seed), 5);
        const [K0, Kf] = [H0, Hf].map((H) => matmul(H, H, { transposeB: true })) as [Matrix, Matrix];
        const ra = representationAlignment(H0, Hf);
        expect(representationAlignment(H0, H0)).toBeCloseTo(1, 12);
        expect(kernelAlignment(K0, K0)).toBeCloseTo(1, 12);
        expect(representationAlignment(H0, scaled(Hf, factor))).toBeCloseTo(ra, 12);
        expect(kernelAlignment(scaled(K0, factor), Kf)).toBeCloseTo(ra, 12);
        expect(representationAlignment(matmul(H0, turn), Hf)).toBeCloseTo(ra, 12);
        expect(representationAlignment(H0, matmul(Hf, turn))).toBeCloseTo(ra, 12);
      }),
      { seed: 2, numRuns: 20 },
    );
  });

  test('signs: equal ones are counted, zeros too', () => {
    expect(signSimilarity(Matrix.from([[1, 0, 2, 0]]), Matrix.from([[3, 0, 0, 1]]))).toBe(0.5);
  });

  test('refuses other shapes, nothing, and zero kernels', () => {
    const [a, b] = [gaussian(3, 2, 1), gaussian(2, 3, 1)];
    expect(() => representationAlignment(a, b)).toThrow(code('DIMENSION_MISMATCH'));
    expect(() => kernelAlignment(a, b)).toThrow(code('DIMENSION_MISMATCH'));
    expect(() => signSimilarity(a, b)).toThrow(code('DIMENSION_MISMATCH'));
    const none = new Matrix(new Float64Array(0), 0, 0);
    expect(() => kernelAlignment(none, none)).toThrow(code('INVALID_ARGUMENT'));
    const zero = new Matrix(new Float64Array(4), 2, 2);
    expect(() => kernelAlignment(zero, gaussian(2, 2, 1))).toThrow('alignment undefined for a zero kernel');
  });
});

describe('the linear theory', () => {
  test.each([0.5, 1, 2, 3])('the trainer ends where the closed forms say, σ = %f', (sigma) => {
    const d = 8;
    const small = { d, h: 12, sigma, tasks: 3, seed: 1, step: 0.002, maxSteps: 200_000 };
    const aligned = linearRichLazy({ ...small, alignment: 'aligned' });
    expect(aligned.converged).toBe(1);
    expect(Math.abs(aligned.ka - alignedKA({ d, sigma }))).toBeLessThan(1e-3);
    const isotropic = linearRichLazy({ ...small, rank: d });
    expect(Math.abs(isotropic.ka - isotropicKA({ d, sigma }))).toBeLessThan(1e-3);
  });

  test('W₁W₁ᵀ − w₂ᵀw₂ is conserved', () => {
    const W1 = scaled(gaussian(6, 4, 3), 0.3);
    const beta = Float64Array.of(0.5, -0.5, 0.5, 0.5);
    const conserved = (W: Matrix, w2: ArrayLike<number>) => {
      const product = matmul(W, W, { transposeB: true }) as Matrix<Float64Array>;
      return new Matrix(
        product.data.map((value, i) => value - (w2[Math.floor(i / 6)] ?? 0) * (w2[i % 6] ?? 0)),
        6,
        6,
      );
    };
    const before = conserved(W1, []);
    for (const maxSteps of [20, 100, 20_000]) {
      const { W1: W, w2, error } = linearFlow({ W1, beta, maxSteps, step: 0.005 });
      if (maxSteps === 20_000) expect(error).toBeLessThan(1e-9);
      const after = conserved(W, w2);
      const off = new Matrix(
        after.data.map((value, i) => value - before.data[i]!),
        6,
        6,
      );
      expect(norm(off) / norm(before)).toBeLessThan(0.01);
    }
  });

  test('its kernel is that of the derivatives by both layers', () => {
    const [W1, w2] = [gaussian(3, 4, 1), gaussian(1, 3, 2)];
    const K = linearKernel(W1, w2.data);
    const x = gaussian(2, 4, 5);
    // Derivatives of w₂W₁x: W₁x by w₂, and w₂ᵀxᵀ by W₁.
    const hidden = matmul(x, W1, { transposeB: true });
    const byFirst = matmul(x, x, { transposeB: true }).at(0, 1) * norm(w2) ** 2;
    const bySecond = matmul(hidden, hidden, { transposeB: true }).at(0, 1);
    expect(matmul(matmul(x, K), transpose(x)).at(0, 1)).toBeCloseTo(byFirst + bySecond, 10);
  });

  test('a start along the truncated map is a partly aligned one, and fully when the rest of the data is small', () => {
    const cell = { d: 6, h: 8, sigma: 2, tasks: 4, seed: 3 };
    const at = (alignment: 'aligned' | 'partial', kappa: number) =>
      linearRichLazy({ ...cell, alignment, kappa }).ka;
    expect(at('partial', 1)).toBeLessThan(at('partial', 4));
    expect(at('partial', 1000)).toBeCloseTo(at('aligned', 1000), 4);
  });

  test.each([
    [{ rank: 9 }, 'rank'],
    [{ rank: 0 }, 'rank'],
    [{ d: 20 }, 'd must'],
    [{ sigma: 0 }, 'sigma'],
    [{ kappa: Number.NaN }, 'kappa'],
    [{ alignment: 'aligned', rank: 2 }, 'rank 1'],
  ] as const)('refuses %j', (change, message) => {
    const call = () => linearRichLazy({ d: 8, h: 10, sigma: 1, seed: 0, ...change });
    expect(call).toThrow(code('INVALID_ARGUMENT'));
    expect(call).toThrow(message);
  });

  test('refuses a target of another size', () => {
    expect(() => linearFlow({ W1: gaussian(2, 3, 1), beta: [1, 0] })).toThrow(code('DIMENSION_MISMATCH'));
  });
});

/** A small network in 64-bit, some inputs, and labels. */
function smallNetwork(steps: number, batch: number) {
  const [hidden, inputs, classes] = [5, 2, 3];
  const random = rng(11);
  const values = {
    input: random.fillNormal(new Float64Array(hidden * inputs)),
    recurrent: random.fillNormal(new Float64Array(hidden * hidden)).map((value) => value / 2),
    readout: random.fillNormal(new Float64Array(classes * hidden)),
  };
  const shapes = { input: [hidden, inputs], recurrent: [hidden, hidden], readout: [classes, hidden] };
  const tensors = (): RnnParams<Tensor> => {
    const of = (name: keyof typeof values) => tensor(array(values[name].slice(), 'float64', shapes[name]));
    return { input: of('input'), recurrent: of('recurrent'), readout: of('readout') };
  };
  const x = tensor(
    array(random.fillNormal(new Float64Array(steps * batch * inputs)), 'float64', [steps, batch, inputs]),
  );
  const y = tensor(
    array(
      Int32Array.from({ length: steps * batch }, () => random.integer(classes)),
      'int32',
      [steps, batch],
    ),
  );
  return { values, tensors, x, y, hidden, classes };
}

/** Central differences of `f` by every entry of `data`. */
function differences(data: Float64Array, f: () => Float64Array): Float64Array[] {
  const step = 1e-6;
  return Array.from(data, (value, i) => {
    data[i] = value + step;
    const above = f();
    data[i] = value - step;
    const below = f();
    data[i] = value;
    return above.map((high, k) => (high - below[k]!) / (2 * step));
  });
}

describe('the recurrent network', () => {
  test.each([
    [1, 'every'],
    [0.6, 'every'],
    [1, 'last'],
  ] as const)(
    'backpropagation through time agrees with central differences, α = %f, %s step scored',
    (alpha, scored) => {
      const { values, tensors, x, y } = smallNetwork(4, 3);
      const loss = (p: RnnParams<Tensor>) => rnnLoss(p, x, y, { alpha, scored });
      const found = evaluate(grad(loss)(tensors()));
      const at = () => (evaluate(loss(tensors())) as NDArray).data as Float64Array;
      for (const name of ['input', 'recurrent', 'readout'] as const) {
        const expected = differences(values[name], at).map(([value]) => value!);
        const length = Math.hypot(...expected);
        const off = Math.hypot(...expected.map((value, i) => value - Number(found[name].data[i])));
        expect(length).toBeGreaterThan(0.01);
        expect(off / length).toBeLessThan(1e-5);
      }
    },
  );

  test.each<[number, 'every' | 'last', RnnPart[]]>([
    [1, 'every', ['recurrent']],
    [0.5, 'every', ['recurrent']],
    [1, 'last', ['recurrent']],
    [0.7, 'every', ['input', 'recurrent', 'readout']],
    [1, 'every', ['readout']],
  ])('the tangent kernel is G Gᵀ of central differences: α = %f, %s, by %j', (alpha, outputs, parts) => {
    const { values, tensors, x, hidden, classes } = smallNetwork(3, 2);
    const readAll = () => {
      const p = tensors();
      const states = hiddenStates(p, x, alpha).map((state) => evaluate(state).data as Float64Array);
      const scored = outputs === 'last' ? states.slice(-1) : states;
      // Latest step first, then class, then trial.
      return Float64Array.from(
        [...scored].reverse().flatMap((state) =>
          Array.from({ length: classes * 2 }, (_, at) => {
            const [k, b] = [Math.floor(at / 2), at % 2];
            let sum = 0;
            for (let j = 0; j < hidden; j++) sum += values.readout[k * hidden + j]! * state[b * hidden + j]!;
            return sum;
          }),
        ),
      );
    };
    const columns = parts.flatMap((part) => differences(values[part], readAll));
    const rows = columns[0]!.length;
    const G = new Matrix(
      Float64Array.from(
        { length: rows * columns.length },
        (_, at) => columns[at % columns.length]![Math.floor(at / columns.length)]!,
      ),
      rows,
      columns.length,
    );
    const expected = matmul(G, G, { transposeB: true });
    const K = evaluate(rnnKernel(tensors(), x, { alpha, outputs, parts }));
    expect(K.shape).toEqual([rows, rows]);
    const data = K.data as Float64Array;
    const off = new Matrix(
      data.map((value, i) => value - expected.data[i]!),
      rows,
      rows,
    );
    expect(norm(off) / norm(expected)).toBeLessThan(1e-4);
    // Symmetric, and no negative eigenvalue: singular values and trace agree.
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < i; j++) expect(data[i * rows + j]).toBeCloseTo(data[j * rows + i]!, 9);
    const trace = Array.from({ length: rows }, (_, i) => data[i * rows + i]!).reduce((a, b) => a + b);
    const spectrum = singularValues(new Matrix(data, rows, rows)).reduce((a, b) => a + b);
    expect(spectrum / trace - 1).toBeCloseTo(0, 8);
  });

  test('training with a rate of zero changes nothing; with another it does, and leaves the start alone', async () => {
    const before = new CTRNN({ nIn: 3, hidden: 20, nOut: 3, seed: 1 });
    const probe = cognitiveTask('2AF', { batch: 16, seed: 9 });
    const draw = (step: number) => cognitiveTask('2AF', { batch: 8, seed: step });
    const still = await before.fit({ draw, steps: 3, lr: 0, threads: 1 });
    const same = await measureLaziness(before, still.model, probe, { kernelTrials: 6 });
    expect(same.dW).toBe(0);
    expect(same.ra).toBeCloseTo(1, 10);
    expect(same.ka).toBeCloseTo(1, 10);
    expect(same.signSim).toBe(1);
    const { model, loss } = await before.fit({ draw, steps: 60, lr: 0.02, threads: 1 });
    expect(loss.at(-1)!).toBeLessThan(0.7 * loss[0]!);
    const moved = await measureLaziness(before, model, probe, { kernelTrials: 6 });
    expect(moved.dW).toBeGreaterThan(0.01);
    expect(moved.ka).toBeLessThan(1);
    expect((await before.run(probe)).loss).toBe((await still.model.run(probe)).loss);
  });

  test('what it is compiled to predicts as the reference does', async () => {
    const model = new CTRNN({ nIn: 3, hidden: 12, nOut: 3, dt: 20, seed: 4 });
    const trials = cognitiveTask('DMS', { batch: 5, seed: 3 });
    const { last, loss } = await model.run(trials);
    const p = Object.fromEntries(
      Object.entries(model.parameters).map(([name, value]) => [name, tensor(value as NDArray)]),
    ) as unknown as RnnParams<Tensor>;
    const x = tensor(array(trials.x, 'float32', [8, 5, 3]));
    const y = tensor(array(trials.y, 'int32', [8, 5]));
    const states = evaluate(hiddenStates(p, x, 0.2).at(-1)!);
    last.data.forEach((value, i) => {
      expect(value).toBeCloseTo(Number(states.data[i]), 5);
    });
    const reference = evaluate(rnnLoss(p, x, y, { alpha: 0.2, scored: 'every' })) as NDArray;
    expect(loss).toBeCloseTo(reference.item(), 5);
  });

  test('starts are compared on equal terms, and one that explodes is named', async () => {
    const W = new CTRNN({ nIn: 3, hidden: 16, nOut: 3, seed: 0 }).recurrent;
    const { outcomes, diverged } = await compareStarts({
      starts: { full: W, one: lowRankInit(W, 1), huge: scaled(W, 1e20) },
      draw: (batch, seed) => cognitiveTask('2AF', { batch, seed }),
      seed: 0,
      steps: 20,
      probe: 12,
      kernelTrials: 4,
      threads: 1,
    });
    expect(diverged).toEqual(['huge']);
    expect(outcomes.map(({ start }) => start)).toEqual(['full', 'one']);
    expect(outcomes[1]!.effective.rank).toBe(1);
    expect(outcomes[0]!.curve).toHaveLength(20);
    await expect(
      compareStarts({ starts: {}, draw: (batch, seed) => cognitiveTask('2AF', { batch, seed }), seed: 0 }),
    ).rejects.toThrow(code('INVALID_ARGUMENT'));
  });

  test.each([
    [{ hidden: 0 }, 'hidden'],
    [{ dt: 200 }, 'alpha'],
    [{ tau: 0 }, 'tau'],
    [{ tau: -5 }, 'tau'],
    [{ dt: 0 }, 'dt'],
  ])('refuses %j', (change, message) => {
    const call = () => new CTRNN({ nIn: 3, nOut: 3, seed: 0, ...change });
    expect(call).toThrow(code('INVALID_ARGUMENT'));
    expect(call).toThrow(message);
  });

  test('refuses recurrent weights, trials and names that do not fit', async () => {
    const model = new CTRNN({ nIn: 3, hidden: 4, nOut: 2, seed: 0 });
    expect(() => model.withRecurrent(gaussian(5, 5, 1))).toThrow(code('DIMENSION_MISMATCH'));
    expect(() => model.withRecurrent(scaled(gaussian(4, 4, 1), Number.NaN))).toThrow(code('NON_FINITE'));
    const trials = cognitiveTask('2AF', { batch: 4, seed: 0 });
    await expect(model.run(trials)).rejects.toThrow('2 outputs');
    await expect(model.fit({ draw: () => trials })).rejects.toThrow(code('INVALID_ARGUMENT'));
    await expect(model.run(cognitiveTask('CXT', { batch: 4, seed: 0 }))).rejects.toThrow(
      code('DIMENSION_MISMATCH'),
    );
    const fitting = new CTRNN({ nIn: 3, hidden: 4, nOut: 3, seed: 0 });
    await expect(fitting.run(firstTrials(trials, 0))).rejects.toThrow('no trials');
    await expect(fitting.tangentKernel(trials, { params: ['bias' as RnnPart] })).rejects.toThrow('bias');
    await expect(measureLaziness(fitting, model, trials)).rejects.toThrow(code('INVALID_ARGUMENT'));
  });
});

describe('tasks', () => {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

  test.each(cognitiveTasks)('%s: fixation before the decision, both choices equally often', (name) => {
    const { steps, batch, y, x, inputs } = cognitiveTask(name, { batch: 4000, seed: 1 });
    expect(x).toHaveLength(steps * batch * inputs);
    expect(y.subarray(0, 7 * batch).every((label) => label === 0)).toBe(true);
    const choices = Array.from(y.subarray(7 * batch));
    expect(mean(choices)).toBeCloseTo(1.5, 1);
    expect(new Set(choices)).toEqual(new Set([1, 2]));
    expect(cognitiveTask(name, { batch: 4000, seed: 1 }).x).toEqual(x);
    expect(cognitiveTask(name, { batch: 4000, seed: 2 }).x).not.toEqual(x);
  });

  test('2AF: the chosen channel is stronger by coherence / 100 on the average, and the decision step is empty', () => {
    const { batch, x, y } = cognitiveTask('2AF', { batch: 5000, seed: 3 });
    const at = (step: number, b: number, channel: number) => x[(step * batch + b) * 3 + channel]!;
    const lead = Array.from({ length: batch }, (_, b) => {
      const choice = y[7 * batch + b]! - 1;
      return at(3, b, 1 + choice) - at(3, b, 2 - choice);
    });
    expect(mean(lead)).toBeCloseTo(mean([0, 6.4, 12.8, 25.6, 51.2]) / 100, 1.8);
    expect(Math.max(...lead)).toBeLessThan(1.2);
    for (let b = 0; b < batch; b++) expect([at(7, b, 1), at(7, b, 2), at(3, b, 0)]).toEqual([0, 0, 0]);
  });

  test('DMS: the label says whether sample and test agree', () => {
    const { batch, x, y } = cognitiveTask('DMS', { batch: 300, seed: 4 });
    const side = (step: number, b: number) =>
      Math.sign(x[(step * batch + b) * 3 + 1]! - x[(step * batch + b) * 3 + 2]!);
    for (let b = 0; b < batch; b++) {
      expect(y[7 * batch + b]).toBe(side(0, b) === side(6, b) ? 1 : 2);
      expect(x[(3 * batch + b) * 3 + 1]).toBe(0);
      expect([x[(6 * batch + b) * 3]!, x[(7 * batch + b) * 3]!]).toEqual([1, 0]);
    }
  });

  test('CXT: the cued modality decides', () => {
    const { batch, x, y } = cognitiveTask('CXT', { batch: 4000, seed: 5 });
    let [cued, other] = [0, 0];
    for (let b = 0; b < batch; b++) {
      const row = (step: number) => x.subarray((step * batch + b) * 7, (step * batch + b + 1) * 7);
      expect(row(7)[5]! + row(7)[6]!).toBe(1);
      const context = row(0)[6]!;
      const choice = y[7 * batch + b]! - 1;
      const lead = (modality: number) =>
        row(0)[1 + 2 * modality + choice]! - row(0)[2 + 2 * modality - choice]!;
      cued += lead(context) / batch;
      other += lead(1 - context) / batch;
    }
    expect(cued).toBeCloseTo(mean([5, 15, 50]) / 100, 1.8);
    expect(Math.abs(other)).toBeLessThan(0.02);
  });

  test('images become their rows, the class comes last', () => {
    const trials = imageRows([1, 2, 3, 4, 5, 6, 7, 8], [2, 1], { rows: 2, columns: 2, classes: 3 });
    expect(Array.from(trials.x)).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
    expect(Array.from(trials.y)).toEqual([0, 0, 2, 1]);
    expect(Array.from(firstTrials(trials, 1).x)).toEqual([1, 2, 3, 4]);
    expect(() => imageRows([1, 2], [0], { rows: 2, columns: 2, classes: 1 })).toThrow(
      code('DIMENSION_MISMATCH'),
    );
  });

  test('refuses what there is not', () => {
    expect(() => cognitiveTask('XOR' as '2AF', { batch: 1, seed: 0 })).toThrow('2AF, DMS, CXT');
    expect(() => cognitiveTask('2AF', { batch: 0, seed: 0 })).toThrow(code('INVALID_ARGUMENT'));
  });
});

describe('connectivity files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fletch-connectome-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A version 1 `.npy` file of 32-bit numbers. */
  function npy(values: number[], rows: number, columns: number): Buffer {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
    const header = Buffer.from(`${text.padEnd(117)}\n`, 'latin1');
    const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
    return Buffer.concat([head, header, Buffer.from(Float32Array.from(values).buffer)]);
  }

  test('.npy, .csv and .safetensors give the same matrix', async () => {
    const path = (name: string) => join(folder, name);
    await writeFile(path('w.npy'), npy([1, 2, -3, 0.5], 2, 2));
    await writeFile(path('w.csv'), '1, 2\n-3,0.5\n');
    await saveTree(path('w.safetensors'), {
      w: array([
        [1, 2],
        [-3, 0.5],
      ]),
      other: array([1]),
    });
    const expected = [
      [1, 2],
      [-3, 0.5],
    ];
    expect((await readConnectivity(path('w.npy'))).toArrays()).toEqual(expected);
    expect((await readConnectivity(path('w.csv'))).toArrays()).toEqual(expected);
    expect((await readConnectivity(path('w.safetensors'), { tensor: 'w' })).toArrays()).toEqual(expected);
    await expect(readConnectivity(path('w.safetensors'))).rejects.toThrow(code('INVALID_ARGUMENT'));
    await expect(readConnectivity(path('w.safetensors'), { tensor: 'other' })).rejects.toThrow('axes');
  });

  test.each([
    ['not square', '1,2,3\n4,5,6\n', 'square'],
    ['ragged', '1,2\n3\n', 'row 2 has 1'],
    ['not numbers', '1,a\n3,4\n', 'row 1, column 2'],
    ['a gap', '1,2\n,4\n', 'row 2, column 1'],
    ['empty', '', 'square'],
  ])('refuses a file that is %s', async (name, content, message) => {
    const path = join(folder, `${name}.csv`);
    await writeFile(path, content);
    await expect(readConnectivity(path)).rejects.toThrow(code('INVALID_INPUT_FILE'));
    await expect(readConnectivity(path)).rejects.toThrow(message);
  });

  test('refuses a file that is not there', async () => {
    await expect(readConnectivity(join(folder, 'none.csv'))).rejects.toThrow(code('NOT_FOUND'));
    await expect(readConnectivity(join(folder, 'none.npy'))).rejects.toThrow(code('NOT_FOUND'));
  });
});

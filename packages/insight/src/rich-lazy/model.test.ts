import { array, evaluate, grad, type NDArray, type Tensor, tensor } from '@fletch/array';
import { Matrix, matmul, norm, rng, singularValues } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { hiddenStates, type RnnParams, rnnLoss } from './forward.js';
import { CTRNN, cognitiveTask, compareStarts, firstTrials, lowRankInit, measureLaziness } from './index.js';
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

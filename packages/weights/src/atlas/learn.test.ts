import { add, array, matmul, type NDArray, relu, type Tensor, type Value } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { describe, expect, it } from 'vitest';
import { AtlasComposer, type AtlasModel, type AtlasTask, learnCoefficients, taskVector } from './index.js';

const WIDTH = 8;
const random = rng(21);
const draw = (scale: number, ...shape: number[]) =>
  array(
    random.fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))).map((value) => value * scale),
    'float32',
    shape,
  );
/** Points whose class is the sign of one of their coordinates. */
function signs(name: string, axis: number, count: number): AtlasTask {
  const inputs = draw(1, count, WIDTH);
  const labels = Int32Array.from({ length: count }, (_, i) =>
    Number((inputs.data[i * WIDTH + axis] as number) > 0),
  );
  return { name, inputs, labels };
}
/** Weights `[2, 8]` that read one coordinate. */
const reader = (axis: number, strength: number) =>
  Float32Array.from({ length: 2 * WIDTH }, (_, i) =>
    i % WIDTH === axis ? strength * (Math.floor(i / WIDTH) === 0 ? -1 : 1) : 0,
  );
const plus = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Float32Array.from(a, (value, i) => value + b[i]!);
const weight = (data: Float32Array) => ({ 'layers.0.weight': array(data, 'float32', [2, WIDTH]) });

const noise = draw(0.4, 2, WIDTH).data as Float32Array;
const base: Record<string, NDArray> = weight(noise);
const model: AtlasModel = {
  logits: (weights: Readonly<Record<string, Value>>, inputs: Tensor) =>
    add(
      matmul(relu(inputs), weights['layers.0.weight']!, { transposeB: true }),
      matmul(inputs, weights['layers.0.weight']!, { transposeB: true }),
    ),
};
const [first, second] = [0, 1].map((axis) =>
  taskVector(base, weight(plus(noise, reader(axis, 1))), { name: `axis ${axis}` }),
) as [ReturnType<typeof taskVector>, ReturnType<typeof taskVector>];
const options = { steps: 60, batch: 64, learningRate: 0.1, weightDecay: 0, threads: 1, seed: 1 } as const;
const at = (coefficients: NDArray, i: number) => coefficients.data[i] as number;

describe('learning coefficients', () => {
  it('adds what the task needs and leaves what it does not', async () => {
    const task = signs('axis 0', 0, 400);
    const composer = new AtlasComposer(base, [first, second]);
    const report = await learnCoefficients(composer, 'addition', model, { tasks: [task] }, options);
    expect(report.best.score).toBeGreaterThan(Math.max(0.9, report.scores[0]!.score + 0.1));
    expect(at(report.coefficients, 0)).toBeGreaterThan(1);
    expect(Math.abs(at(report.coefficients, 1))).toBeLessThan(0.5 * at(report.coefficients, 0));
    expect(composer.coefficients).toBe(report.coefficients);
    expect(report.stopped).toBeNull();
    expect(report.losses).toHaveLength(60);
  });

  it('is the same for the same seed, and pulled to the base by a penalty', async () => {
    const task = signs('axis 0', 0, 200);
    const run = async (more: object) => {
      const composer = new AtlasComposer(base, [first, second]);
      const data = { task, held: task };
      return (await learnCoefficients(composer, 'fewShot', model, data, { ...options, ...more })).losses;
    };
    expect(await run({})).toEqual(await run({}));
    const [free, p1, p2] = await Promise.all(
      [{}, { regularize: { p: 1, gamma: 2 } }, { regularize: { p: 2 } }].map((more) => run(more)),
    );
    expect(p1![0]).toBeCloseTo(free![0]!, 4);
    expect(p1!.at(-1)).toBeGreaterThan(free!.at(-1)! + 0.1);
    expect(p2!.at(-1)).toBeGreaterThan(free!.at(-1)!);
  });

  it('unlearns a task, and never keeps what costs the control too much', async () => {
    const both = weight(plus(plus(noise, reader(0, 1.5)), reader(1, 0.6)));
    // What knows the task knows the control too: taking all of it away costs both.
    const knows = taskVector(
      both,
      weight(plus(both['layers.0.weight']!.data as Float32Array, plus(reader(0, 1), reader(1, 0.7)))),
      {
        name: 'both',
      },
    );
    const [target, control] = [signs('axis 0', 0, 400), signs('axis 1', 1, 400)];
    for (const learningRate of [0.05, 0.5]) {
      const composer = new AtlasComposer(both, [knows]);
      const data = { target, control };
      const more = { ...options, learningRate, look: 2 };
      const report = await learnCoefficients(composer, 'negation', model, data, more);
      const judged = await accuracyOf(composer, control);
      const zero = await accuracyOf(new AtlasComposer(both, [knows]), control);
      expect(judged).toBeGreaterThanOrEqual(0.95 * zero);
      expect(report.best.score).toBeGreaterThanOrEqual(report.scores[0]!.score);
    }
    const composer = new AtlasComposer(both, [knows]);
    const strict = { target, control, least: 1 };
    const report = await learnCoefficients(composer, 'negation', model, strict, {
      ...options,
      learningRate: 1,
      look: 1,
    });
    if (report.stopped !== null)
      expect(report.stopped).toContain('the control’s accuracy fell'.replace('’', "'"));
    expect(await accuracyOf(composer, control)).toBeGreaterThanOrEqual(
      await accuracyOf(new AtlasComposer(both, [knows]), control),
    );
  });

  it.each(['entropy', 'ufm'] as const)('adapts without labels: %s', async (objective) => {
    const { name, inputs } = signs('axis 0', 0, 300);
    const weak = weight(plus(noise, reader(0, 0.8)));
    const composer = new AtlasComposer(weak, [
      taskVector(weak, weight(plus(noise, reader(0, 2.8))), { name: 'stronger' }),
    ]);
    const report = await learnCoefficients(composer, objective, model, { task: { name, inputs } }, options);
    expect(report.best.score).toBeGreaterThan(report.scores[0]!.score);
    expect(at(report.coefficients, 0)).toBeGreaterThan(0.1);
    for (const loss of report.losses) expect(Number.isFinite(loss)).toBe(true);
  });

  it('is stopped by a signal', async () => {
    const stop = new AbortController();
    const composer = new AtlasComposer(base, [first]);
    const work = { ...options, signal: stop.signal, onProgress: () => stop.abort() };
    const data = { tasks: [signs('axis 0', 0, 50)] };
    await expect(learnCoefficients(composer, 'addition', model, data, work)).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(composer.coefficients.data).toEqual(new Float32Array(1));
  });

  it('refuses tasks without data, labels that are no classes, and options out of range', async () => {
    const composer = new AtlasComposer(base, [first]);
    const learn = (task: AtlasTask, more: object = {}) =>
      learnCoefficients(composer, 'fewShot', model, { task }, { ...options, ...more });
    const good = signs('axis 0', 0, 6);
    const none = { name: 'none', inputs: draw(1, 0, WIDTH), labels: new Int32Array(0) };
    await expect(learn(none)).rejects.toThrow('The task "none" has no data');
    await expect(learn({ ...good, labels: Int32Array.of(0, 1, 2, 0, 0, 0) })).rejects.toThrow(
      'Label 2 of the task "axis 0" is 2: classes are 0 to 1',
    );
    await expect(learn({ ...good, labels: Int32Array.of(0, -1, 0, 0, 0, 0) })).rejects.toThrow('is -1');
    await expect(learn({ ...good, labels: Int32Array.of(0) })).rejects.toThrow('6 inputs and 1 labels');
    await expect(learn(good, { steps: 0 })).rejects.toThrow('steps is an integer of at least 1');
    await expect(learn(good, { batch: 1.5 })).rejects.toThrow('batch is an integer');
    await expect(learn(good, { regularize: { p: 3 } })).rejects.toThrow('p is 1 or 2');
  });
});

/** Accuracy of what a composer composes, computed in JavaScript. */
async function accuracyOf(composer: AtlasComposer, { inputs, labels }: AtlasTask): Promise<number> {
  const w = composer.compose()['layers.0.weight']!.data as Float32Array;
  let right = 0;
  for (let i = 0; i < labels.length; i++) {
    const x = (inputs.data as Float32Array).subarray(i * WIDTH, (i + 1) * WIDTH);
    const [a, b] = [0, 1].map((c) =>
      x.reduce((sum, value, j) => sum + (Math.max(0, value) + value) * w[c * WIDTH + j]!, 0),
    );
    if (Number(b! > a!) === labels[i]) right++;
  }
  return right / labels.length;
}

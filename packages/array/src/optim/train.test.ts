import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFletchError, type Progress } from '@fletch/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { meanSquaredError } from '../compose/losses.js';
import { array, type NDArray, zeros } from '../core/ndarray.js';
import type { Tensor } from '../core/tensor.js';
import { add, matmul, mean, mul, sub, tanh } from '../operations/index.js';
import { adam, sgd } from './optimizers.js';
import { cosineSchedule, warmup } from './schedules.js';
import { type TrainOptions, train } from './train.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-train-'));
});
afterEach(() => rm(folder, { recursive: true }));

type Params = { readonly first: Tensor; readonly bias: Tensor; readonly second: Tensor };
const wave = (length: number, shift: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(3 * i + shift));

/** A small net on batches that depend on the step. */
const net = (more: Partial<TrainOptions<object>> = {}) => ({
  name: 'net',
  params: {
    first: array(wave(24, 1), 'float32', [3, 8]),
    bias: zeros([8]),
    second: array(wave(8, 2), 'float32', [8, 1]),
  },
  loss: (p: Params, x: Tensor, y: Tensor) =>
    meanSquaredError(matmul(tanh(add(matmul(x, p.first), p.bias)), p.second), y),
  optimizer: adam({ learningRate: warmup(3, cosineSchedule(0.05, 40)) }),
  steps: 40,
  clip: 1,
  threads: 1,
  draw: (step: number) => [
    array(wave(48, step), 'float32', [16, 3]),
    array(wave(16, 2 * step), 'float32', [16, 1]),
  ],
  watch: { every: 15, look: async (p: unknown) => (p as { bias: NDArray }).bias.data[0] as number },
  ...more,
});

/** Stops a training after some steps, as killing it does right after a saving. */
async function interrupted(path: string, after: number) {
  const controller = new AbortController();
  const options = net({ saved: { path, every: 0 }, signal: controller.signal });
  const draw = options.draw;
  await expect(
    train({
      ...options,
      draw: (step) => {
        if (step === after) controller.abort();
        return draw(step);
      },
    }),
  ).rejects.toThrow(expect.toSatisfy((error) => isFletchError(error, 'ABORTED')));
}

describe('train', () => {
  it('finds the parameters, leaves those given as they were, and tells how it goes', async () => {
    const params = { w: array([0]) };
    const told: Progress[] = [];
    const {
      params: found,
      losses,
      seconds,
    } = await train({
      name: 'line',
      params,
      optimizer: sgd({ learningRate: 0.1 }),
      steps: 60,
      loss: (p: { w: Tensor }, x: Tensor, y: Tensor) => meanSquaredError(mul(x, p.w), y),
      draw: () => [array([1, 2]), array([3, 6])],
      onProgress: (progress) => told.push(progress),
    });
    expect(found.w.data[0]).toBeCloseTo(3, 4);
    expect(params.w.toNested()).toEqual([0]);
    expect(losses[0]).toBe(22.5);
    expect(losses.at(-1)).toBeLessThan(1e-6);
    expect(seconds).toBeGreaterThan(0);
    expect(told.at(-1)).toMatchObject({ done: 60, total: 60, stage: 'training' });
    expect(told.at(-1)!.figures!.loss).toBeLessThan(1e-6);
  });

  it('tells what it saw last', async () => {
    const told: Progress[] = [];
    const { watched } = await train(net({ onProgress: (progress) => told.push(progress) }));
    expect(told.at(-1)!.figures).toMatchObject({ watched: watched.at(-1)!.value });
    expect(told[0]!.figures).not.toHaveProperty('watched');
  });

  it('carries what has no gradient', async () => {
    const { carried, losses } = await train({
      name: 'running mean',
      params: { w: array([1]) },
      carried: { mean: array(0) },
      optimizer: sgd({ learningRate: 0 }),
      steps: 3,
      loss: (p: { w: Tensor }, held: { mean: Tensor }, x: Tensor) => [
        mean(mul(p.w, sub(x, held.mean))),
        { mean: add(mul(held.mean, 0.5), mul(mean(x), 0.5)) },
      ],
      draw: () => [array([2, 6])],
    });
    expect((carried as { mean: NDArray }).mean.item()).toBe(3.5);
    expect(Array.from(losses)).toEqual([4, 2, 1]);
  });

  it('goes on after an interruption, bit for bit', async () => {
    const whole = await train(net());
    expect(whole.watched.map(({ step }) => step)).toEqual([15, 30, 40]);
    for (const after of [0, 1, 16, 38]) {
      const path = join(folder, `${after}.safetensors`);
      await interrupted(path, after);
      const from: number[] = [];
      const rest = await train(net({ saved: { path, onResume: (step) => from.push(step) } }));
      expect(from).toEqual([after + 1]);
      expect(rest.params).toEqual(whole.params);
      expect(rest.losses).toEqual(whole.losses);
      expect(rest.watched).toEqual(whole.watched);
    }
  });

  it('begins anew when the file is damaged or that of another training', async () => {
    const path = join(folder, 'state.safetensors');
    await interrupted(path, 5);
    const whole = await train(net());
    const never = () => expect.unreachable();
    const wider = net({ saved: { path, onResume: never } });
    await train({ ...wider, params: { ...wider.params, bias: zeros([1]) } });
    await train(net({ steps: 30, saved: { path, onResume: never } }));
    await truncate(path, (await readFile(path)).length - 3);
    expect((await train(net({ saved: { path, onResume: never } }))).losses).toEqual(whole.losses);
    await writeFile(path, 'nothing');
    expect((await train(net({ saved: { path, onResume: never } }))).losses).toEqual(whole.losses);
  });

  it('clips, and stops at what is not finite', async () => {
    const steep = {
      name: 'steep',
      params: { w: array([0]) },
      optimizer: sgd({ learningRate: 1 }),
      steps: 1,
      loss: (p: { w: Tensor }) => mean(mul(p.w, 100)),
      draw: () => [],
    };
    expect((await train(steep)).params.w.toNested()).toEqual([-100]);
    expect((await train({ ...steep, clip: 2 })).params.w.toNested()).toEqual([-2]);
    await expect(train({ ...steep, params: { w: array([Number.NaN]) } })).rejects.toThrow(/^Step 0: "loss"/);
  });

  it.each([
    [{ steps: 0 }, /number of steps must be a positive number, not 0/],
    [{ steps: 1.5 }, /not 1.5/],
    [{ watch: { every: 0, look: async () => 0 } }, /between two looks/],
    [{ saved: { path: 'x', every: -1 } }, /between two savings/],
  ])('refuses %j', async (more, words) => {
    await expect(train(net(more))).rejects.toThrow(
      expect.toSatisfy((error) => isFletchError(error, 'INVALID_ARGUMENT') && words.test(error.message)),
    );
  });
});

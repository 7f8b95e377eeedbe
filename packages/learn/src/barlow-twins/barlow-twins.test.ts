import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, evaluate, type NDArray, sgd, type Tensor, takeRows, tree } from '@fletch/array';
import { openSafetensors } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { cnn, resnet } from '@fletch/models';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  BarlowTwins,
  digitViews,
  type Encoder,
  effectiveRank,
  embedImages,
  imageEncoder,
  labelledRows,
  linearProbe,
  loadEncoder,
  type Objective,
  pretrainingAdam,
  pretrainingLars,
  saveEncoder,
  semiSupervised,
  simclr,
  simsiam,
  TwoViewLearner,
  trainClassifier,
  vicreg,
} from '../index.js';

/** Bars that lie, stand or lean, each with some noise: an easy set of four classes. */
function bars(count: number, seed: number, size = 12): { images: NDArray; labels: Int32Array } {
  const random = rng(seed);
  const images = new Float32Array(count * size * size);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 4);
  for (let n = 0; n < count; n++) {
    const shift = random.integer(5) - 2;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const [y, x] = [i - (size - 1) / 2, j - (size - 1) / 2];
        const along = [y, x, (x + y) / Math.SQRT2, (x - y) / Math.SQRT2][labels[n]!]!;
        const bright = Math.exp(-((along - shift) ** 2) / 2) + 0.1 * random.uniform();
        images[(n * size + i) * size + j] = Math.min(1, bright);
      }
  }
  return { images: array(images, 'float32', [count, 1, size, size]), labels };
}

const network = (hidden_sizes: number[], seed = 0) =>
  imageEncoder(cnn, { hidden_sizes, strides: hidden_sizes.map(() => 2) }, { seed });
const small = (seed = 0) => network([4, 8], seed);
const views = { a: { crop: { scale: [0.6, 1] }, rotate: 10 }, b: { crop: { scale: [0.6, 1] } } } as const;
const flat = (encoder: Encoder) => tree.flatten<NDArray>({ ...encoder.params, ...encoder.stats });
const numbers = (encoder: Encoder) =>
  Object.values(flat(encoder)).map(({ data }) => Array.from(data as Float32Array));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-learn-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('training without labels', () => {
  test('lowers the loss, brings the views together, and is the same for the same seed', async () => {
    const { images } = bars(128, 1);
    const runs = [0, 0, 1].map(async (seed) => {
      const model = new BarlowTwins(small(), {
        projector: [16, 16],
        augment: views,
        lambda: 0.05,
        seed,
        threads: 1,
      });
      const before = await agreement(model, images);
      const history = await model.fit(images, {
        epochs: 8,
        batch: 32,
        optimizer: pretrainingAdam({ steps: 32, lr: 5e-3 }),
      });
      const after = await agreement(model, images);
      await model.close();
      return { history, before, after, arrays: numbers(model.encoder) };
    });
    const [first, again, other] = await Promise.all(runs);
    expect(first!.history).toHaveLength(32);
    expect(Object.keys(first!.history[0]!).sort()).toEqual(['loss', 'offDiag', 'onDiag']);
    expect(first!.history.at(-1)!.loss).toBeLessThan(0.8 * first!.history[0]!.loss);
    expect(first!.after).toBeGreaterThan(first!.before + 0.1);
    expect(again!.arrays).toEqual(first!.arrays);
    expect(other!.arrays).not.toEqual(first!.arrays);
  });

  test('uses the statistics of each view, not of both together', async () => {
    // The second view is far brighter: normalized with its own statistics it looks like the first.
    const { images } = bars(32, 2);
    const bright = { a: {}, b: { solarize: { probability: 1, threshold: 0 } } };
    const seen: { z1?: Tensor; z2?: Tensor } = {};
    const objective: Objective = {
      name: 'spy',
      loss: (z1, z2) => {
        Object.assign(seen, { z1, z2 });
        return simclr().loss(z1, z2, (z) => z);
      },
    };
    const encoder: Encoder = { ...small(), apply: (p, s, x, training) => small().apply(p, s, x, training) };
    const learner = new TwoViewLearner(encoder, { objective, projector: [8], augment: bright, threads: 1 });
    await learner.trainStep(images, sgd({ learningRate: 0 }));
    const moved = learner.encoder.stats['bn1.running_mean']!;
    await learner.close();
    // Two passes: each moved the running mean a tenth of the way to its own batch's.
    const [a, b] = learner.views(images, 0).map((view) => firstMeans(encoder, view));
    for (const [c, value] of (moved.data as Float32Array).entries())
      expect(value).toBeCloseTo(0.9 * 0.1 * a![c]! + 0.1 * b![c]!, 5);
    expect(seen.z1!.shape).toEqual([32, 8]);
  });

  test.each<[string, Objective]>([
    ['SimCLR', simclr()],
    ['SimSiam', simsiam()],
    ['VICReg', vicreg()],
  ])('%s learns with the same loop', async (name, objective) => {
    const { images } = bars(64, 3);
    const learner = new TwoViewLearner(small(), {
      objective,
      projector: [16, 16],
      augment: views,
      threads: 1,
    });
    const history = await learner.fit(images, {
      epochs: 8,
      batch: 32,
      optimizer: pretrainingAdam({ steps: 16, lr: 5e-3 }),
    });
    expect(learner.objective.name).toBe(name);
    expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss);
    expect((await learner.embed(images)).shape).toEqual([64, 8]);
    await learner.close();
  });

  test('the paper’s optimizer takes steps; its first rate is small', async () => {
    const { images } = bars(32, 4);
    const model = new BarlowTwins(small(), { projector: [8, 8], augment: views, threads: 1 });
    const history = await model.fit(images, {
      epochs: 4,
      batch: 16,
      optimizer: pretrainingLars({ steps: 8, batch: 2048, rise: 2 }),
    });
    expect(history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    await model.close();
  });

  test('a diverging run names view and column', async () => {
    const { images } = bars(16, 5);
    const broken = images.copy();
    broken.data[3] = Number.NaN;
    const model = new BarlowTwins(small(), { projector: [8, 8], augment: { a: {}, b: {} }, threads: 1 });
    await expect(model.trainStep(broken, sgd({ learningRate: 0.1 }))).rejects.toMatchObject({
      code: 'NON_FINITE',
      message: expect.stringMatching(/non-finite embedding in view 1, column 0/),
    });
    await model.close();
  });

  test('stops when it is aborted', async () => {
    const { images } = bars(16, 6);
    const model = new BarlowTwins(small(), { projector: [8], threads: 1 });
    await expect(
      model.fit(images, { epochs: 1, batch: 8, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('the encoder', () => {
  test('in evaluation mode embeds an image alike in any company', async () => {
    const { images } = bars(7, 7);
    const encoder = small();
    const all = await embedImages(encoder, images, { batch: 3 });
    const one = await embedImages(encoder, takeRows(images, [6]));
    expect(Array.from((all.data as Float32Array).slice(48))).toEqual(
      Array.from(one.data as Float32Array, (v) => expect.closeTo(v, 5)),
    );
  });

  test('is saved under names of a checkpoint, and comes back bit for bit', async () => {
    const { images } = bars(32, 8);
    const model = new BarlowTwins(small(), { projector: [8], augment: views, threads: 1 });
    await model.fit(images, { epochs: 1, batch: 16 });
    const path = join(folder, 'encoder.safetensors');
    await model.save(path);
    const file = await openSafetensors(path);
    expect([...file.tensors.keys()].sort()).toEqual([
      'bn1.bias',
      'bn1.running_mean',
      'bn1.running_var',
      'bn1.weight',
      'bn2.bias',
      'bn2.running_mean',
      'bn2.running_var',
      'bn2.weight',
      'conv1.weight',
      'conv2.weight',
    ]);
    await file.close();
    const loaded = await loadEncoder(small(99), path);
    expect(numbers(loaded)).toEqual(numbers(model.encoder));
    expect((await embedImages(loaded, images)).data).toEqual((await model.embed(images)).data);
    await model.close();
  });

  test('refuses the file of another network, naming what differs', async () => {
    const path = join(folder, 'other.safetensors');
    await saveEncoder(network([4, 16], 0), path);
    await expect(loadEncoder(small(), path)).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(/bn2\.bias has shape \[16\], not \[8\]/),
    });
    await saveEncoder(network([4], 0), path);
    await expect(loadEncoder(small(), path)).rejects.toThrow(/conv2\.weight is missing/);
    await writeFile(path, 'no tensors');
    await expect(loadEncoder(small(), path)).rejects.toMatchObject({ code: 'INVALID_INPUT_FILE' });
  });

  test('of a residual network has its names, and blocks that begin as identities', async () => {
    const config = {
      num_channels: 1,
      embedding_size: 4,
      hidden_sizes: [4, 8],
      depths: [1, 2],
      layer_type: 'basic',
      stem: 'small',
    };
    const encoder = imageEncoder(resnet, config, { seed: 0 });
    expect(encoder.width).toBe(8);
    expect(Object.keys({ ...encoder.params, ...encoder.stats })).toEqual(
      expect.arrayContaining(['conv1.weight', 'layer2.1.bn2.running_var', 'layer2.0.downsample.0.weight']),
    );
    expect(Object.keys(encoder.params).some((name) => /fc|running/.test(name))).toBe(false);
    const scale = (given: Encoder, name: string) => (given.params[name]!.data as Float32Array)[0];
    expect(scale(encoder, 'layer2.1.bn2.weight')).toBe(0);
    expect(scale(encoder, 'layer2.1.bn1.weight')).toBe(1);
    const plain = imageEncoder(resnet, config, { seed: 0, zeroResiduals: false });
    expect(scale(plain, 'layer2.1.bn2.weight')).toBe(1);

    const { images } = bars(16, 14);
    const model = new BarlowTwins(encoder, { projector: [8, 8], augment: views, threads: 1 });
    await model.fit(images, { epochs: 2, batch: 8 });
    const path = join(folder, 'resnet.safetensors');
    await model.save(path);
    expect(numbers(await loadEncoder(plain, path))).toEqual(numbers(model.encoder));
    await model.close();
  });
});

describe('training on labels', () => {
  test('learns, and a pretrained encoder is fine-tuned on a share of the labels', async () => {
    const [train, held] = [bars(96, 9), bars(64, 10)];
    const accuracies: number[] = [];
    const scratch = await trainClassifier(small(), train.images, train.labels, {
      epochs: 24,
      batch: 16,
      every: 8,
      threads: 1,
      optimizer: pretrainingAdam({ steps: 144, lr: 0.02 }),
      onEpoch: async (_, classifier) => {
        accuracies.push(await classifier.accuracy(held.images, held.labels));
      },
    });
    expect(accuracies).toHaveLength(3);
    expect(await scratch.accuracy(held.images, held.labels)).toBe(accuracies.at(-1));
    expect(accuracies.at(-1)).toBeGreaterThan(0.9);
    const tuned = await semiSupervised(scratch.encoder, train.images, train.labels, {
      percent: 25,
      epochs: 6,
      batch: 8,
      threads: 1,
      lrHead: 0.1,
    });
    expect(await tuned.accuracy(held.images, held.labels)).toBeGreaterThan(0.9);
    expect(numbers(tuned.encoder)).not.toEqual(numbers(scratch.encoder));
    const frozen = await semiSupervised(scratch.encoder, train.images, train.labels, {
      percent: 25,
      epochs: 1,
      batch: 8,
      threads: 1,
      lrBackbone: 0,
    });
    expect(tree.flatten(frozen.encoder.params)).toEqual(tree.flatten(scratch.encoder.params));
  });

  test('takes its share of every class', () => {
    const labels = Array.from({ length: 300 }, (_, i) => (i < 200 ? 0 : 1));
    const rows = labelledRows(labels, 10, 0);
    expect(rows.filter((row) => row < 200)).toHaveLength(20);
    expect(rows.filter((row) => row >= 200)).toHaveLength(10);
    expect(new Set(rows).size).toBe(30);
    expect(labelledRows(labels, 0.01, 0)).toHaveLength(2);
    expect(labelledRows(labels, 10, 0)).toEqual(rows);
    expect(labelledRows(labels, 10, 1)).not.toEqual(rows);
  });
});

describe('what it refuses', () => {
  const { images, labels } = bars(16, 11);
  const model = new BarlowTwins(small(), { projector: [8], threads: 1 });
  const flatImages = array(new Float32Array(32), 'float32', [2, 16]);
  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['no projector', async () => new BarlowTwins(small(), { projector: [] }), /at least one layer/],
    ['a negative λ', async () => new BarlowTwins(small(), { lambda: -1 }), /λ .*-1/],
    [
      'images of two axes',
      () => model.fit(flatImages, { epochs: 1, batch: 2 }),
      /\[count, channels, height, width\], not float32 \[2, 16\]/,
    ],
    ['images of two axes to embed', () => model.embed(flatImages), /not float32 \[2, 16\]/],
    ['a batch of one', () => model.fit(images, { epochs: 1, batch: 1 }), /at least 2 rows, got a batch of 1/],
    [
      'a step on one image',
      () => model.trainStep(takeRows(images, [0]), sgd({ learningRate: 1 })),
      /at least 2 rows, got 1/,
    ],
    [
      'fewer images than a batch',
      () => model.fit(images, { epochs: 1 }),
      /16 images do not fill a batch of 256/,
    ],
    ['no epochs', () => model.fit(images, { epochs: 0, batch: 8 }), /epochs.*0/],
    [
      '0 per cent',
      () => semiSupervised(small(), images, labels, { percent: 0 }),
      /\(0, 100\] per cent, but is 0/,
    ],
    ['101 per cent', () => semiSupervised(small(), images, labels, { percent: 101 }), /but is 101/],
    [
      'a class without images',
      () =>
        trainClassifier(
          small(),
          images,
          labels.map((label) => label * 2),
          { epochs: 1 },
        ),
      /class 1 of 7/,
    ],
  ])('%s', async (_, call, message) => {
    await expect(call()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });
});

test('the effective rank counts directions', () => {
  const [n, d] = [4000, 6];
  const values = rng(1).fillNormal(new Float32Array(n * d));
  expect(effectiveRank(array(values, 'float32', [n, d]))).toBeCloseTo(6, 1);
  const two = values.map((value, at) => (at % d < 2 ? value + 5 : 5));
  expect(effectiveRank(array(two, 'float32', [n, d]))).toBeCloseTo(2, 1);
  const one = values.map((_, at) => values[Math.floor(at / d)]! * ((at % d) + 1));
  expect(effectiveRank(array(one, 'float32', [n, d]))).toBeCloseTo(1, 4);
  expect(
    effectiveRank(
      array(
        values.map(() => 1),
        'float32',
        [n, d],
      ),
    ),
  ).toBe(0);
  expect(() => effectiveRank(array(values, 'float32', [n * d]))).toThrow(/two rows/);
});

test('a trained encoder is probed better than a random one', async () => {
  const [train, held] = [bars(256, 12), bars(200, 13)];
  const few = Int32Array.from({ length: 16 }, (_, i) => i);
  const score = async (encoder: Encoder) => {
    const features = await embedImages(encoder, takeRows(train.images, few));
    const probe = await linearProbe(features, train.labels.slice(0, 16), { l2: 1e-2 });
    return probe.accuracy(await embedImages(encoder, held.images), held.labels);
  };
  const start = network([4, 4], 1);
  const model = new BarlowTwins(start, {
    projector: [32, 32],
    augment: digitViews,
    lambda: 0.02,
    threads: 1,
  });
  await model.fit(train.images, {
    epochs: 6,
    batch: 32,
    optimizer: pretrainingAdam({ steps: 48, lr: 5e-3 }),
  });
  expect(await score(model.encoder)).toBeGreaterThanOrEqual(await score(start));
  await model.close();
});

/** Mean of the correlation matrix's diagonal. */
async function agreement(model: BarlowTwins, images: NDArray): Promise<number> {
  const c = await model.correlation(images);
  const d = c.shape[0]!;
  return Array.from({ length: d }, (_, i) => c.data[i * (d + 1)] as number).reduce((a, b) => a + b) / d;
}

/** Mean of each channel after the first convolution. */
function firstMeans(encoder: Encoder, images: NDArray): number[] {
  // A fresh running mean of 0 moves a tenth of the way.
  const { stats } = encoder.apply(encoder.params as never, encoder.stats as never, images as never, true);
  const moved = evaluate(stats['bn1.running_mean']!);
  return Array.from(moved.data as Float32Array, (value) => value / 0.1);
}

/**
 * Recipes of models that draw images: diffusion transformers.
 *
 * @module
 */
import {
  add,
  argmax,
  array,
  compile,
  mean,
  meanSquaredError,
  mul,
  type NDArray,
  square,
  sub,
  type Tensor,
  tree,
} from '@fletch/array';
import type { LongWork } from '@fletch/base';
import { holdOut, type ImageSet, type ImageSplits, imageFloats } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { type DitConfig, dit } from '../../families/dit.js';
import { partBuffers } from '../../parameters.js';
import { greyPng } from '../png.js';
import type {
  Finished,
  JsonObject,
  ModelFile,
  Prepared,
  Recipe,
  RecipePlan,
  RecipeWork,
  Sample,
} from '../recipe.js';
import { addNoise, DIFFUSION_STEPS, drawImages, imageShares, velocity } from './diffusion.js';
import { ImageFeed } from './images.js';

/** Tells the classes of images with pixels −1 … 1. */
export type Judge = (images: NDArray) => Promise<ArrayLike<number>>;

/** What makes a recipe of this kind. */
export interface DiffusionOptions {
  readonly plan: RecipePlan & {
    readonly config: JsonObject & { readonly class_dropout_prob: number };
    readonly data: JsonObject & {
      readonly validation: number;
      /** Share of the former averages that each step keeps: the averages are the model. */
      readonly average: number;
      /** Images of each class that are drawn to be judged. */
      readonly drawn: number;
      readonly guidance: number;
    };
  };
  readonly title: string;
  readonly summary: string;
  readonly load: (work: LongWork) => Promise<ImageSplits>;
  /** Who says what was drawn, and what it is called. */
  readonly judge: (work: RecipeWork) => Promise<{ readonly name: string; readonly classify: Judge }>;
}

type Weights = Readonly<Record<string, Tensor>>;

/** Images of validation data that are looked at, each at one step of the diffusion. */
const LOOKED_AT = 512;

/**
 * A recipe whose model learns to take noise out of images; it is measured by what is left of the noise in held-out images,
 * and by whether a classifier sees in its drawings what was asked for.
 */
export function imageDiffusion(options: DiffusionOptions): Recipe {
  const { plan, title, summary, load } = options;
  return { plan, title, summary, prepare: async (work) => prepare(options, await load(work), work) };
}

/** Pixels as −1 … 1. */
const signed = (set: ImageSet) => imageFloats(set, { mean: [0.5], deviation: [0.5] });

/** Images with noise, at steps of the diffusion that a seed decides, and what the model is to say of them. */
interface Noisy {
  readonly images: NDArray;
  readonly timesteps: NDArray;
  readonly labels: NDArray;
  readonly velocity: NDArray;
  /** Of the images' power, `[batch]`. */
  readonly shares: NDArray;
}

function noisy(set: ImageSet, seed: number, stream: number, hidden: number): Noisy {
  const random = rng(seed, stream);
  const steps = Int32Array.from({ length: set.count }, () => random.integer(DIFFUSION_STEPS));
  const labels = Int32Array.from(set.labels, (label) =>
    random.uniform() < hidden ? set.classes.length : label,
  );
  const pixels = signed(set);
  const noise = random.fillNormal(new Float32Array(pixels.length));
  const shape = [set.count, set.channels, set.rows, set.columns];
  return {
    images: array(addNoise(pixels, noise, steps), 'float32', shape),
    timesteps: array(Float32Array.from(steps), 'float32'),
    labels: array(labels, 'int32'),
    velocity: array(velocity(pixels, noise, steps), 'float32', shape),
    shares: array(
      Float32Array.from(steps, (step) => imageShares[step]!),
      'float32',
    ),
  };
}

async function prepare(
  { plan, judge }: DiffusionOptions,
  splits: ImageSplits,
  work: RecipeWork,
): Promise<Prepared> {
  const { training, data } = plan;
  const { train: own, validation } = holdOut(splits.train, data.validation, training.seed);
  const config = dit.config({
    ...plan.config,
    input_size: own.rows,
    in_channels: own.channels,
    num_classes: own.classes.length,
    learn_sigma: false,
    prediction_type: 'v_prediction',
  });
  const [params, buffers] = partBuffers(dit.init(config, { seed: training.seed }));
  const feed = new ImageFeed(own, { batch: training.batch, seed: training.seed });
  const threads = work.threads === undefined ? {} : { threads: work.threads };
  const say = (weights: Weights, images: Tensor, timesteps: Tensor, labels: Tensor) =>
    dit.forward(config, { ...weights, ...buffers }, { images, timesteps, labels }).sample;
  const measure = compile(
    (weights: Weights, images: Tensor, timesteps: Tensor, labels: Tensor, wanted: Tensor, shares: Tensor) => {
      const squares = mean(square(sub(say(weights, images, timesteps, labels), wanted)), { axes: [1, 2, 3] });
      // An error of the velocity is one of the noise, √share times as large.
      return { velocity: mean(squares), noise: mean(mul(squares, shares)) };
    },
    { name: `${plan.name}: measuring`, ...threads },
  );
  /** The averages, whose error is measured. */
  const averages = (carried: unknown) => (carried as { readonly average: Record<string, NDArray> }).average;
  const judgeNoise = async (weights: Record<string, NDArray>, set: ImageSet, most: number) => {
    let [wrong, left, count] = [0, 0, 0];
    for (const part of batchesOf(set, most, training.batch)) {
      const { images, timesteps, labels, velocity: wanted, shares } = noisy(part, 54321, count, 0);
      const out = await measure(weights, images, timesteps, labels, wanted, shares);
      wrong += out.velocity.item() * part.count;
      left += out.noise.item() * part.count;
      count += part.count;
    }
    return { velocity: wrong / count, noise: left / count };
  };
  return {
    config: config as unknown as JsonObject,
    params,
    specs: dit.parameters(config),
    carried: { average: params },
    loss: (
      weights: Weights,
      { average }: { readonly average: Weights },
      ...batch: [Tensor, Tensor, Tensor, Tensor]
    ) => {
      const next = tree.map(
        (held: Tensor, name) => add(mul(held, data.average), mul(weights[name]!, 1 - data.average)),
        average,
      );
      const [images, timesteps, labels, wanted] = batch;
      return [meanSquaredError(say(weights, images, timesteps, labels), wanted), { average: next }];
    },
    draw(step) {
      const {
        images,
        timesteps,
        labels,
        velocity: wanted,
      } = noisy(feed.at(step), training.seed + 2, step, plan.config.class_dropout_prob);
      return [images, timesteps, labels, wanted];
    },
    look: async (_, carried) => (await judgeNoise(averages(carried), validation, LOOKED_AT)).velocity,
    facts: { images: { train: own.count, validation: validation.count, test: splits.test.count } },
    async finish(_, carried, finishing): Promise<Finished> {
      const weights = averages(carried);
      const report = (done: number, total: number) =>
        finishing.onProgress?.({ done, total, stage: `measuring ${plan.name}` });
      report(0, 1);
      const whole = { ...weights, ...buffers };
      const left = await judgeNoise(weights, splits.test, splits.test.count);
      const drawings = await drawAll(config, whole, data, threads, report);
      const { name, classify } = await judge({ ...finishing, ...threads });
      const seen = await classify(drawings.images);
      const asAsked = drawings.labels.filter((label, i) => seen[i] === label).length;
      return {
        params: whole,
        quality: {
          data: `${splits.test.count.toLocaleString('en-US')} test images, each with noise of one random step; ${drawings.labels.length} drawings`,
          figures: [
            {
              name: 'noise left (mean square)',
              value: left.noise,
              better: 'lower',
              baseline: { name: 'best linear guess from each pixel', value: pixelwise(own, splits.test) },
            },
            {
              name: `drawings that ${name} sees as asked`,
              value: asAsked / drawings.labels.length,
              better: 'higher',
              baseline: { name: 'chance', value: 1 / own.classes.length },
            },
          ],
        },
        ...pictures(drawings, own),
      };
    },
    close: () => measure.close(),
  };
}

/** The first `most` images in batches of one size: the last is filled up with the first. */
function* batchesOf(set: ImageSet, most: number, size: number): Generator<ImageSet> {
  const count = Math.min(most, set.count);
  const length = set.channels * set.rows * set.columns;
  for (let start = 0; start + size <= count; start += size)
    yield {
      ...set,
      count: size,
      images: set.images.subarray(start * length, (start + size) * length),
      labels: set.labels.subarray(start, start + size),
    };
}

interface Drawings {
  readonly labels: readonly number[];
  readonly images: NDArray;
}

/** Draws every class a number of times, class after class. */
async function drawAll(
  config: DitConfig,
  params: Record<string, NDArray>,
  { drawn, guidance }: { readonly drawn: number; readonly guidance: number },
  threads: { readonly threads?: number },
  report: (done: number, total: number) => void,
): Promise<Drawings> {
  const labels = Array.from({ length: config.num_classes * drawn }, (_, i) => Math.floor(i / drawn));
  const images = await drawImages(config, params, labels, {
    guidance,
    seed: 1,
    ...threads,
    onProgress: report,
  });
  return { labels, images };
}

/** Drawings of each class side by side. */
const SHOWN = 10;

function pictures(
  { labels, images }: Drawings,
  { classes, rows, columns, channels }: ImageSet,
): { samples: Sample[]; files: ModelFile[] } {
  const size = channels * rows * columns;
  const samples: Sample[] = [];
  const files: ModelFile[] = [];
  for (const [label, name] of classes.entries()) {
    const own = labels.flatMap((given, i) => (given === label ? [i] : [])).slice(0, SHOWN);
    const wide = own.length * columns;
    const pixels = new Uint8Array(rows * wide);
    for (const [place, image] of own.entries())
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const value = images.data[image * size + row * columns + column] as number;
          pixels[row * wide + place * columns + column] = Math.round(((value + 1) / 2) * 255);
        }
    const file = `sample-${label}.png`;
    files.push({ name: file, content: greyPng(pixels, rows, wide) });
    samples.push({ kind: 'image', label: name, file });
  }
  return { samples, files };
}

/**
 * What is left of the noise when each pixel is guessed by itself, from its mean and variance over the training images: the
 * best linear guess is `√(1 − a) (x − √a μ) / (a v + 1 − a)`, whose error is `a v / (a v + 1 − a)` for variance v;
 * measured on other images with their own spread.
 */
function pixelwise(own: ImageSet, test: ImageSet): number {
  const size = own.channels * own.rows * own.columns;
  const moments = (set: ImageSet, center?: Float64Array) => {
    const pixels = signed(set);
    const [sums, squares] = [new Float64Array(size), new Float64Array(size)];
    for (let i = 0; i < pixels.length; i++) {
      const value = pixels[i]! - (center?.[i % size] ?? 0);
      sums[i % size]! += value;
      squares[i % size]! += value * value;
    }
    return { mean: sums.map((sum) => sum / set.count), square: squares.map((sum) => sum / set.count) };
  };
  const { mean, square } = moments(own);
  const variance = square.map((value, i) => Math.max(0, value - mean[i]! ** 2));
  const spread = moments(test, mean).square;
  let total = 0;
  for (const share of imageShares)
    for (let i = 0; i < size; i++) {
      // Of the guess g · (√a d + √(1 − a) e) for the noise e, where d is how far the pixel is from the mean.
      const gain = Math.sqrt(1 - share) / (share * variance[i]! + 1 - share);
      total += (1 - gain * Math.sqrt(1 - share)) ** 2 + gain ** 2 * share * spread[i]!;
    }
  return total / (size * imageShares.length);
}

/** A classifier of the zoo as a judge of drawings. */
export function classifierJudge(
  classify: (images: Tensor) => Tensor,
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
  threads: { readonly threads?: number },
): Judge {
  return async (images) => {
    const run = compile((given: Tensor) => ({ guess: argmax(classify(given), { axis: -1 }) }), threads);
    try {
      // From −1 … 1 to how the classifier's inputs are scaled.
      const scaled = (images.data as Float32Array).map((value) => ((value + 1) / 2 - mean) / deviation);
      const { guess } = await run(array(scaled, 'float32', images.shape));
      return guess.data as Int32Array;
    } finally {
      await run.close();
    }
  };
}

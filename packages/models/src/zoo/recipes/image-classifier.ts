/**
 * Recipes of models that classify images.
 *
 * @module
 */
import {
  adam,
  add,
  argmax,
  array,
  compile,
  cosineSchedule,
  crossEntropy,
  flatten,
  matmul,
  type NDArray,
  type Tensor,
  train,
  zeros,
} from '@fletch/array';
import type { LongWork } from '@fletch/base';
import { holdOut, type ImageSet, type ImageSplits, imageFloats, pixelStatistics } from '@fletch/data';
import type { AnyFamily } from '../../family.js';
import { classificationLoss } from '../../losses.js';
import { partBuffers } from '../../parameters.js';
import type { Finished, JsonObject, Prepared, Recipe, RecipePlan } from '../recipe.js';
import { type Augmentation, batchAt, ImageFeed } from './images.js';

/** What makes a recipe of this kind. */
export interface ClassifierOptions {
  readonly plan: RecipePlan & {
    readonly data: JsonObject & { readonly validation: number; readonly augmentation: Augmentation };
  };
  readonly title: string;
  readonly summary: string;
  readonly family: AnyFamily;
  readonly load: (work: LongWork) => Promise<ImageSplits>;
}

type Weights = Readonly<Record<string, Tensor>>;

/** Images that are classified at once. */
const MEASURED = 250;

/** A recipe whose model learns to classify images; it is measured by its share of right answers on the test images. */
export function imageClassifier({ plan, title, summary, family, load }: ClassifierOptions): Recipe {
  return {
    plan,
    title,
    summary,
    prepare: async (work) => prepare(plan, family, await load(work), work.threads),
  };
}

async function prepare(
  plan: ClassifierOptions['plan'],
  family: AnyFamily,
  splits: ImageSplits,
  threads: number | undefined,
): Promise<Prepared> {
  const { training, data } = plan;
  const { train: own, validation } = holdOut(splits.train, data.validation, training.seed);
  const statistics = pixelStatistics(own);
  const { classes } = own;
  const config = family.config({
    ...plan.config,
    id2label: Object.fromEntries(classes.map((name, i) => [String(i), name])),
    label2id: Object.fromEntries(classes.map((name, i) => [name, i])),
  }) as JsonObject;
  const [params, buffers] = partBuffers(family.init(config, { seed: training.seed }));
  const hasBuffers = Object.keys(buffers).length > 0;
  const feed = new ImageFeed(own, { batch: training.batch, seed: training.seed });
  const options = threads === undefined ? {} : { threads };
  const measure = compile(
    (weights: Weights, images: Tensor, labels: Tensor) => {
      const { logits } = family.forward(config, weights, { images }) as { logits: Tensor };
      return { guess: argmax(logits, { axis: -1 }), loss: classificationLoss(logits, labels) };
    },
    { name: `${plan.name}: measuring`, ...options },
  );
  const judge = async (weights: Readonly<Record<string, NDArray>>, set: ImageSet) => {
    let right = 0;
    let loss = 0;
    for (let start = 0; start < set.count; start += MEASURED) {
      const count = Math.min(MEASURED, set.count - start);
      const batch = batchAt(
        set,
        Array.from({ length: count }, (_, i) => start + i),
        statistics,
      );
      const out = await measure(weights, batch.images, batch.labels);
      loss += out.loss.item() * count;
      for (let i = 0; i < count; i++) if (out.guess.data[i] === batch.labels.data[i]) right++;
    }
    return { accuracy: right / set.count, loss: loss / set.count };
  };
  const whole = (trained: unknown, carried: unknown) =>
    ({ ...(trained as object), ...(carried as object | undefined) }) as Record<string, NDArray>;
  return {
    config,
    params,
    specs: family.parameters(config),
    ...(hasBuffers && { carried: buffers }),
    loss: ((weights: Weights, ...rest: unknown[]) => {
      const [held, images, labels] = (hasBuffers ? rest : [{}, ...rest]) as [Weights, Tensor, Tensor];
      const out = family.forward(config, { ...weights, ...held }, { images }, { training: true }) as {
        readonly logits: Tensor;
        readonly buffers?: Weights;
      };
      const loss = classificationLoss(out.logits, labels);
      return hasBuffers ? [loss, out.buffers] : loss;
    }) as Prepared['loss'],
    draw(step) {
      const set = feed.at(step, data.augmentation);
      const { images, labels } = batchAt(
        set,
        Array.from({ length: set.count }, (_, i) => i),
        statistics,
      );
      return [images, labels];
    },
    look: async (trained, carried) => (await judge(whole(trained, carried), validation)).loss,
    facts: {
      images: { train: own.count, validation: validation.count, test: splits.test.count },
      mean: statistics.mean,
      deviation: statistics.deviation,
    },
    files: [{ name: 'preprocessor_config.json', content: preprocessor(own, statistics) }],
    async finish(trained, carried, work): Promise<Finished> {
      const weights = whole(trained, carried);
      work.onProgress?.({ done: 0, total: splits.test.count, stage: `measuring ${plan.name}` });
      const [onTest, onValidation] = [await judge(weights, splits.test), await judge(weights, validation)];
      const linear = await linearAccuracy(own, splits.test, options);
      return {
        params: weights,
        quality: {
          data: `the ${splits.test.count.toLocaleString('en-US')} images of the official test split, looked at once`,
          figures: [
            {
              name: 'test accuracy',
              value: onTest.accuracy,
              better: 'higher',
              baseline: { name: 'a linear classifier', value: linear },
            },
            { name: 'test loss', value: onTest.loss, better: 'lower' },
            { name: 'validation accuracy', value: onValidation.accuracy, better: 'higher' },
          ],
        },
      };
    },
    close: () => measure.close(),
  };
}

/** How pixels become inputs, as Hugging Face's image processors read it. */
function preprocessor(
  { rows, columns }: ImageSet,
  { mean, deviation }: { readonly mean: readonly number[]; readonly deviation: readonly number[] },
): string {
  const content = {
    image_processor_type: 'ViTImageProcessor',
    do_resize: false,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: mean,
    image_std: deviation,
    size: { height: rows, width: columns },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** The test accuracy of multinomial logistic regression on the pixels: what depth has to beat. */
async function linearAccuracy(
  own: ImageSet,
  test: ImageSet,
  options: { readonly threads?: number },
): Promise<number> {
  const [width, classes, batch, steps] = [
    own.channels * own.rows * own.columns,
    own.classes.length,
    Math.min(256, own.count),
    1500,
  ];
  const feed = new ImageFeed(own, { batch, seed: 7 });
  const score = (p: { readonly w: Tensor; readonly b: Tensor }, x: Tensor) => add(matmul(x, p.w), p.b);
  const { params } = await train({
    name: 'a linear classifier',
    params: { w: zeros([width, classes]), b: zeros([classes]) },
    optimizer: adam({ learningRate: cosineSchedule(3e-3, steps) }),
    steps,
    loss: (p: { w: Tensor; b: Tensor }, images: Tensor, labels: Tensor) =>
      crossEntropy(score(p, flatten(images, 1)), labels),
    draw(step) {
      const set = feed.at(step);
      const { images, labels } = batchAt(
        set,
        Array.from({ length: set.count }, (_, i) => i),
        undefined,
      );
      return [images, labels];
    },
    ...options,
  });
  const guess = compile(
    (p: { w: Tensor; b: Tensor }, x: Tensor) => ({ guess: argmax(score(p, x), { axis: -1 }) }),
    options,
  );
  try {
    const out = await guess(params, array(imageFloats(test), 'float32', [test.count, width]));
    return (
      test.labels.reduce((right, label, i) => right + Number(out.guess.data[i] === label), 0) / test.count
    );
  } finally {
    await guess.close();
  }
}

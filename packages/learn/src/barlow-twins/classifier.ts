/**
 * Training an encoder on labels: from scratch, or on from what it learned without them.
 *
 * @module
 */
import {
  adam,
  add,
  array,
  cosineSchedule,
  crossEntropy,
  groups,
  matmul,
  type NDArray,
  type Optimizer,
  sgd,
  type Tensor,
  takeRows,
  trainingStep,
  zeros,
} from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix, rng } from '@fletch/linalg';
import { type AugmentOptions, augment, checkImages } from '../augment/index.js';
import {
  copyOf,
  type EmbedOptions,
  type Encoder,
  inBatches,
  type Named,
  withArrays,
} from '../encoder/encoder.js';
import { epochsOf } from '../epochs.js';
import { accuracyOf, checkLabels, greatest } from '../probe.js';

/** An encoder with a linear head. */
export interface Classifier {
  readonly encoder: Encoder;
  readonly classes: number;
  /** Batch normalization in evaluation mode. */
  predict(images: NDArray, options?: EmbedOptions): Promise<Int32Array>;
  /** Share of the images that are predicted right. */
  accuracy(images: NDArray, labels: ArrayLike<number>, options?: EmbedOptions): Promise<number>;
}

export interface ClassifierOptions extends LongWork {
  readonly epochs: number;
  /** Images in a step; those left over in an epoch are dropped. Default 32. */
  readonly batch?: number;
  /** Default: Adam at 1e-3 with a cosine to zero. The head's parameters are `head.weight` and `head.bias`. */
  readonly optimizer?: Optimizer;
  /** Random changes to the images, drawn anew in every epoch. Default: none. */
  readonly augment?: AugmentOptions;
  readonly classes?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Default: all cores. */
  readonly threads?: number;
  /** Called after each `every` epochs with the classifier so far, and at the end. */
  readonly onEpoch?: (epoch: number, classifier: Classifier) => Promise<void>;
  /** Default: 1. */
  readonly every?: number;
}

type Params<Leaf> = { readonly encoder: Named<Leaf>; readonly head: { weight: Leaf; bias: Leaf } };

/**
 * Trains an encoder and a linear head by cross-entropy; batch normalization in training mode.
 *
 * @param encoder - where it starts; it is not changed
 * @param images - float32 `[count, channels, height, width]`
 * @param labels - whole numbers from 0 on; every class needs an image
 * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE`, `ABORTED`
 */
export async function trainClassifier(
  encoder: Encoder,
  images: NDArray,
  labels: ArrayLike<number>,
  options: ClassifierOptions,
): Promise<Classifier> {
  const { epochs, batch = 32, seed = 0, threads, signal, onProgress, onEpoch, every = 1 } = options;
  const [count] = checkImages(images);
  const classes = checkLabels(count, labels, options.classes);
  const { total, perEpoch, positions } = epochsOf({ count, batch, epochs, seed });
  const optimizer = options.optimizer ?? adam({ learningRate: cosineSchedule(1e-3, total) });
  const targets = array(Int32Array.from(labels), 'int32');
  const draws = rng(seed, 2).fillNormal(new Float32Array(classes * encoder.width));
  const limits = threads === undefined ? {} : { threads };

  const step = trainingStep({
    name: 'classifier',
    loss: (p: Params<Tensor>, stats: Named<Tensor>, x: Tensor, y: Tensor) => {
      const out = encoder.apply(p.encoder, stats, x, true);
      return [crossEntropy(logitsOf(p.head, out.features), y), out.stats] as const;
    },
    optimizer,
    carried: true,
    ...limits,
  });
  try {
    // The linear evaluation of the paper's code draws its head from N(0, 0.01²).
    let params: Params<NDArray> = {
      encoder: copyOf(encoder.params),
      head: {
        weight: array(
          draws.map((value) => value * 0.01),
          'float32',
          [classes, encoder.width],
        ),
        bias: zeros([classes]),
      },
    };
    let stats = copyOf(encoder.stats);
    let state = optimizer.init(params);
    const current = () =>
      classifierOf(
        withArrays(encoder, copyOf(params.encoder), copyOf(stats)),
        copyOf(params.head),
        classes,
        limits,
      );
    let done = 0;
    for (const rows of positions) {
      throwIfAborted(signal);
      const chosen = takeRows(images, rows);
      const x = options.augment ? augment(chosen, options.augment, seed * 2 ** 32 + done) : chosen;
      const out = await step(params, state, stats, x, takeRows(targets, rows));
      params = out.params as typeof params;
      stats = out.carried as typeof stats;
      state = out.state as typeof state;
      done++;
      if (!Number.isFinite(out.loss.item()))
        throw new FletchError(
          'NON_FINITE',
          `The loss is ${out.loss.item()} at step ${done}: lower the learning rate.`,
        );
      onProgress?.({ done, total, stage: 'training on labels' });
      const epoch = done / perEpoch;
      if (onEpoch && Number.isInteger(epoch) && (epoch % every === 0 || epoch === epochs))
        await onEpoch(epoch, current());
    }
    return current();
  } finally {
    await step.close();
  }
}

export interface SemiSupervisedOptions extends Omit<ClassifierOptions, 'optimizer' | 'epochs'> {
  /** Share of each class that is labelled, above 0 and up to 100. */
  readonly percent: number;
  /** Rate of the encoder. Default 0.005. */
  readonly lrBackbone?: number;
  /** Rate of the head. Default 0.5. */
  readonly lrHead?: number;
  /** Default 20. */
  readonly epochs?: number;
}

/**
 * Fine-tunes an encoder on the labels of a few images of every class: SGD with momentum 0.9, no weight decay, cosines to
 * zero (Zbontar et al., section 4.2).
 *
 * @param images - all that have labels; of these `percent` per cent of each class are used, at least one
 * @throws FletchError `INVALID_ARGUMENT` for a percentage outside (0, 100], and as {@link trainClassifier}
 */
export async function semiSupervised(
  encoder: Encoder,
  images: NDArray,
  labels: ArrayLike<number>,
  options: SemiSupervisedOptions,
): Promise<Classifier> {
  const { percent, lrBackbone = 0.005, lrHead = 0.5, epochs = 20, seed = 0 } = options;
  const rows = labelledRows(labels, percent, seed);
  const batch = Math.min(options.batch ?? 32, rows.length);
  const steps = epochs * Math.floor(rows.length / batch);
  const rate = (lr: number) => sgd({ learningRate: cosineSchedule(lr, steps), momentum: 0.9 });
  const optimizer = groups((path) => (path.startsWith('head.') ? 'head' : 'encoder'), {
    head: rate(lrHead),
    encoder: rate(lrBackbone),
  });
  const classes = options.classes ?? checkLabels(labels.length, labels);
  const own = Int32Array.from(rows, (row) => labels[row]!);
  return trainClassifier(encoder, takeRows(images, rows), own, {
    ...options,
    epochs,
    batch,
    optimizer,
    classes,
  });
}

/**
 * Positions of some per cent of every class (at least one), drawn at random.
 *
 * @throws FletchError `INVALID_ARGUMENT` for a percentage outside (0, 100]
 */
export function labelledRows(labels: ArrayLike<number>, percent: number, seed: number): Int32Array {
  if (!(percent > 0 && percent <= 100))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The share of labels must lie in (0, 100] per cent, but is ${percent}.`,
      {
        details: { percent },
      },
    );
  const byClass = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) byClass.set(labels[i]!, [...(byClass.get(labels[i]!) ?? []), i]);
  const random = rng(seed, 3);
  const chosen = [...byClass.keys()]
    .sort((a, b) => a - b)
    .flatMap((label) => {
      const rows = random.shuffle(byClass.get(label)!);
      return rows.slice(0, Math.max(1, Math.round((rows.length * percent) / 100)));
    });
  return Int32Array.from(chosen).sort();
}

const logitsOf = (head: Params<Tensor>['head'], features: Tensor) =>
  add(matmul(features, head.weight, { transposeB: true }), head.bias);

function classifierOf(
  encoder: Encoder,
  head: Params<NDArray>['head'],
  classes: number,
  limits: { readonly threads?: number },
): Classifier {
  const predict = async (images: NDArray, options: EmbedOptions = {}) => {
    type Given = Params<Tensor> & { readonly stats: Named<Tensor> };
    const f = (given: Given, x: Tensor) =>
      logitsOf(given.head, encoder.apply(given.encoder, given.stats, x, false).features);
    const given = { encoder: encoder.params, head, stats: encoder.stats };
    const logits = await inBatches(f, given, images, {
      ...limits,
      ...options,
      name: 'classify',
      width: classes,
    });
    return greatest(new Matrix(logits.data as Float32Array, logits.shape[0]!, classes));
  };
  return {
    encoder,
    classes,
    predict,
    accuracy: async (images, labels, options) => accuracyOf(await predict(images, options), labels),
  };
}

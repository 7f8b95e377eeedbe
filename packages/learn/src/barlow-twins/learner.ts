/**
 * Learning from two views of unlabelled images: one training loop, whatever the loss.
 *
 * @module
 */
import {
  type NDArray,
  type Optimizer,
  type OptimizerState,
  type Tensor,
  takeRows,
  tree,
} from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { augment, checkImages, type ViewOptions } from '../augment/index.js';
import {
  copyOf,
  type EmbedOptions,
  type Encoder,
  embedImages,
  inBatches,
  type Named,
  saveEncoder,
  withArrays,
} from '../encoder/encoder.js';
import { epochsOf } from '../epochs.js';
import { checkEmbeddings } from './loss.js';
import type { Objective } from './objectives.js';
import { pretrainingAdam } from './optimizers.js';
import { project, projectorParams } from './projector.js';
import { compileStep, type Step, type Trained } from './step.js';

export interface TwoViewOptions {
  readonly objective: Objective;
  /** Widths of the projector's linear layers. Default 512, 512, 512. */
  readonly projector?: readonly number[];
  /** How the two views of an image are made. */
  readonly augment: ViewOptions;
  /** Of projector and views. Default 0. */
  readonly seed?: number;
  /** Default: all cores. */
  readonly threads?: number;
}

export interface TwoViewFitOptions extends LongWork {
  readonly epochs: number;
  /** Images in a step; those left over in an epoch are dropped. Default 256. */
  readonly batch?: number;
  /** Default: Adam at 1e-3 with weight decay 1e-6 and a cosine to zero. */
  readonly optimizer?: Optimizer;
}

/** The loss and its parts at one step. */
export type StepStats = { readonly loss: number } & { readonly [part: string]: number };

/** An encoder and a projector that learn from two views. Call {@link TwoViewLearner.close} at the end. */
export class TwoViewLearner {
  readonly objective: Objective;
  readonly augment: ViewOptions;
  readonly #seed: number;
  readonly #threads: { readonly threads?: number };
  readonly #network: Encoder;
  readonly #width: number;
  #params: Trained<NDArray>;
  #stats: Named<NDArray>;
  #steps = 0;
  #training: { readonly optimizer: Optimizer; readonly step: Step; state: OptimizerState } | undefined;

  /** @throws FletchError `INVALID_ARGUMENT` when the projector has no layer */
  constructor(encoder: Encoder, options: TwoViewOptions) {
    const { objective, projector = [512, 512, 512], seed = 0, threads } = options;
    const random = rng(seed, 1);
    this.objective = objective;
    this.augment = options.augment;
    this.#seed = seed;
    this.#threads = threads === undefined ? {} : { threads };
    this.#network = encoder;
    this.#width = projector.at(-1) ?? 0;
    this.#params = {
      encoder: copyOf(encoder.params),
      projector: projectorParams(encoder.width, projector, random),
      predictor: objective.predictor
        ? projectorParams(
            this.#width,
            [Math.max(1, Math.round(this.#width * objective.predictor)), this.#width],
            random,
          )
        : {},
    };
    this.#stats = copyOf(encoder.stats);
  }

  /** The encoder as it is now, with arrays of its own. */
  get encoder(): Encoder {
    return withArrays(this.#network, copyOf(this.#params.encoder), copyOf(this.#stats));
  }

  /**
   * One step on a batch: two views are drawn, encoded one after the other, projected and compared.
   *
   * @param images - float32 `[count, channels, height, width]`, values from 0 to 1, at least two
   * @param optimizer - its state starts anew when it is another one than in the step before
   * @throws FletchError `INVALID_ARGUMENT` for images that have not four axes or a single one, `NON_FINITE` naming view
   *   and column
   */
  async trainStep(images: NDArray, optimizer: Optimizer): Promise<StepStats> {
    const [count] = checkImages(images);
    if (count < 2)
      throw new FletchError('INVALID_ARGUMENT', `Batch statistics need at least 2 rows, got ${count}.`);
    if (this.#training?.optimizer !== optimizer) {
      await this.close();
      this.#training = {
        optimizer,
        step: compileStep(this.#network.apply, this.objective, optimizer, this.#threads.threads),
        state: optimizer.init(this.#params),
      };
    }
    const training = this.#training;
    const [a, b] = this.views(images, this.#steps);
    const out = await training.step(
      this.#params as never,
      this.#stats as never,
      training.state as never,
      a,
      b,
    );
    this.#params = out.params as unknown as Trained<NDArray>;
    this.#stats = out.stats as unknown as Named<NDArray>;
    training.state = out.state as OptimizerState;
    this.#steps++;
    for (const [i, means] of (out.means as unknown as NDArray[]).entries())
      checkEmbeddings((i + 1) as 1 | 2, means);
    return tree.map((term: unknown) => (term as NDArray).item(), out.terms) as StepStats;
  }

  /**
   * Trains for some epochs.
   *
   * @param images - float32 `[count, channels, height, width]`, values from 0 to 1; at least a batch of them
   * @returns loss and parts of every step
   * @throws FletchError `INVALID_ARGUMENT` for fewer images than a batch, `NON_FINITE`, `ABORTED`
   */
  async fit(images: NDArray, options: TwoViewFitOptions): Promise<StepStats[]> {
    const { epochs, batch = 256, signal, onProgress } = options;
    const [count] = checkImages(images);
    const { total, positions } = epochsOf({ count, batch, epochs, seed: this.#seed });
    const optimizer = options.optimizer ?? pretrainingAdam({ steps: total });
    const history: StepStats[] = [];
    for (const rows of positions) {
      throwIfAborted(signal);
      history.push(await this.trainStep(takeRows(images, rows), optimizer));
      onProgress?.({ done: history.length, total, stage: this.objective.name });
    }
    return history;
  }

  /** The views that a step with this number would draw. */
  views(images: NDArray, step: number): [NDArray, NDArray] {
    const seed = this.#seed * 2 ** 32 + 2 * step;
    return [augment(images, this.augment.a, seed), augment(images, this.augment.b, seed + 1)];
  }

  /** Embeds images, batch normalization in evaluation mode: `[count, width]`. */
  async embed(images: NDArray, options: EmbedOptions = {}): Promise<NDArray> {
    return embedImages(this.encoder, images, { ...this.#threads, ...options });
  }

  /**
   * Projects images, encoded in evaluation mode, in one batch: `[count, D]`. The projector's normalizations use the
   * statistics of these images.
   */
  async project(images: NDArray): Promise<NDArray> {
    const { apply } = this.#network;
    type Given = Pick<Trained<Tensor>, 'encoder' | 'projector'> & { readonly stats: Named<Tensor> };
    const head = ({ encoder, projector, stats }: Given, x: Tensor) =>
      project(projector, apply(encoder, stats, x, false).features, this.objective.normalized);
    const { encoder, projector } = this.#params;
    return inBatches(head, { encoder, projector, stats: this.#stats }, images, {
      ...this.#threads,
      batch: checkImages(images)[0],
      name: 'project',
      width: this.#width,
    });
  }

  /**
   * Writes the encoder as a safetensors file; the projector is thrown away.
   *
   * @throws FletchError `IO` or `DISK_FULL`
   */
  async save(path: string): Promise<void> {
    await saveEncoder(this.encoder, path);
  }

  /** Frees the compiled step; a later one compiles again and starts the optimizer anew. */
  async close(): Promise<void> {
    await this.#training?.step.close();
    this.#training = undefined;
  }
}

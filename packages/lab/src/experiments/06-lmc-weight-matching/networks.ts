/**
 * The perceptrons that are matched: MNIST, Adam with weight decay in the gradient, as the card fixes them.
 *
 * @module
 */
import { join } from 'node:path';
import {
  adam,
  argmax,
  array,
  cast,
  compile,
  equal,
  type NDArray,
  softmax,
  sum,
  type Tensor,
  train,
} from '@fletch/array';
import { cacheFolder, type LongWork } from '@fletch/base';
import { type ImageSet, imageFloats, loadMnist, takeImages } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { classificationLoss, mlp } from '@fletch/models';
import type { StateDict } from '@fletch/weights';

const BATCH = 500;
/** Of every graph: what one core computes is the same every time. */
export const THREADS = 1;

/** How the three networks are made. */
export interface NetworkPlan {
  readonly hidden: number;
  readonly epochs: number;
  /** Training images. */
  readonly images: number;
  /** Test images that are judged. */
  readonly judged: number;
}

type Weights = Readonly<Record<string, Tensor>>;

/** A task: its data, and networks for it. */
export interface Task {
  readonly config: ReturnType<typeof mlp.config>;
  /** Traced: the loss of a network. */
  readonly loss: (model: Weights, features: Tensor, labels: Tensor) => Tensor;
  /** Traced: what hidden units do. */
  readonly hidden: (model: Weights, features: Tensor) => Readonly<Record<string, Tensor>>;
  /** Training images and labels of a step, every image once an epoch. */
  readonly draw: (step: number, seed: number, batch?: number) => NDArray[];
  readonly train: (seed: number) => Promise<StateDict>;
  /** Loss and share of right answers: on test images, or on as many training images. */
  readonly judge: (model: StateDict, on?: 'test' | 'train') => Promise<{ loss: number; accuracy: number }>;
  /** Share of right answers of the mean of several networks' probabilities. */
  readonly ensemble: (models: readonly StateDict[]) => Promise<number>;
  readonly close: () => Promise<void>;
}

function feedOf(set: ImageSet, positions: ArrayLike<number>): NDArray[] {
  const taken = takeImages(set, positions);
  return [
    array(imageFloats(taken), 'float32', [taken.count, set.rows * set.columns]),
    array(Int32Array.from(taken.labels), 'int32', [taken.count]),
  ];
}

/** Networks that were trained in this process: every seed of a run matches the same three. */
const trained = new Map<string, Promise<StateDict>>();

/** Loads the data and makes the tools. */
export async function openTask(plan: NetworkPlan, work: LongWork): Promise<Task> {
  const { hidden: width, epochs } = plan;
  const splits = await loadMnist(work);
  const first = (set: ImageSet, count: number) =>
    count < set.count ? takeImages(set, rng(9).sample(set.count, count)) : set;
  const own = first(splits.train, plan.images);
  const all = (set: ImageSet) =>
    feedOf(
      set,
      Uint32Array.from({ length: set.count }, (_, i) => i),
    );
  const judged = { test: all(first(splits.test, plan.judged)), train: all(first(own, plan.judged)) };
  const config = mlp.config({ input_size: 784, hidden_sizes: [width, width, width], num_labels: 10 });
  const logitsOf = (model: Weights, features: Tensor) => mlp.forward(config, model, { features }).logits;
  const loss: Task['loss'] = (model, features, labels) =>
    classificationLoss(logitsOf(model, features), labels);
  const look = compile(
    (model: Weights, features: Tensor, labels: Tensor) => {
      const logits = logitsOf(model, features);
      const right = sum(cast(equal(argmax(logits, { axis: -1 }), labels), 'float32'));
      return { loss: classificationLoss(logits, labels), right, probabilities: softmax(logits) };
    },
    { name: 'judging', threads: THREADS },
  );
  let shuffled = { key: '', order: new Uint32Array() };
  const draw: Task['draw'] = (step, seed, batch = BATCH) => {
    const each = Math.floor(own.count / batch);
    const epoch = Math.floor(step / each);
    const key = `${seed} ${epoch}`;
    if (shuffled.key !== key)
      shuffled = { key, order: new Uint32Array(rng(1000 + seed, epoch).permutation(own.count)) };
    const { order } = shuffled;
    const start = (step % each) * batch;
    return feedOf(own, order.subarray(start, start + batch));
  };
  const keyOf = (seed: number) => `mnist-${width}-${epochs}-${own.count}-${seed}`;
  const fit = async (seed: number): Promise<StateDict> => {
    const { params } = await train<StateDict>({
      name: `network ${seed}`,
      params: mlp.init(config, { seed }),
      loss: loss as never,
      optimizer: adam({ learningRate: 1e-3, weightDecay: 5e-4 }),
      steps: epochs * Math.floor(own.count / BATCH),
      draw: (step) => draw(step, seed),
      threads: THREADS,
      // An interrupted run goes on in the middle of a training; a finished one is there at once.
      saved: {
        path: join(cacheFolder(), 'lab', 'lmc-weight-matching', `${keyOf(seed)}.safetensors`),
        every: 3000,
      },
      ...work,
      onProgress: (progress) => work.onProgress?.({ ...progress, stage: `training network ${seed}` }),
    });
    return params;
  };
  return {
    config,
    loss,
    draw,
    hidden: (model, features) =>
      Object.fromEntries(
        mlp.forward(config, model, { features }).hiddenStates.map((state, i) => [`layers.${i}`, state]),
      ),
    train(seed) {
      const key = keyOf(seed);
      const known = trained.get(key) ?? fit(seed);
      trained.set(key, known);
      known.catch(() => trained.delete(key));
      return known;
    },
    async judge(model, on = 'test') {
      const [features, labels] = judged[on] as [NDArray, NDArray];
      const out = await look(model as never, features, labels);
      return { loss: out.loss.item(), accuracy: out.right.item() / labels.size };
    },
    async ensemble(models) {
      const [features, labels] = judged.test as [NDArray, NDArray];
      const total = new Float64Array(labels.size * 10);
      for (const model of models) {
        const { probabilities } = await look(model as never, features, labels);
        for (let i = 0; i < total.length; i++) total[i]! += probabilities.data[i] as number;
      }
      let right = 0;
      labels.data.forEach((label, i) => {
        const own10 = total.subarray(10 * i, 10 * i + 10);
        if (own10.indexOf(Math.max(...own10)) === Number(label)) right++;
      });
      return right / labels.size;
    },
    close: () => look.close(),
  };
}

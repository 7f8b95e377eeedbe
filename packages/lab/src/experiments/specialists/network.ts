/**
 * The network of the specialists: a backbone of three layers that tasks share, and a head for each task.
 *
 * @module
 */
import {
  add,
  array,
  compile,
  layerNorm,
  matmul,
  type NDArray,
  relu,
  type Tensor,
  type Value,
} from '@fletch/array';
import { type Rng, rng } from '@fletch/linalg';
import type { StateDict } from '@fletch/weights';
import { type Labelled, PIXELS } from './tasks.js';

/** Outputs of each layer. */
const WIDTHS = [192, 192, 192];
export const CLASSES = 10;

/** Arrays or tensors by name. */
export type Named<Leaf> = Readonly<Record<string, Leaf>>;

/** Uniform between ±1/√inner, as `torch.nn.Linear` begins. */
function drawn(random: Rng, inner: number, shape: readonly number[]): NDArray {
  const values = random.fillUniform(new Float32Array(shape.reduce((a, b) => a * b)));
  return array(
    values.map((value) => (2 * value - 1) / Math.sqrt(inner)),
    'float32',
    shape,
  );
}

/** First values of the backbone: `layers.0.weight` `[192, 784]`, `layers.0.bias`, `norms.0.weight`, …: 12 arrays. */
export function drawBackbone(seed: number): StateDict {
  const random = rng(seed, 491);
  const params: Record<string, NDArray> = {};
  for (const [i, width] of WIDTHS.entries()) {
    const inner = WIDTHS[i - 1] ?? PIXELS;
    params[`layers.${i}.weight`] = drawn(random, inner, [width, inner]);
    params[`layers.${i}.bias`] = drawn(random, inner, [width]);
    params[`norms.${i}.weight`] = array(new Float32Array(width).fill(1));
    params[`norms.${i}.bias`] = array(new Float32Array(width));
  }
  return params;
}

/** First values of `count` heads, `heads.0.weight` `[10, 192]`, … */
export function drawHeads(count: number, seed: number): StateDict {
  const random = rng(seed, 492);
  const inner = WIDTHS.at(-1)!;
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [headOf(i), drawn(random, inner, [CLASSES, inner])]),
  );
}

/** The name of a task's head. */
export const headOf = (task: number) => `heads.${task}.weight`;

/** Traced: features `[count, 192]` of images `[count, 784]`. */
export function features(params: Named<Tensor>, images: Tensor): Tensor {
  let x = images;
  for (let i = 0; i < WIDTHS.length; i++) {
    const dense = add(
      matmul(x, params[`layers.${i}.weight`]!, { transposeB: true }),
      params[`layers.${i}.bias`]!,
    );
    x = relu(layerNorm(dense, params[`norms.${i}.weight`]!, params[`norms.${i}.bias`]!));
  }
  return x;
}

/** Traced: scores of the ten classes, `[count, 10]`. */
export const logits = (params: Named<Tensor>, head: Value, images: Tensor): Tensor =>
  matmul(features(params, images), head, { transposeB: true });

/** Judges backbones with the head of a task. */
export interface Judge {
  /** Share of the images whose class is found, in per cent. */
  accuracy(backbone: StateDict, heads: StateDict, task: number, images: Labelled): Promise<number>;
  close(): Promise<void>;
}

/** Compiles a judge; close it. */
export function openJudge(threads = 1): Judge {
  const run = compile((params: Named<Tensor>, head: Tensor, images: Tensor) => logits(params, head, images), {
    threads,
  });
  return {
    async accuracy(backbone, heads, task, { images, labels }) {
      const { data } = await run(backbone, heads[headOf(task)]!, images);
      const scores = data as Float32Array;
      let right = 0;
      labels.forEach((label, i) => {
        const row = scores.subarray(i * CLASSES, (i + 1) * CLASSES);
        if (row.indexOf(Math.max(...row)) === label) right++;
      });
      return (100 * right) / labels.length;
    },
    close: () => run.close(),
  };
}

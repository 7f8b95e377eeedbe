/**
 * One training step's gradients, by each method.
 *
 * @module
 */
import {
  add,
  argmax,
  cast,
  crossEntropy,
  equal,
  matmul,
  sum,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from '@fletch/array';
import { real } from './arithmetic.js';
import { adjoint, errorVector, held, online } from './errors.js';
import { activities, field, relaxFreely, residualOf, type Scene } from './field.js';
import { gradientsFrom, unrolledGradients } from './gradients.js';
import type { EPParams } from './layout.js';

/**
 * `hep`: holomorphic equilibrium propagation. `rbp`: recurrent backpropagation. `bp`: backpropagation through T2 more
 * steps. `online`: one endless oscillation of the nudge, without a free phase.
 */
export const trainingMethods = ['hep', 'rbp', 'bp', 'online'] as const;
export type TrainingMethod = (typeof trainingMethods)[number];

/** How a step learns. */
export interface LessonSettings {
  readonly method: TrainingMethod;
  readonly N: number;
  readonly beta: number;
  /** Steps of the free phase; for `online` steps in all. */
  readonly T1: number;
  /** Steps of a nudged phase, or of the backward iteration. */
  readonly T2: number;
}

export interface Lesson {
  readonly gradients: EPParams<Tensor>;
  /** Mean cross-entropy of the batch. */
  readonly loss: Tensor;
  /** How many of the batch are classified rightly. */
  readonly right: Tensor;
  /** Largest |F| of each sample after the free phase; zeros for `online`. */
  readonly residual: Tensor;
}

/** Potentials of zero. */
export function blank({ layout, entering }: Scene): Tensor[] {
  const [batch] = entering.shape as readonly [number];
  return layout.sizes.map((size) => tensor(zeros([batch, size], entering.dtype)));
}

/** Gradients and figures of one batch. */
export function lesson(scene: Scene, x: Tensor, y: Tensor, settings: LessonSettings): Lesson {
  const { method, N, beta, T1, T2 } = settings;
  const start = blank(scene);
  if (method === 'online') {
    const { s, d } = online(scene, start, { N, beta, steps: T2, points: T1 / T2 });
    const residual = sum(zerosLike(start[0]!), { axes: -1 });
    return { gradients: gradientsFrom(scene, x, d, s), ...judged(scene, s.at(-1)!, y), residual };
  }
  const free = held(relaxFreely(scene, start, T1));
  const s = activities(scene, free);
  const residual = residualOf(real, field(real, scene, free));
  const gradients =
    method === 'bp'
      ? unrolledGradients(scene, x, y, free, T2)
      : gradientsFrom(
          scene,
          x,
          method === 'rbp' ? adjoint(scene, free, T2) : errorVector(scene, free, { N, beta, steps: T2 }),
          s,
        );
  return { gradients, ...judged(scene, s.at(-1)!, y), residual };
}

/** What the read-out makes of the output layer's activities. */
export function judged({ params }: Scene, output: Tensor, y: Tensor): { loss: Tensor; right: Tensor } {
  const logits = add(matmul(output, params.readout.weight), params.readout.bias);
  return { loss: crossEntropy(logits, y), right: sum(cast(equal(argmax(logits), y), 'int32')) };
}

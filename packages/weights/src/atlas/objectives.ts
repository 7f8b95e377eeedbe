/**
 * What coefficients are learned for: losses, batches and scores.
 *
 * @module
 */
import {
  add,
  array,
  cast,
  div,
  exp,
  greater,
  logSoftmax,
  max,
  maximum,
  mean,
  mul,
  type NDArray,
  neg,
  softmax,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type Value,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import type { Rng } from '@fletch/linalg';

/** Inputs of a task. */
export interface AtlasInputs {
  /** Which of the model's heads reads them. */
  readonly name: string;
  /** `[count, …]`. */
  readonly inputs: NDArray;
}

/** Inputs with the right class of each. */
export interface AtlasTask extends AtlasInputs {
  /** `count` classes from 0. */
  readonly labels: Int32Array;
}

/** A model as a traced function. Heads and whatever else no task vector touches are its own affair. */
export interface AtlasModel {
  /** Scores `[count, classes]` of a task, for weights by name. */
  logits(weights: Readonly<Record<string, Value>>, inputs: Tensor, task: string): Tensor;
}

/** What each objective learns from. */
export interface AtlasData {
  /** One model for several tasks: the sum of their cross-entropies. */
  addition: {
    readonly tasks: readonly AtlasTask[];
    /** What the coefficients are chosen on. Default: `tasks`, as in the reference, whose tasks are validation data. */
    readonly held?: readonly AtlasTask[];
    /** Accuracies of the specialists, which those of the tasks are divided by. Default: 1 each. */
    readonly fineTuned?: readonly number[];
  };
  /** Unlearning: the target's cross-entropy is raised, the control's lowered. */
  negation: {
    readonly target: AtlasTask;
    readonly control: AtlasTask;
    /** Share of the base's accuracy on the control that is kept at any rate. Default 0.95. */
    readonly least?: number;
  };
  /** A task of which there are few labelled examples. */
  fewShot: { readonly task: AtlasTask; readonly held?: AtlasTask };
  /** A task without labels: sure predictions teach unsure ones (unsupervised FixMatch). */
  ufm: {
    readonly task: AtlasInputs;
    /** Two views of inputs. Default: the inputs as they are, twice. */
    readonly views?: (inputs: NDArray, random: Rng) => readonly [weak: NDArray, strong: NDArray];
    /** Inputs of each class whose first prediction is trusted. Default: a tenth of the inputs a class, at most 100. */
    readonly trusted?: number;
  };
  /** A task without labels: predictions are made sure (entropy minimization). */
  entropy: { readonly task: AtlasInputs };
}

export type AtlasObjective = keyof AtlasData;

/** Throws `INVALID_ARGUMENT` for a task without data, or labels that are not as many or no classes. */
export function checkTask(
  { name, inputs, labels }: AtlasInputs & Partial<AtlasTask>,
  classes?: number,
): void {
  const count = inputs.shape[0] ?? 0;
  if (count === 0) throw new FletchError('INVALID_ARGUMENT', `The task "${name}" has no data.`);
  if (labels === undefined) return;
  if (labels.length !== count)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The task "${name}" has ${count} inputs and ${labels.length} labels.`,
    );
  const bad = labels.findIndex((label) => label < 0 || (classes !== undefined && label >= classes));
  if (bad >= 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Label ${bad} of the task "${name}" is ${labels[bad]}: ${classes === undefined ? 'classes are numbered from 0' : `classes are 0 to ${classes - 1}`}.`,
      { details: { task: name, position: bad } },
    );
}

/** Rows of an array. */
export function takeRows(given: NDArray, rows: ArrayLike<number>): NDArray {
  const size = given.size / given.shape[0]!;
  const source = given.data as Float32Array;
  const taken = new (source.constructor as Float32ArrayConstructor)(rows.length * size);
  for (let i = 0; i < rows.length; i++)
    taken.set(source.subarray(rows[i]! * size, (rows[i]! + 1) * size), i * size);
  return array(taken, given.dtype, [rows.length, ...given.shape.slice(1)]);
}

/** `count` rows at random; more than there are come several times. */
export function drawRows(available: number, count: number, random: Rng): Uint32Array {
  const rows = new Uint32Array(count);
  for (let done = 0; done < count; done += available)
    rows.set(random.permutation(available).slice(0, Math.min(available, count - done)), done);
  return rows;
}

/** A batch of a task: its inputs and labels. */
export function drawTask({ inputs, labels }: AtlasTask, batch: number, random: Rng): [NDArray, NDArray] {
  const rows = drawRows(labels.length, batch, random);
  return [
    takeRows(inputs, rows),
    array(
      Int32Array.from(rows, (row) => labels[row]!),
      'int32',
    ),
  ];
}

/** Mean entropy of predictions. */
export function entropyOf(logits: Tensor): Tensor {
  const logarithms = logSoftmax(logits);
  return mean(neg(sum(mul(exp(logarithms), logarithms), { axes: -1 })));
}

/** Probability above which a prediction teaches. */
const SURE = 0.99;

/**
 * FixMatch without labels: the strong view is taught what the weak view is sure of; trusted inputs teach their first
 * prediction.
 *
 * @param trusted - one-hot rows of trusted inputs, zeros for the others
 */
export function fixMatch(weak: Tensor, strong: Tensor, trusted: Tensor): Tensor {
  const isTrusted = sum(trusted, { axes: -1, keepDims: true });
  const soft = stopGradient(softmax(weak));
  const targets = add(trusted, mul(soft, sub(1, isTrusted)));
  const weight = cast(greater(max(targets, { axes: -1 }), SURE), 'float32');
  const losses = neg(sum(mul(targets, logSoftmax(strong)), { axes: -1 }));
  // The mean over those that count; 0 when none does.
  return div(sum(mul(losses, weight)), maximum(sum(weight), 1));
}

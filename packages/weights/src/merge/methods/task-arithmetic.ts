/**
 * Sums of task vectors: one method with four knobs, as mergekit has it. What is dropped of each vector, whether only what
 * agrees in sign is added, whether sums are divided by the weights, and a factor.
 *
 * @module
 */
import { dropOutliers, keepLargest } from '../sparsify/band.js';
import { dropRandomly, dropSmallerLikelier, type RandomSource, type Scaling } from '../sparsify/random.js';
import { keepAll, keepingSum, type Sparsifier } from '../sparsify/sparsifier.js';
import {
  type Piece,
  rowOf,
  type Settings,
  sizeOf,
  type TensorMerge,
  type TensorTask,
} from '../tensor-merge.js';

/** What is dropped of each task vector. */
export type Dropping = 'nothing' | 'smallest' | 'random' | 'outliers' | 'ranked';

/** `rescale` as recipes say it. */
export function rescaleOf(value: Settings[string] | undefined): 'probability' | 'l1' | 'none' {
  if (value === true) return 'l1';
  return value === 'probability' || value === 'l1' ? value : 'none';
}

function sparsifierOf(dropping: Dropping, task: TensorTask, model: number): Sparsifier {
  const { density, gamma, epsilon } = task.models[model] as {
    density: number;
    gamma: number;
    epsilon: number;
  };
  const rescale = rescaleOf(task.options.rescale);
  const scaling: Scaling = rescale === 'probability' ? 'probability' : 'none';
  const source: RandomSource = { seed: task.seed, tensor: task.name, model };
  const size = sizeOf(task.shape);
  const kinds: { readonly [D in Dropping]: () => Sparsifier } = {
    nothing: () => keepAll,
    smallest: () => keepLargest(size, density),
    random: () => dropRandomly(source, density, scaling),
    outliers: () => dropOutliers(size, density, gamma),
    ranked: () => ranked(source, task, { density, epsilon, scaling }),
  };
  const sparsifier = kinds[dropping]();
  return rescale === 'l1' && sparsifier !== keepAll ? keepingSum(sparsifier) : sparsifier;
}

/** DELLA by output units: rows, or columns of a tensor that is stored the other way round. */
function ranked(
  source: RandomSource,
  { shape, transposed }: TensorTask,
  options: { readonly density: number; readonly epsilon: number; readonly scaling: Scaling },
): Sparsifier {
  if (!transposed || shape.length !== 2)
    return dropSmallerLikelier(source, { ...options, row: rowOf(shape) });
  const [rows, columns] = shape as [number, number];
  const inner = dropSmallerLikelier(source, { ...options, row: rows });
  return {
    looks: 0,
    look() {},
    apply(delta) {
      const turned = turn(delta, rows, columns);
      inner.apply(turned, 0);
      delta.set(turn(turned, columns, rows));
    },
  };
}

function turn(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
  return out;
}

/** The knobs. */
export interface Knobs {
  readonly dropping: Dropping;
  /** Whether only numbers with the sign of their sum are added. */
  readonly consensus: boolean;
}

/** Merges by sums of task vectors (Ilharco et al., Editing models with task arithmetic, ICLR 2023). */
export const taskArithmetic =
  ({ dropping, consensus }: Knobs) =>
  (task: TensorTask): TensorMerge => {
    const { normalize, lambda } = task.options as { normalize: boolean; lambda: number };
    const weights = task.models.map(({ weight }) => weight as number);
    const sparsifiers = weights.map((_, model) => sparsifierOf(dropping, task, model));
    const looks = Math.max(...sparsifiers.map((one) => one.looks));
    const deltas = new Scratch(weights.length);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const divisor = normalize && Math.abs(total) >= 1e-8 ? total : 1;
    return {
      looks,
      look(round, piece) {
        sparsifiers.forEach((sparsifier, model) => {
          if (round < sparsifier.looks) sparsifier.look(round, deltas.fill(model, piece), piece.offset);
        });
      },
      combine(piece, out) {
        const parts = sparsifiers.map((sparsifier, model) => {
          const delta = deltas.fill(model, piece);
          sparsifier.apply(delta, piece.offset);
          return delta;
        });
        if (consensus) addAgreeing(piece.base!, parts, weights, { normalize, lambda }, out);
        else addAll(piece.base!, parts, weights, lambda / divisor, out);
      },
    };
  };

/** Differences from the base, in memory that is used again. */
class Scratch {
  readonly #arrays: Float32Array[];

  constructor(count: number) {
    this.#arrays = Array.from({ length: count }, () => new Float32Array(0));
  }

  fill(model: number, { base, models }: Piece): Float32Array {
    const values = models[model]!;
    if (this.#arrays[model]!.length < values.length) this.#arrays[model] = new Float32Array(values.length);
    const delta = this.#arrays[model]!.subarray(0, values.length);
    for (let i = 0; i < values.length; i++) delta[i] = values[i]! - base![i]!;
    return delta;
  }
}

function addAll(
  base: Float32Array,
  deltas: readonly Float32Array[],
  weights: readonly number[],
  factor: number,
  out: Float32Array,
): void {
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let j = 0; j < deltas.length; j++) sum += weights[j]! * deltas[j]![i]!;
    out[i] = base[i]! + factor * sum;
  }
}

/** Numbers that are worked on at once: what is remembered of them stays in the nearest cache. */
const BLOCK = 2048;

const sums = new Float64Array(BLOCK);
const agreed = new Float64Array(BLOCK);
const divisors = new Float64Array(BLOCK);

/** Adds those weighted numbers that have the sign of their sum (of a zero sum: plus), divided by their weights. */
function addAgreeing(
  base: Float32Array,
  deltas: readonly Float32Array[],
  weights: readonly number[],
  { normalize, lambda }: { readonly normalize: boolean; readonly lambda: number },
  out: Float32Array,
): void {
  for (let at = 0; at < out.length; at += BLOCK) {
    const count = Math.min(BLOCK, out.length - at);
    sums.fill(0);
    agreed.fill(0);
    divisors.fill(0);
    for (let j = 0; j < deltas.length; j++) addTo(sums, deltas[j]!, at, count, weights[j]!);
    for (let j = 0; j < deltas.length; j++) addAgreed(deltas[j]!, at, count, weights[j]!);
    for (let i = 0; i < count; i++) {
      const divisor = normalize && divisors[i] !== 0 ? divisors[i]! : 1;
      out[at + i] = base[at + i]! + (lambda * agreed[i]!) / divisor;
    }
  }
}

function addTo(total: Float64Array, delta: Float32Array, at: number, count: number, weight: number): void {
  for (let i = 0; i < count; i++) total[i]! += weight * delta[at + i]!;
}

function addAgreed(delta: Float32Array, at: number, count: number, weight: number): void {
  for (let i = 0; i < count; i++) {
    const value = weight * delta[at + i]!;
    if (sums[i]! >= 0 ? value > 0 : value < 0) {
      agreed[i]! += value;
      divisors[i]! += weight;
    }
  }
}

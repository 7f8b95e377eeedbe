/**
 * Which numbers of a model share a coefficient.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { layoutOf } from '../checkpoint/layouts.js';
import { spectralTargets } from '../targets.js';

/** How a model is cut into blocks. */
export interface BlockOptions {
  /** A coefficient for each tensor; false: one for the whole vector. Default true. */
  readonly blockwise?: boolean;
  /**
   * Cuts every matrix into so many random parts with a coefficient each. Tensors that are no matrices then add nothing, as in
   * the reference.
   */
  readonly partition?: number;
  /** Queries, keys and values of a fused tensor by themselves. Default false. */
  readonly splitFused?: boolean;
  /** Of the random parts. Default 0. */
  readonly seed?: number;
}

/** One tensor and its coefficients: those from `first` on, `count` of them. */
export interface Slot {
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly first: number;
  readonly count: number;
  /** Which of them each element has; absent: all have the first. */
  readonly parts?: Int32Array;
  /** What each coefficient is called in files: the tensor, or `tensor#q`. */
  readonly names: readonly string[];
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/**
 * The part that each element of a matrix belongs to, uniform at random: the same for all matrices of one shape.
 *
 * @throws FletchError `INVALID_ARGUMENT` when `count` is no positive integer
 */
export function partitionMask(shape: readonly number[], count: number, seed = 0): Int32Array {
  if (!Number.isSafeInteger(count) || count < 1)
    throw new FletchError('INVALID_ARGUMENT', `A matrix is cut into at least one part, not ${count}.`);
  const random = rng(
    seed,
    shape.reduce((hash, size) => (hash * 65_537 + size) % 2 ** 40, 5),
  );
  const uniform = random.fillUniform(new Float64Array(sizeOf(shape)));
  return Int32Array.from(uniform, (value) => Math.floor(value * count));
}

/** The queries, keys and values of a fused tensor, element by element. */
export function fusedParts(shape: readonly number[], transposed: boolean): Int32Array {
  const [rows, columns] = shape as [number, number];
  const third = (transposed ? columns : rows) / 3;
  return Int32Array.from({ length: rows * columns }, (_, i) =>
    Math.floor((transposed ? i % columns : Math.floor(i / columns)) / third),
  );
}

/**
 * The slots of a model's tensors, and how many coefficients there are of each vector.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function slotsOf(
  shapes: ReadonlyMap<string, readonly number[]>,
  options: BlockOptions,
): { readonly slots: readonly Slot[]; readonly width: number } {
  const { blockwise = true, partition, splitFused = false, seed = 0 } = options;
  if ((partition !== undefined && (splitFused || !blockwise)) || (splitFused && !blockwise))
    throw new FletchError(
      'INVALID_ARGUMENT',
      'partition, splitFused and blockwise: false are three ways to cut a model: choose one.',
    );
  if (!blockwise)
    return {
      slots: [...shapes].map(([tensor, shape]) => ({ tensor, shape, first: 0, count: 1, names: [tensor] })),
      width: 1,
    };
  const fused = splitFused ? fusedTensors(shapes) : new Map<string, boolean>();
  const slots: Slot[] = [];
  let first = 0;
  for (const [tensor, shape] of shapes) {
    if (partition !== undefined && shape.length !== 2) continue;
    const transposed = fused.get(tensor);
    const cut =
      partition !== undefined
        ? { parts: partitionMask(shape, partition, seed), names: [tensor], count: partition }
        : transposed !== undefined
          ? {
              parts: fusedParts(shape, transposed),
              names: ['q', 'k', 'v'].map((p) => `${tensor}#${p}`),
              count: 3,
            }
          : { names: [tensor], count: 1 };
    slots.push({ tensor, shape, first, ...cut });
    first += cut.count;
  }
  if (slots.length === 0)
    throw new FletchError('INVALID_ARGUMENT', 'partition cuts matrices, and the task vectors hold none.');
  return { slots, width: first };
}

/** Fused tensors that can be split, and whether they are stored `[in, out]`. */
function fusedTensors(shapes: ReadonlyMap<string, readonly number[]>): Map<string, boolean> {
  const { roles } = layoutOf({
    config: null,
    tensors: new Map([...shapes].map(([name, shape]) => [name, { shape }])),
  });
  const isMatrix = [...shapes.values()].some(({ length }) => length === 2);
  const targets = isMatrix ? spectralTargets(shapes, { splitFused: true, targetModules: /./, roles }) : [];
  return new Map(
    targets
      .filter(({ name, tensor }) => name !== tensor)
      .map(({ tensor, transposed }) => [tensor, transposed]),
  );
}

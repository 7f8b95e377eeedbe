/**
 * A base plus task vectors with a coefficient for each vector and block.
 *
 * @module
 */
import {
  add,
  array,
  gather,
  matmul,
  mul,
  type NDArray,
  reshape,
  sliceAxis,
  sum,
  type Tensor,
  type Value,
  zeros,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import type { StateDict } from '../state-dict.js';
import { type BlockOptions, type Slot, slotsOf } from './blocks.js';
import {
  type AtlasAdapter,
  type AtlasCoefficients,
  atlasAdapter,
  checkVectors,
  composeFromCoefficients,
} from './coefficients.js';
import { baseOf, type TaskVector } from './task-vector.js';

/** `theta0 + Σ lambda · tau` with learned lambda (Zhang et al., aTLAS, NeurIPS 2024, equation 1). */
export class AtlasComposer {
  readonly base: StateDict;
  readonly vectors: readonly TaskVector[];
  readonly options: BlockOptions;
  /** Things that are no errors, but odd: vectors that change nothing. */
  readonly warnings: readonly string[];
  /** Names of the coefficients of a vector, in the order of their columns. */
  readonly blocks: readonly string[];
  /** Coefficients of each vector, over all blocks and parts. */
  readonly width: number;
  readonly #slots: readonly Slot[];
  /** Differences `[vectors, size]` by tensor and precision, made once. */
  readonly #stacked = new Map<string, NDArray>();
  /** What {@link compose} takes by default; what was learned is put here. */
  coefficients: NDArray;

  /**
   * @param vectors - of one base; their names are those of the coefficients
   * @throws FletchError `INVALID_ARGUMENT` for no vectors, two of one name, or options that do not go together;
   *   `DIMENSION_MISMATCH` when they are of another model
   */
  constructor(base: StateDict, vectors: readonly TaskVector[], options: BlockOptions = {}) {
    checkVectors(vectors);
    const { shapes } = vectors[0]!;
    for (const [tensor, shape] of shapes) baseOf(base, tensor, shape);
    const { slots, width } = slotsOf(shapes, options);
    this.base = base;
    this.vectors = vectors;
    this.options = options;
    this.width = width;
    this.#slots = slots;
    this.blocks = options.blockwise === false ? ['all'] : slots.flatMap(({ names }) => names);
    this.warnings = vectors
      .filter(({ norm }) => norm === 0)
      .map(({ name }) => `The task vector "${name}" is zero: its model is the base.`);
    this.coefficients = zeros(this.shape);
  }

  /** Of the coefficients: `[vectors, blocks]`, `[vectors, blocks, parts]`, or `[vectors]` when they are not blockwise. */
  get shape(): readonly number[] {
    const { blockwise = true, partition } = this.options;
    const count = this.vectors.length;
    if (!blockwise) return [count];
    return partition === undefined ? [count, this.width] : [count, this.width / partition, partition];
  }

  /**
   * Traced: the weights for coefficients. Gradients of anything that is computed with them flow back into the coefficients:
   * each gets the inner product of the weights' gradient with its part of its vector.
   *
   * @param coefficients - of {@link shape}
   */
  apply(coefficients: Tensor): Record<string, Value> {
    const dtype = coefficients.dtype;
    const weights: Record<string, Value> = Object.fromEntries(
      Object.keys(this.base).map((tensor) => [tensor, this.#before(tensor, dtype)]),
    );
    const count = this.vectors.length;
    const all = reshape(coefficients, [count, this.width]);
    for (const { tensor, shape, first, count: own, parts } of this.#slots) {
      const deltas = this.#stack(tensor, dtype);
      const columns = sliceAxis(all, 1, first, first + own);
      const update =
        parts === undefined
          ? matmul(columns, deltas, { transposeA: true })
          : sum(mul(gather(columns, array(parts, 'int32'), 1), deltas), { axes: 0 });
      weights[tensor] = add(weights[tensor]!, reshape(update, [...shape]));
    }
    return weights;
  }

  #before(tensor: string, dtype: string): NDArray {
    const before = this.base[tensor]!;
    return dtype === 'float64' && before.dtype === 'float32'
      ? array(Float64Array.from(before.data as Float32Array), 'float64', before.shape)
      : before;
  }

  #stack(tensor: string, dtype: string): NDArray {
    const key = `${dtype} ${tensor}`;
    const known = this.#stacked.get(key);
    if (known) return known;
    const deltas = this.vectors.map((vector) => vector.delta(tensor));
    const size = deltas[0]!.length;
    const all =
      dtype === 'float64' ? new Float64Array(deltas.length * size) : new Float32Array(deltas.length * size);
    for (const [i, delta] of deltas.entries()) all.set(delta, i * size);
    const stacked = array(all, dtype === 'float64' ? 'float64' : 'float32', [deltas.length, size]);
    this.#stacked.set(key, stacked);
    return stacked;
  }

  /** The model for coefficients, summed in 64 bits. Default: {@link coefficients}. */
  compose(coefficients: NDArray = this.coefficients): StateDict {
    return composeFromCoefficients(this.base, this.vectors, this.toAdapter(coefficients));
  }

  /** Coefficients as an adapter: a file beside the base and the task vectors. */
  toAdapter(coefficients: NDArray = this.coefficients): AtlasAdapter {
    if (coefficients.shape.join() !== this.shape.join())
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `The coefficients have shape [${coefficients.shape}], not [${this.shape}].`,
      );
    const data = coefficients.data as ArrayLike<number>;
    const named = this.vectors.map(({ name }, i) => {
      const at = (column: number) => data[i * this.width + column]!;
      const own = this.#slots.flatMap(({ names, first, count, parts }): [string, number | number[]][] =>
        parts === undefined || names.length > 1
          ? names.map((block, j) => [block, at(first + j)])
          : [[names[0]!, Array.from({ length: count }, (_, j) => at(first + j))]],
      );
      return [name, Object.fromEntries(own)] as const;
    });
    return atlasAdapter(Object.fromEntries(named) as AtlasCoefficients, this.options.seed ?? 0);
  }
}

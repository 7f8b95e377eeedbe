/**
 * Task vectors: what tuning added to a base (Ilharco et al., Editing models with task arithmetic, ICLR 2023).
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { fromFloat32, toFloat32 } from '@fletch/data';
import { layoutOf } from '../checkpoint/layouts.js';
import { checkSameStates, type StateDict } from '../state-dict.js';

/**
 * How differences are kept. `f64` gives the tuned model back bit for bit, as long as no number became 2²⁹ times smaller;
 * `f32` rounds a difference that is larger than the tuned number itself; `f16` is off by a 2,048th of the difference.
 */
export type TaskVectorPrecision = 'f64' | 'f32' | 'f16';

/** Options of {@link taskVector}. */
export interface TaskVectorOptions {
  /** In coefficients and messages. Default `task`. */
  readonly name?: string;
  /** Default `f64`. */
  readonly precision?: TaskVectorPrecision;
  /** Tensors that are left out: task-specific heads. Masks, counters and integers always are. */
  readonly skip?: (name: string) => boolean;
}

type Stored = Float64Array | Float32Array | Uint16Array;

/** Differences by the names of their tensors. Operations give new vectors. */
export class TaskVector {
  readonly name: string;
  /** Shapes of the tensors it has. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly #stored: ReadonlyMap<string, Stored>;

  /** Use {@link taskVector}. */
  constructor(
    name: string,
    shapes: ReadonlyMap<string, readonly number[]>,
    stored: ReadonlyMap<string, Stored>,
  ) {
    this.name = name;
    this.shapes = shapes;
    this.#stored = stored;
  }

  /** The difference of one tensor; a view unless it is kept in half precision. Throws `NOT_FOUND`. */
  delta(tensor: string): Float64Array | Float32Array {
    const found = this.#stored.get(tensor);
    if (found === undefined)
      throw new FletchError('NOT_FOUND', `The task vector "${this.name}" has no tensor "${tensor}".`, {
        details: { vector: this.name, tensor },
      });
    return found instanceof Uint16Array ? toFloat32(found, 'F16', tensor) : found;
  }

  /** Bytes of all differences. */
  get size(): number {
    return [...this.#stored.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** The Euclidean length over all tensors. */
  get norm(): number {
    return Math.sqrt(this.dot(this));
  }

  /** The inner product over all tensors. Throws `DIMENSION_MISMATCH` for a vector of another model. */
  dot(other: TaskVector): number {
    checkSameVectors(this, other);
    let sum = 0;
    for (const tensor of this.shapes.keys()) {
      const [a, b] = [this.delta(tensor), other.delta(tensor)];
      for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
    }
    return sum;
  }

  /** The sum, in `f64`. Throws `DIMENSION_MISMATCH` for a vector of another model. */
  plus(other: TaskVector): TaskVector {
    checkSameVectors(this, other);
    return this.#mapped(
      `${this.name} + ${other.name}`,
      (value, tensor, i) => value + other.delta(tensor)[i]!,
    );
  }

  /** A multiple, in `f64`. */
  times(factor: number): TaskVector {
    return this.#mapped(`${factor} ${this.name}`, (value) => factor * value);
  }

  /** The opposite, in `f64`. */
  negated(): TaskVector {
    return this.#mapped(`-${this.name}`, (value) => -value);
  }

  #mapped(name: string, map: (value: number, tensor: string, i: number) => number): TaskVector {
    const stored = new Map(
      [...this.shapes.keys()].map((tensor) => [
        tensor,
        Float64Array.from(this.delta(tensor), (value, i) => map(value, tensor, i)),
      ]),
    );
    return new TaskVector(name, this.shapes, stored);
  }

  /**
   * `base + factor · vector`; tensors without a difference are the base's own arrays.
   *
   * @throws FletchError `DIMENSION_MISMATCH` for a base of another model
   */
  addTo(base: StateDict, factor = 1): StateDict {
    const sum: Record<string, NDArray> = { ...base };
    for (const [tensor, shape] of this.shapes) {
      const before = baseOf(base, tensor, shape);
      const delta = this.delta(tensor);
      sum[tensor] = array(
        before.map((value, i) => value + factor * delta[i]!),
        'float32',
        shape,
      );
    }
    return sum;
  }
}

/** The numbers of a base's tensor, its shape checked. */
export function baseOf(base: StateDict, tensor: string, shape: readonly number[]): Float32Array {
  const found = base[tensor];
  if (found?.dtype === 'float32' && found.shape.join() === shape.join()) return found.data as Float32Array;
  throw new FletchError(
    'DIMENSION_MISMATCH',
    `The task vectors are of another model: "${tensor}" is [${shape.join(', ')}] there and ${found ? `[${found.shape.join(', ')}]` : 'missing'} in the base.`,
    { details: { tensor } },
  );
}

/** Throws `DIMENSION_MISMATCH` unless both have the same tensors. */
export function checkSameVectors(a: TaskVector, b: TaskVector): void {
  const [one, two] = [a, b].map(({ shapes }) =>
    Object.fromEntries([...shapes].map(([tensor, shape]) => [tensor, { shape } as unknown as NDArray])),
  );
  checkSameStates(one!, two!, [`The task vector "${a.name}"`, `"${b.name}"`]);
}

const LARGEST_HALF = 65504;

function store(
  tensor: string,
  difference: Float64Array,
  name: string,
  precision: TaskVectorPrecision,
): Stored {
  if (precision === 'f64') return difference;
  const single = Float32Array.from(difference);
  if (precision === 'f32') return single;
  const bad = single.findIndex((value) => Math.abs(value) > LARGEST_HALF);
  if (bad >= 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `"${tensor}" of "${name}" changed by ${single[bad]}, which half precision does not hold (at most ${LARGEST_HALF}): keep it as f32.`,
      { details: { tensor, index: bad } },
    );
  return fromFloat32(single, 'F16');
}

/**
 * What tuning added: `tuned − base`, tensor by tensor. Heads of other shapes than the base's are left out, so are masks,
 * counters and integers.
 *
 * @throws FletchError `DIMENSION_MISMATCH` listing the tensors that differ, `NON_FINITE` naming the tensor,
 *   `INVALID_ARGUMENT` when nothing is left or half precision does not hold a difference
 * @example
 * ```ts
 * const digits = taskVector(base, tuned, { name: 'digits' });
 * const forgetful = digits.negated().addTo(base, 0.3);
 * ```
 */
export function taskVector(base: StateDict, tuned: StateDict, options: TaskVectorOptions = {}): TaskVector {
  const { name = 'task', precision = 'f64', skip = () => false } = options;
  const { roles } = layoutOf({ config: null, tensors: new Map(Object.entries(base)) });
  const isLeft = (tensor: string) => {
    const [one, two] = [base[tensor], tuned[tensor]];
    const kind = roles.get(tensor)?.kind;
    if (skip(tensor) || kind === 'buffer') return true;
    if (one && one.dtype !== 'float32') return true;
    return kind === 'head' && (!one || !two || one.shape.join() !== two.shape.join());
  };
  const kept = (state: StateDict) =>
    Object.fromEntries(Object.entries(state).filter(([tensor]) => !isLeft(tensor)));
  const [before, after] = [kept(base), kept(tuned)];
  checkSameStates(before, after, ['The base', `the tuned model "${name}"`]);
  const stored = new Map<string, Stored>();
  for (const [tensor, { data }] of Object.entries(before)) {
    const other = after[tensor]!;
    if (other.dtype !== 'float32')
      throw new FletchError('INVALID_ARGUMENT', `"${tensor}" of "${name}" is ${other.dtype}, not float32.`);
    const numbers = other.data as Float32Array;
    const difference = Float64Array.from(data as Float32Array, (value, i) => numbers[i]! - value);
    const bad = difference.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new FletchError(
        'NON_FINITE',
        `"${tensor}" holds ${numbers[bad]} in "${name}" and ${(data as Float32Array)[bad]} in the base at position ${bad}.`,
        { details: { tensor, index: bad } },
      );
    stored.set(tensor, store(tensor, difference, name, precision));
  }
  if (stored.size === 0)
    throw new FletchError('INVALID_ARGUMENT', `Nothing of the base is left for the task vector "${name}".`);
  return new TaskVector(
    name,
    new Map([...stored.keys()].map((tensor) => [tensor, before[tensor]!.shape])),
    stored,
  );
}

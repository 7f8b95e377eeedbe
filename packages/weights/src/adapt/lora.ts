/**
 * Low-rank adapters while they are trained: what is trained, what stays, and how both make weights.
 *
 * @module
 */
import {
  add,
  array,
  concat,
  matmul,
  mul,
  type NDArray,
  type Tensor,
  transpose,
  type Value,
  zeros,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import { Matrix, matmul as product, type Rng, rng, svd } from '@fletch/linalg';
import type { StateDict } from '../state-dict.js';
import {
  readTarget,
  type SpectralTarget,
  spectralTargets,
  type TargetOptions,
  writeTarget,
} from '../targets.js';

/** Options of {@link loraAdapter}. */
export interface LoraOptions extends TargetOptions {
  /** r, at most the smaller side of every target. */
  readonly rank: number;
  /** The update is multiplied by `alpha / rank`. Default: `rank`. */
  readonly alpha?: number;
  /** Multiplies by `alpha / √rank` instead (rsLoRA, Kalajdzievski 2023). Default false. */
  readonly rankStabilized?: boolean;
  /** Trains B alone. Default false. */
  readonly freezeA?: boolean;
  /**
   * `uniform`: A uniform within ±1/√in, B zero, as PEFT begins (Hu et al., ICLR 2022). `pissa`: the leading singular vectors,
   * which are taken out of what is frozen (Meng et al., NeurIPS 2024). Default `uniform`.
   */
  readonly initial?: 'uniform' | 'pissa';
  /** Default 0. */
  readonly seed?: number;
}

/** An adapter of some matrices of a model. Its factors are arrays `<target>.lora_A` `[r, in]` and `<target>.lora_B` `[out, r]`. */
export interface LoraAdapter {
  readonly targets: readonly SpectralTarget[];
  readonly scale: number;
  /** First values of what is trained. */
  readonly trained: StateDict;
  /** Factors that stay as they are. */
  readonly fixed: StateDict;
  /** The model's own weights, which stay as they are. */
  readonly frozen: StateDict;
  /** Traced: the weights of the adapted model. */
  apply(trained: Readonly<Record<string, Value>>): Record<string, Value>;
  /** The adapted model as an ordinary one, to be looked at, saved or merged. */
  merge(trained: StateDict): StateDict;
}

const names = ({ name }: SpectralTarget) => ({ a: `${name}.lora_A`, b: `${name}.lora_B` });
const matrixOf = ({ data, shape }: NDArray) =>
  new Matrix(Float32Array.from(data as Float32Array), shape[0]!, shape[1]!);

function checkOptions({ rank, alpha = rank }: LoraOptions, targets: readonly SpectralTarget[]): number {
  if (!Number.isSafeInteger(rank) || rank < 1)
    throw new FletchError('INVALID_ARGUMENT', `An adapter's rank is an integer of at least 1, not ${rank}.`);
  if (!(alpha > 0 && Number.isFinite(alpha)))
    throw new FletchError('INVALID_ARGUMENT', `An adapter's alpha is a positive number, not ${alpha}.`);
  for (const target of targets) {
    const { rows, cols } = sizeOf(target);
    if (rank > Math.min(rows, cols))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `"${target.name}" is ${rows} × ${cols}: an adapter of rank ${rank} is no smaller than it. Choose a lower rank or fewer targetModules.`,
      );
  }
  return alpha;
}

function sizeOf({ shape, transposed, outputs }: SpectralTarget) {
  return { rows: outputs[1] - outputs[0], cols: transposed ? shape[0] : shape[1] };
}

/** Factors `[out, r]` and `[r, in]` before the first step. */
function uniformFactors(target: SpectralTarget, rank: number, random: Rng) {
  const { rows, cols } = sizeOf(target);
  const bound = 1 / Math.sqrt(cols);
  const a = random.fillUniform(new Float32Array(rank * cols)).map((value) => (2 * value - 1) * bound);
  return { a: array(a, 'float32', [rank, cols]), b: zeros([rows, rank]) };
}

/** The leading singular vectors, their values shared equally, so that `scale · b · a` is the leading part. */
function leadingFactors(matrix: Matrix<Float32Array>, rank: number, scale: number) {
  const { u, s, vt } = svd(matrix);
  const share = (j: number) => Math.sqrt(s[j]! / scale);
  const a = Float32Array.from(
    { length: rank * vt.cols },
    (_, i) => vt.data[i]! * share(Math.floor(i / vt.cols)),
  );
  const b = Float32Array.from({ length: u.rows * rank }, (_, i) => {
    const j = i % rank;
    return u.data[Math.floor(i / rank) * u.cols + j]! * share(j);
  });
  return { a: array(a, 'float32', [rank, vt.cols]), b: array(b, 'float32', [u.rows, rank]) };
}

/** Adds `factor · b · a` to a target's part of a tensor, in place. */
function addProduct(
  data: Float32Array,
  target: SpectralTarget,
  a: NDArray,
  b: NDArray,
  factor: number,
): void {
  const matrix = readTarget(data, target);
  const update = product(matrixOf(b), matrixOf(a));
  for (let i = 0; i < matrix.data.length; i++) matrix.data[i]! += factor * update.data[i]!;
  writeTarget(data, target, matrix);
}

/** A tensor with the updates of its targets, traced. */
function adapted(
  weight: Value,
  parts: readonly { readonly target: SpectralTarget; readonly update: Tensor }[],
): Tensor {
  const [first] = parts;
  const whole = parts.length === 1 ? first!.update : concat(parts.map(({ update }) => update));
  return add(weight, first!.target.transposed ? transpose(whole) : whole);
}

/**
 * Makes an adapter: `W + scale · B · A` for every target (Hu et al., LoRA, ICLR 2022), in the layout that the model keeps.
 *
 * @param base - is not changed
 * @throws FletchError `INVALID_ARGUMENT` for a rank or alpha out of range or when there is no target, `NON_FINITE`
 * @example
 * ```ts
 * const adapter = loraAdapter(base, { rank: 8, alpha: 16 });
 * const { params } = await train({
 *   params: adapter.trained,
 *   loss: (trained, ids) => lossOf(adapter.apply(trained), ids), …
 * });
 * const tuned = adapter.merge(params);
 * ```
 */
export function loraAdapter(base: StateDict, options: LoraOptions): LoraAdapter {
  const { rank, rankStabilized = false, freezeA = false, initial = 'uniform', seed = 0 } = options;
  const shapes = new Map(Object.entries(base).map(([name, { shape }]) => [name, shape]));
  const targets = spectralTargets(shapes, options);
  const alpha = checkOptions(options, targets);
  const scale = alpha / (rankStabilized ? Math.sqrt(rank) : rank);
  const random = rng(seed);
  const trained: Record<string, NDArray> = {};
  const fixed: Record<string, NDArray> = {};
  const frozen: Record<string, NDArray> = { ...base };
  for (const target of targets) {
    const { tensor } = target;
    const own = random.split();
    const matrix = readTarget(base[tensor]!.data as Float32Array, target);
    const { a, b } =
      initial === 'pissa' ? leadingFactors(matrix, rank, scale) : uniformFactors(target, rank, own);
    if (initial === 'pissa') {
      const data = (frozen[tensor]!.data as Float32Array).slice();
      addProduct(data, target, a, b, -scale);
      frozen[tensor] = array(data, 'float32', target.shape);
    }
    const { a: nameA, b: nameB } = names(target);
    (freezeA ? fixed : trained)[nameA] = a;
    trained[nameB] = b;
  }
  return {
    targets,
    scale,
    trained,
    fixed,
    frozen,
    apply(given) {
      const factors = { ...fixed, ...given };
      const weights: Record<string, Value> = { ...frozen };
      for (const tensor of new Set(targets.map((target) => target.tensor)))
        weights[tensor] = adapted(
          frozen[tensor]!,
          targets
            .filter((target) => target.tensor === tensor)
            .map((target) => {
              const { a, b } = names(target);
              return { target, update: mul(matmul(factors[b]!, factors[a]!), scale) };
            }),
        );
      return weights;
    },
    merge(given) {
      const factors: StateDict = { ...fixed, ...given };
      const merged: Record<string, NDArray> = { ...frozen };
      for (const target of targets) {
        const { tensor, shape } = target;
        const data = (merged[tensor]!.data as Float32Array).slice();
        const { a, b } = names(target);
        addProduct(data, target, factors[a]!, factors[b]!, scale);
        merged[tensor] = array(data, 'float32', shape);
      }
      return merged;
    },
  };
}

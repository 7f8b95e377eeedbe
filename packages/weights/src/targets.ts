/**
 * Which tensors of a model are matrices whose spectra mean something, and how they lie.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, transpose } from '@fletch/linalg';
import { layoutOf, type TensorRole } from './checkpoint/layouts.js';
import { shapeText } from './state-dict.js';

/** How targets are chosen. */
export interface TargetOptions {
  /**
   * Modules whose weights are looked at: ends of their paths (`query`, `attention.output.dense`), or an expression that
   * matches the path. Default: every matrix but embeddings, heads, normalizations and masks.
   */
  readonly targetModules?: readonly string[] | RegExp;
  /** Looks at the queries, keys and values of a fused tensor one by one. Default false. */
  readonly splitFused?: boolean;
  /** What each tensor is. Default: {@link layoutOf} the names. */
  readonly roles?: ReadonlyMap<string, TensorRole>;
}

/** A matrix `[out, in]` within a model. */
export interface SpectralTarget {
  /** The tensor's name, with `#q`, `#k` or `#v` for a part of a fused one. */
  readonly name: string;
  readonly tensor: string;
  /** Of the tensor as it is stored. */
  readonly shape: readonly [rows: number, columns: number];
  /** Stored `[in, out]`, as GPT-2's Conv1D does. */
  readonly transposed: boolean;
  /** Outputs that belong to it: from, to (exclusive). */
  readonly outputs: readonly [from: number, to: number];
}

const moduleOf = (name: string) => name.replace(/[._]weight$/, '');

const kinds: readonly (TensorRole['kind'] | undefined)[] = ['linear', 'conv1d'];

function isChosen(
  name: string,
  modules: TargetOptions['targetModules'],
  role: TensorRole | undefined,
): boolean {
  if (modules === undefined) return kinds.includes(role?.kind);
  const path = moduleOf(name);
  if (modules instanceof RegExp) return path.search(modules) >= 0;
  return modules.some((end) => path === end || path.endsWith(`.${end}`));
}

/**
 * The matrices of a model whose spectra are compared.
 *
 * A fused tensor is split into thirds along its outputs, where the outputs are three times the inputs; layouts that
 * interleave the heads (`query_key_value`) and groups of keys are looked at whole.
 *
 * @param shapes - of all tensors, by name
 * @throws FletchError `INVALID_ARGUMENT` when there is no matrix to look at
 */
export function spectralTargets(
  shapes: ReadonlyMap<string, readonly number[]>,
  { targetModules, splitFused = false, roles }: TargetOptions = {},
): SpectralTarget[] {
  const known =
    roles ??
    layoutOf({ config: null, tensors: new Map([...shapes].map(([n, shape]) => [n, { shape }])) }).roles;
  const targets = [...shapes].flatMap(([tensor, shape]): SpectralTarget[] => {
    const role = known.get(tensor);
    if (shape.length !== 2 || shape.includes(0) || !isChosen(tensor, targetModules, role)) return [];
    const transposed = role?.kind === 'conv1d';
    const [out, inner] = (transposed ? [...shape].reverse() : shape) as [number, number];
    const whole = { tensor, shape: shape as [number, number], transposed };
    if (!splitFused || role?.fused !== 'qkv' || out !== 3 * inner)
      return [{ ...whole, name: tensor, outputs: [0, out] }];
    return ['q', 'k', 'v'].map((part, i) => ({
      ...whole,
      name: `${tensor}#${part}`,
      outputs: [i * inner, (i + 1) * inner],
    }));
  });
  if (targets.length > 0) return targets;
  const asked = targetModules === undefined ? '' : ` that ${String(targetModules)} names`;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `None of the ${shapes.size} tensors is a matrix${asked} (embeddings, heads and normalizations are left out): name others with targetModules.`,
    { details: { tensors: [...shapes.keys()].slice(0, 10) } },
  );
}

/**
 * The matrix of a target, `[out, in]`, copied.
 *
 * @param data - the whole tensor as it is stored
 * @throws FletchError `DIMENSION_MISMATCH` when there are not as many numbers as the tensor has, `NON_FINITE` naming it
 */
export function readTarget(data: ArrayLike<number>, target: SpectralTarget): Matrix<Float32Array> {
  const { shape, tensor, transposed, outputs } = target;
  const [rows, columns] = shape;
  if (data.length !== rows * columns)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `"${tensor}" is ${shapeText(shape)}, but ${data.length} numbers were given.`,
    );
  const numbers = Float32Array.from(data);
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new FletchError(
      'NON_FINITE',
      `"${tensor}" holds ${data[bad]} in row ${Math.floor(bad / columns)}, column ${bad % columns}: it has no spectrum.`,
      { details: { tensor, index: bad } },
    );
  const stored = new Matrix(numbers, rows, columns);
  const whole = transposed ? transpose(stored) : stored;
  const [from, to] = outputs;
  return new Matrix(whole.data.slice(from * whole.cols, to * whole.cols), to - from, whole.cols);
}

/** Writes a target's matrix `[out, in]` into the tensor it is of. */
export function writeTarget(data: Float32Array, target: SpectralTarget, matrix: Matrix): void {
  const { transposed, outputs, shape } = target;
  const stride = shape[1];
  for (let i = 0; i < matrix.rows; i++)
    for (let j = 0; j < matrix.cols; j++) {
      const out = outputs[0] + i;
      data[transposed ? j * stride + out : out * stride + j] = matrix.data[i * matrix.cols + j]!;
    }
}

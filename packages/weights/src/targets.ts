/**
 * Which tensors of a model are matrices whose spectra mean something, and how they lie.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, transpose } from '@fletch/linalg';
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
  /** Whether a weight is stored `[in, out]`. Default: what GPT-2 calls its layers, where their shapes say so. */
  readonly isConv1D?: (name: string) => boolean;
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

const NO_TARGET =
  /(^|[._])(wte|wpe|\w*embed(s|der|ding|dings)?\w*|lm_head|heads?|score|classifier|cls|pooler|predictions|qa_outputs|relative_attention_bias|position_ids|masked_bias|\w*norm\w*)(\.|$)|bias$/i;
const CONV1D = /(^|\.)(c_attn|q_attn|c_proj|c_fc)\.weight$/;
const FUSED = /(^|\.)(c_attn|qkv|qkv_proj|in_proj|in_proj_weight|Wqkv)(\.weight)?$/;

const moduleOf = (name: string) => name.replace(/[._]weight$/, '');

/** GPT-2's names alone do not tell: some families keep `c_attn` as `[out, in]`. The wide layers of the model do. */
function conv1DByShape(shapes: ReadonlyMap<string, readonly number[]>): (name: string) => boolean {
  const wide = [...shapes].filter(([name]) => /(^|\.)(c_attn|c_fc)\.weight$/.test(name));
  const holds = wide.length > 0 && wide.every(([, [rows = 0, columns = 0]]) => columns > rows);
  return (name) => holds && CONV1D.test(name);
}

function isChosen(name: string, modules: TargetOptions['targetModules']): boolean {
  if (modules === undefined) return !NO_TARGET.test(name);
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
  { targetModules, splitFused = false, isConv1D = conv1DByShape(shapes) }: TargetOptions = {},
): SpectralTarget[] {
  const targets = [...shapes].flatMap(([tensor, shape]): SpectralTarget[] => {
    if (shape.length !== 2 || shape.includes(0) || !isChosen(tensor, targetModules)) return [];
    const transposed = isConv1D(tensor);
    const [out, inner] = (transposed ? [...shape].reverse() : shape) as [number, number];
    const whole = { tensor, shape: shape as [number, number], transposed };
    if (!splitFused || !FUSED.test(tensor) || out !== 3 * inner)
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

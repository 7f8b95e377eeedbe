/**
 * Coefficients as a small file that one can read and edit, and models made of them without training.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { array, type NDArray } from '@fletch/array';
import { FletchError, replaceFile } from '@fletch/base';
import { layoutOf } from '../checkpoint/layouts.js';
import type { StateDict } from '../state-dict.js';
import { fusedParts, partitionMask } from './blocks.js';
import { baseOf, checkSameVectors, type TaskVector } from './task-vector.js';

/** Of each task vector by name, of each tensor by name: a number, or one for each part of a partition. */
export interface AtlasCoefficients {
  readonly [vector: string]: { readonly [tensor: string]: number | readonly number[] };
}

/** An adapter made of coefficients: all that has to be kept beside the base and the task vectors. */
export interface AtlasAdapter {
  readonly format: 'fletch-atlas';
  readonly version: 1;
  /** Seed of the parts of matrices, where numbers stand in lists. */
  readonly seed: number;
  readonly coefficients: AtlasCoefficients;
}

/** Wraps coefficients that learning or a hand wrote. */
export const atlasAdapter = (coefficients: AtlasCoefficients, seed = 0): AtlasAdapter => ({
  format: 'fletch-atlas',
  version: 1,
  seed,
  coefficients,
});

const problem = (message: string) => new FletchError('INVALID_INPUT_FILE', `aTLAS coefficients: ${message}`);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);

/**
 * Checks the content of a file of coefficients: an {@link AtlasAdapter}, or bare {@link AtlasCoefficients}.
 *
 * @throws FletchError `INVALID_INPUT_FILE` naming what is no coefficient
 */
export function readAtlasAdapter(content: unknown): AtlasAdapter {
  if (!isRecord(content)) throw problem('an object of task vectors is needed.');
  const wrapped = content.format === 'fletch-atlas';
  if (wrapped && content.version !== 1)
    throw problem(`version ${String(content.version)} is not known; this program reads version 1.`);
  const coefficients = wrapped ? content.coefficients : content;
  const seed = wrapped ? content.seed : 0;
  if (!isRecord(coefficients) || !Number.isSafeInteger(seed))
    throw problem('"coefficients" or "seed" is missing.');
  for (const [vector, tensors] of Object.entries(coefficients)) {
    if (!isRecord(tensors)) throw problem(`"${vector}" must be an object of tensors with a number each.`);
    for (const [tensor, value] of Object.entries(tensors))
      if (!isNumber(value) && !(Array.isArray(value) && value.length > 0 && value.every(isNumber)))
        throw problem(
          `"${tensor}" of "${vector}" is ${JSON.stringify(value)}, neither a number nor a list of numbers.`,
        );
  }
  return atlasAdapter(coefficients as AtlasCoefficients, seed as number);
}

/** Writes an adapter as JSON; a crash leaves the old file whole. Throws `IO`, `DISK_FULL`. */
export async function saveAtlasAdapter(path: string, adapter: AtlasAdapter): Promise<void> {
  const { coefficients } = readAtlasAdapter(adapter);
  const text = JSON.stringify({ ...adapter, coefficients }, null, 1);
  await replaceFile(path, (file) => file.writeFile(`${text}\n`));
}

/**
 * Reads an adapter, or coefficients that a hand wrote.
 *
 * @throws FletchError `NOT_FOUND` when there is no such file, `INVALID_INPUT_FILE`
 */
export async function loadAtlasAdapter(path: string): Promise<AtlasAdapter> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new FletchError('NOT_FOUND', `${path} cannot be read.`, { cause });
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new FletchError('INVALID_INPUT_FILE', `${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  return readAtlasAdapter(content);
}

/** A factor of a tensor, one for each part of a partition, or one for queries, keys and values of a fused tensor. */
export type TensorCoefficient = number | readonly number[] | Readonly<Record<'q' | 'k' | 'v', number>>;

/**
 * The coefficients of one tensor, by the order of the vectors; 0 where the file says nothing.
 *
 * @param names - of the vectors
 * @throws FletchError `NOT_FOUND` naming vectors of the file that are not among them
 */
export function coefficientsOfTensor(
  { coefficients }: AtlasAdapter,
  names: readonly string[],
  tensor: string,
): readonly TensorCoefficient[] {
  const unknown = Object.keys(coefficients).filter((vector) => !names.includes(vector));
  if (unknown.length > 0)
    throw new FletchError(
      'NOT_FOUND',
      `The coefficients name the task vectors ${quoted(unknown)}, but there are ${quoted(names)}.`,
      { details: { unknown } },
    );
  return names.map((name) => {
    const own = coefficients[name] ?? {};
    const third = (part: string) => (own[`${tensor}#${part}`] as number | undefined) ?? 0;
    return thirdsOf(tensor).some((key) => key in own)
      ? { q: third('q'), k: third('k'), v: third('v') }
      : (own[tensor] ?? 0);
  });
}

const thirdsOf = (tensor: string) => ['q', 'k', 'v'].map((part) => `${tensor}#${part}`);

const quoted = (names: readonly string[]) =>
  names
    .slice(0, 5)
    .map((name) => `"${name}"`)
    .join(', ');

/** How a tensor lies, where its coefficient is more than a number. */
export interface ComposeTensorOptions {
  readonly shape?: readonly number[];
  readonly seed?: number;
  readonly transposed?: boolean;
}

/**
 * One tensor of a composed model: `base + Σ coefficient · (model − base)`, summed in 64 bits. What streams models tensor by
 * tensor calls this.
 *
 * @param base - as stored, flattened
 * @param models - the tuned models' tensor, as many as coefficients
 * @param options.shape - of the tensor; needed where coefficients are lists
 * @param options.seed - of the parts
 * @param options.transposed - whether a fused tensor is stored `[in, out]`
 * @param out - default: a new array; may be `base`
 * @throws FletchError `DIMENSION_MISMATCH`
 */
export function composeTensor(
  base: Float32Array,
  models: readonly Float32Array[],
  coefficients: readonly TensorCoefficient[],
  { shape = [base.length], seed = 0, transposed = false }: ComposeTensorOptions = {},
  out: Float32Array = new Float32Array(base.length),
): Float32Array {
  if (models.length !== coefficients.length || models.some(({ length }) => length !== base.length))
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${coefficients.length} coefficients go with as many tensors of ${base.length} numbers, not with ${models.length} of ${models.map(({ length }) => length).join(', ')}.`,
    );
  const deltas = models.map((model) => Float64Array.from(base, (value, i) => model[i]! - value));
  return addScaled(base, deltas, coefficients, { shape, seed, transposed }, out);
}

function addScaled(
  base: Float32Array,
  deltas: readonly (Float64Array | Float32Array)[],
  coefficients: readonly TensorCoefficient[],
  { shape, seed, transposed }: Required<ComposeTensorOptions>,
  out: Float32Array,
): Float32Array {
  const sum = Float64Array.from(base);
  for (const [j, given] of coefficients.entries()) {
    const delta = deltas[j]!;
    if (typeof given === 'number') {
      if (given !== 0) for (let i = 0; i < sum.length; i++) sum[i]! += given * delta[i]!;
      continue;
    }
    const factors = 'q' in given ? [given.q, given.k, given.v] : given;
    const parts = 'q' in given ? fusedParts(shape, transposed) : partitionMask(shape, factors.length, seed);
    for (let i = 0; i < sum.length; i++) sum[i]! += factors[parts[i]!]! * delta[i]!;
  }
  out.set(sum);
  return out;
}

/**
 * A model made of a base, task vectors and coefficients, without any training: works on every checkpoint whose names match.
 *
 * @throws FletchError `INVALID_ARGUMENT` when there is no vector or two have one name, `NOT_FOUND` naming vectors or tensors
 *   of the coefficients that are not there, `DIMENSION_MISMATCH`
 * @example
 * ```ts
 * composeFromCoefficients(base, [digits, clothes], await loadAtlasAdapter('coefficients.json'));
 * ```
 */
export function composeFromCoefficients(
  base: StateDict,
  vectors: readonly TaskVector[],
  given: AtlasCoefficients | AtlasAdapter,
): StateDict {
  const adapter = readAtlasAdapter(given);
  const { seed, coefficients } = adapter;
  checkVectors(vectors);
  const { shapes } = vectors[0]!;
  const names = vectors.map(({ name }) => name);
  for (const [vector, tensors] of Object.entries(coefficients)) {
    const unknown = Object.keys(tensors).filter((tensor) => !shapes.has(tensor.replace(/#[qkv]$/, '')));
    if (unknown.length > 0)
      throw new FletchError(
        'NOT_FOUND',
        `The coefficients of "${vector}" name the tensors ${quoted(unknown)}, which the task vectors do not have.`,
        { details: { unknown } },
      );
  }
  const { roles } = layoutOf({ config: null, tensors: new Map(Object.entries(base)) });
  const composed: Record<string, NDArray> = { ...base };
  for (const [tensor, shape] of shapes) {
    const before = baseOf(base, tensor, shape);
    const own = coefficientsOfTensor(adapter, names, tensor);
    const transposed = roles.get(tensor)?.kind === 'conv1d';
    const out = new Float32Array(before.length);
    const deltas = vectors.map((vector) => vector.delta(tensor));
    composed[tensor] = array(
      addScaled(before, deltas, own, { shape, seed, transposed }, out),
      'float32',
      shape,
    );
  }
  return composed;
}

/** Throws `INVALID_ARGUMENT` for no vectors or a name twice, `DIMENSION_MISMATCH` when they are of different models. */
export function checkVectors(vectors: readonly TaskVector[]): void {
  const names = vectors.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (vectors.length === 0)
    throw new FletchError('INVALID_ARGUMENT', 'There are no task vectors: at least one is needed.');
  if (twice !== undefined)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Two task vectors are called "${twice}": coefficients go by names.`,
    );
  for (const other of vectors.slice(1)) checkSameVectors(vectors[0]!, other);
}

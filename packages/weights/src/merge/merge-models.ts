/**
 * Merges models that are in memory.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { checkSameStates, type StateDict } from '../state-dict.js';
import { surveyDensities } from './methods/singular.js';
import { type MergeMethod, type MergeMethodSpec, mergeMethods } from './methods/table.js';
import { suggestion } from './nearest.js';
import { resolveSettings } from './settings.js';
import { mergeWhole, type Settings, type TensorTask } from './tensor-merge.js';

/** Options of {@link mergeModels}; each is taken by the methods that know it. */
export interface MergeOptions {
  /** Factor of what is added to the base. Default 1. */
  readonly lambda?: number;
  /** One for each model. Default: 1 each. */
  readonly weights?: readonly number[];
  /** Share of each task vector that is kept, above 0 and at most 1. Default 1. */
  readonly density?: number;
  /** Breadcrumbs: share of the largest that is dropped. Default 0.01. */
  readonly gamma?: number;
  /** DELLA: half the width of the probabilities to stay. Default 0.15. */
  readonly epsilon?: number;
  /** Default: `l1` for DARE and DELLA, else `none`. */
  readonly rescale?: 'probability' | 'l1' | 'none';
  /** Whether sums are divided by the weights. Default: for averages, TIES and DELLA. */
  readonly normalize?: boolean;
  /** SLERP: 0 is the first model, 1 the second. Default 0.5. */
  readonly t?: number;
  /** Model Stock: each row by itself. Default false. */
  readonly filterWise?: boolean;
  /** SCE: share of the numbers that vary most. Default 1. */
  readonly selectTopk?: number;
  /** R-TSVM. Default 1; 0 is off. */
  readonly outlierPower?: number;
  /** R-TSVM. Default `relative`. */
  readonly outlierMass?: 'relative' | 'absolute';
  /** R-TSVM. Default `sparsity`. */
  readonly rankMode?: 'uniform' | 'sparsity';
  /** TSV-M and R-TSVM: how directions are made orthogonal. Default `svd`. */
  readonly variant?: 'svd' | 'eigen';
  /** The same seed drops the same numbers. Default 0. */
  readonly seed?: number;
  /** Tensors that stay those of the base: the heads of tasks. */
  readonly exclude?: RegExp;
  /** Tensors that TSV-M and R-TSVM average. Default: embeddings and `lm_head`. */
  readonly tables?: RegExp;
  /** Tensors that are stored `[in, out]`: DELLA ranks by output unit. Default: none. */
  readonly transposed?: RegExp;
  /** Told what was done in another way than asked for. */
  readonly onWarning?: (message: string) => void;
}

/** Tables of tokens or places, and the layer that scores tokens, as checkpoints name them. */
export const tableNames =
  /(^|\.)(embed_tokens|embed_in|embed_out|wte|wpe|lm_head|shared|pos_embed|cls_token|(word|position|token_type)_embeddings?|tok_embeddings|embeddings?)(\.|$)/;

/**
 * The specification of a method.
 *
 * @throws FletchError `INVALID_ARGUMENT` with the nearest name
 */
export function mergeMethodOf(name: string): MergeMethodSpec {
  if (Object.hasOwn(mergeMethods, name)) return mergeMethods[name as MergeMethod];
  throw new FletchError(
    'INVALID_ARGUMENT',
    `There is no merge method "${name}". ${suggestion(name, Object.keys(mergeMethods))}`,
    { details: { method: name } },
  );
}

function optionsOf(spec: MergeMethodSpec, o: MergeOptions): Settings {
  const given = {
    lambda: o.lambda,
    normalize: o.normalize,
    rescale: o.rescale,
    t: o.t ?? 0.5,
    filter_wise: o.filterWise,
    select_topk: o.selectTopk,
    outlier_power: o.outlierPower,
    outlier_mass: o.outlierMass,
    rank_mode: o.rankMode,
    variant: o.variant,
  };
  return resolveSettings(spec.options, given, 'mergeModels');
}

function perModelOf(spec: MergeMethodSpec, count: number, o: MergeOptions): Settings[] {
  const { weights = new Array<number>(count).fill(1), density, gamma, epsilon } = o;
  if (weights.length !== count)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `mergeModels: ${weights.length} weights were given for ${count} models.`,
      { details: { weights: weights.length, models: count } },
    );
  return weights.map((weight, i) =>
    resolveSettings(spec.perModel, { weight, density, gamma, epsilon }, `mergeModels, model ${i}`),
  );
}

function checkFinite(values: Float32Array, name: string, model: string): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw new FletchError(
      'NON_FINITE',
      `"${name}" of ${model} holds ${values[at]} at ${at}: a merge would carry it on. Repair the model or leave it out.`,
      { details: { tensor: name, model, position: at } },
    );
}

const floats = ({ data }: NDArray): boolean => data instanceof Float32Array;

/**
 * Merges `tuned` models of one base. What no method merges (integers) is the base's.
 *
 * @param base - what the models were tuned from; methods without a base use it for `exclude` and `lambda` only
 * @returns new arrays, in the base's order
 * @throws FletchError `INVALID_ARGUMENT` for no models, another number than the method takes, settings out of bounds;
 *   `DIMENSION_MISMATCH` listing tensors that differ; `NON_FINITE` naming tensor and model
 * @example
 * ```ts
 * const merged = mergeModels(base, [helpful, honest, harmless], 'r_tsvm', { lambda: 0.8 });
 * ```
 */
export function mergeModels(
  base: StateDict,
  tuned: readonly StateDict[],
  method: MergeMethod,
  o: MergeOptions = {},
): StateDict {
  const spec = mergeMethodOf(method);
  const [least, most] = spec.models;
  if (tuned.length < least || tuned.length > most)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `mergeModels: ${method} takes ${least === most ? `exactly ${least}` : `at least ${least}`} models, not ${tuned.length}.`,
      { details: { method, models: tuned.length } },
    );
  for (const [i, model] of tuned.entries()) checkSameStates(base, model, ['the base', `model ${i}`]);
  const options = optionsOf(spec, o);
  const models = perModelOf(spec, tuned.length, o);
  if (options.normalize !== false) spec.check?.(models, 'mergeModels');
  const names = Object.keys(base).filter((name) => floats(base[name]!) && !o.exclude?.test(name));
  for (const name of names) {
    checkFinite(base[name]!.data as Float32Array, name, 'the base');
    for (const [i, model] of tuned.entries())
      checkFinite(model[name]!.data as Float32Array, name, `model ${i}`);
  }
  const tables = o.tables ?? tableNames;
  const partsOf = (name: string) => tuned.map((model) => model[name]!.data as Float32Array);
  const shaped = (name: string) => ({ shape: base[name]!.shape, table: tables.test(name) });
  const baseOf = (name: string) => base[name]!.data as Float32Array;
  const survey = spec.surveys
    ? mean(
        names.flatMap((name) =>
          surveyDensities(shaped(name), { offset: 0, base: baseOf(name), models: partsOf(name) }),
        ),
      )
    : undefined;
  const fromBase = spec.base === 'required';
  const merged = new Map<string, NDArray>();
  for (const name of names) {
    const task: TensorTask = {
      ...shaped(name),
      name,
      transposed: o.transposed?.test(name) ?? false,
      seed: o.seed ?? 0,
      options,
      models,
      survey,
      warn: o.onWarning ?? (() => {}),
    };
    const values = mergeWhole(spec.begin(task), fromBase ? baseOf(name) : undefined, partsOf(name));
    if (!('lambda' in spec.options) && o.lambda !== undefined) scaleFrom(baseOf(name), values, o.lambda);
    merged.set(name, array(values, 'float32', task.shape));
  }
  return Object.fromEntries(Object.keys(base).map((name) => [name, merged.get(name) ?? base[name]!.copy()]));
}

/** Moves to `base + lambda · (values − base)`, in place. */
function scaleFrom(base: Float32Array, values: Float32Array, lambda: number): void {
  for (let i = 0; i < values.length; i++) values[i] = base[i]! + lambda * (values[i]! - base[i]!);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

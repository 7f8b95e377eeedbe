/**
 * What a recipe comes to: for every tensor of the merged model, where it is from and how it is merged.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { mergeMethodOf } from '../merge-models.js';
import type { MergeMethodSpec } from '../methods/table.js';
import { suggestion } from '../nearest.js';
import { resolveSettings } from '../settings.js';
import type { Settings } from '../tensor-merge.js';
import { isPlain, type OutDType, outDType } from './dtypes.js';
import type { RecipeModel } from './models.js';
import type { Recipe, RecipeSettings, RecipeSlice } from './schema.js';
import { settingsAt } from './settings-at.js';
import { checkShapes, sourceName } from './sources.js';

/** One tensor of one model. */
export interface PlannedSource {
  readonly model: RecipeModel;
  readonly tensor: string;
}

/** One tensor of the merged model. */
export interface PlannedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: OutDType;
  /** What differences are taken from. */
  readonly base: PlannedSource | undefined;
  readonly sources: readonly PlannedSource[];
  readonly options: Settings;
  readonly models: readonly Settings[];
  /** Number of its layer; null outside of the layers. */
  readonly layer: number | null;
  /** Whether it has a row for each token: rows follow the tokenizer. */
  readonly tokens: boolean;
  /** Whether it is a table or the layer that scores tokens. */
  readonly table: boolean;
  readonly transposed: boolean;
}

/** A tensor that is carried over as it is: integers and buffers. */
export interface CopiedTensor {
  readonly name: string;
  readonly source: PlannedSource;
}

/** What is done. */
export interface MergePlan {
  readonly method: string;
  readonly spec: MergeMethodSpec;
  readonly tensors: readonly PlannedTensor[];
  readonly copied: readonly CopiedTensor[];
  /** Config and companions are its. */
  readonly donor: RecipeModel;
  /** Layers of the merged model, when the recipe says which. */
  readonly layers: number | undefined;
  readonly dtype: OutDType | undefined;
}

interface PlannedSlice extends RecipeSlice {
  readonly base: RecipeModel | undefined;
}

type Models = ReadonlyMap<string, RecipeModel>;

const refuse = (file: string, what: string, details: Record<string, unknown> = {}) =>
  new FletchError('INVALID_ARGUMENT', `${file}: ${what}`, { details: { file, ...details } });

/** Names of all models of a recipe, the base first. */
export function modelNames({ base_model: base, models, slices }: Recipe): string[] {
  const sources = (slices ?? []).flatMap((one) => [
    ...one.sources.map(({ model }) => model),
    ...(one.base_model ? [one.base_model] : []),
  ]);
  const all = [...(base ? [base] : []), ...(models ?? []).map(({ model }) => model), ...sources];
  return [...new Set(all)];
}

/** `models:` as one slice of all layers, as mergekit reads it. */
function slicesOf(recipe: Recipe, spec: MergeMethodSpec, models: Models): PlannedSlice[] {
  const { models: listed, slices, base_model: base } = recipe;
  const addsBase = spec.base !== 'listed' && base && !listed?.some(({ model }) => model === base);
  const whole = (listed ?? []).concat(addsBase ? [{ model: base }] : []);
  const given = slices ?? [
    {
      sources: whole.map(({ model, parameters }) => ({
        model,
        parameters,
        layer_range: [0, models.get(model)!.layers.length] as [number, number],
      })),
    },
  ];
  return given.map((slice) => {
    const name = slice.base_model ?? base;
    return { ...slice, base: name ? models.get(name)! : undefined };
  });
}

function checkSlices(slices: readonly PlannedSlice[], file: string, models: Models): void {
  slices.forEach(({ sources }, i) => {
    const lengths = sources.map(({ layer_range: [from, to] }) => to - from);
    for (const [
      j,
      {
        model,
        layer_range: [from, to],
      },
    ] of sources.entries()) {
      const count = models.get(model)!.layers.length;
      if (from > to || to > count)
        throw refuse(
          file,
          `slices[${i}]: the layers ${from} to ${to} of "${model}" are not there: it has ${count}.`,
          { model, layers: count },
        );
      if (lengths[j] !== lengths[0])
        throw refuse(
          file,
          `slices[${i}]: "${sources[0]!.model}" gives ${lengths[0]} layers and "${model}" ${lengths[j]}. All sources of a slice must give as many.`,
        );
    }
  });
}

/** Refuses settings that the method does not know. */
function checkNames(
  recipe: Recipe,
  slices: readonly PlannedSlice[],
  spec: MergeMethodSpec,
  file: string,
): void {
  const known = [...Object.keys(spec.options), ...Object.keys(spec.perModel)];
  const lists: (RecipeSettings | null | undefined)[] = [
    recipe.parameters,
    ...slices.flatMap(({ parameters, sources }) => [parameters, ...sources.map((one) => one.parameters)]),
  ];
  // Recipes of one method are often made from another's: what other methods know is passed over.
  const elsewhere = [
    't',
    'weight',
    'density',
    'gamma',
    'epsilon',
    'normalize',
    'int8_mask',
    'rescale',
    'lambda',
    'scale',
  ];
  for (const list of lists)
    for (const name of Object.keys(list ?? {}))
      if (!known.includes(name) && !elsewhere.includes(name))
        throw refuse(file, `${recipe.merge_method} has no parameter "${name}". ${suggestion(name, known)}`, {
          parameter: name,
        });
}

/** Names of tensors outside of the layers, those before the layers and those behind. */
const isBefore = (name: string): boolean =>
  /emb|wte|wpe|patch|cls_token|conv1|bn1/i.test(name) && !/^(lm_head|embed_out)/.test(name);

/** Plans all tensors. Throws `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NOT_FOUND`. */
export function planMerge(recipe: Recipe, models: Models, file: string): MergePlan {
  const spec = mergeMethodOf(recipe.merge_method);
  if (spec.base === 'required' && !recipe.base_model && !recipe.slices?.every((one) => one.base_model))
    throw refuse(file, `${recipe.merge_method} takes differences from a base: name base_model.`);
  const slices = slicesOf(recipe, spec, models);
  checkSlices(slices, file, models);
  checkNames(recipe, slices, spec, file);
  const dtype = outDType(recipe.out_dtype ?? recipe.dtype, file);
  const tensors: PlannedTensor[] = [];
  const copied: CopiedTensor[] = [];
  const tokenizer = Boolean(recipe.tokenizer_source ?? recipe.tokenizer);
  const add = (
    slice: PlannedSlice,
    names: readonly string[],
    { name, layer, t }: { readonly name: string; readonly layer: number | null; readonly t: number },
  ) => {
    const all = slice.sources.map(
      ({ model }, i): PlannedSource => ({ model: models.get(model)!, tensor: names[i]! }),
    );
    const first = all[0]!;
    const stored = first.model.checkpoint.tensors.get(first.tensor)!;
    const role = first.model.layout.roles.get(first.tensor)!;
    if (role.kind === 'buffer' || /^(I|U|BOOL)/.test(stored.dtype)) {
      copied.push({ name, source: all.find(({ model }) => model === slice.base) ?? first });
      return;
    }
    const table = role.kind === 'embedding' || role.kind === 'head';
    const place = { tensor: name, t };
    const settings = memberSettings(recipe, slice, spec, all, place, file);
    const shape = checkShapes(all, { tokens: tokenizer && table && stored.shape.length === 2, name });
    tensors.push({
      name,
      shape,
      dtype: dtype ?? (isPlain(stored.dtype) ? stored.dtype : 'F32'),
      layer,
      tokens: tokenizer && isTokenTable(name, stored.shape, table),
      table,
      transposed: role.kind === 'conv1d',
      ...settings,
    });
  };
  planOutside(slices[0]!, models, (name) => isBefore(name), add);
  let layer = 0;
  for (const slice of slices) {
    const [from, to] = slice.sources[0]!.layer_range;
    for (let i = 0; i < to - from; i++, layer++) {
      const t = to - from > 1 ? i / (to - from - 1) : 1;
      planLayer(slice, models, i, layer, (names, name) => add(slice, names, { name, layer, t }));
    }
  }
  planOutside(slices.at(-1)!, models, (name) => !isBefore(name), add);
  const donor = models.get(recipe.base_model ?? modelNames(recipe)[0]!)!;
  return {
    method: recipe.merge_method,
    spec,
    tensors,
    copied,
    donor,
    layers: recipe.slices ? layer : undefined,
    dtype,
  };
}

/** Tables with a row for each token; those of places keep their rows. */
const isTokenTable = (name: string, shape: readonly number[], table: boolean): boolean =>
  table && shape.length === 2 && !/wpe|position|token_type|type_embed/i.test(name);

type Add = (
  slice: PlannedSlice,
  names: readonly string[],
  place: { readonly name: string; readonly layer: number | null; readonly t: number },
) => void;

function planOutside(slice: PlannedSlice, models: Models, chosen: (name: string) => boolean, add: Add): void {
  const members = slice.sources.map(({ model }) => models.get(model)!);
  const names = new Set<string>();
  for (const { layout } of members)
    for (const [name, { layer }] of layout.roles) if (layer === null && chosen(name)) names.add(name);
  for (const name of names) {
    const found = members.map((member) => sourceName(member, name, members));
    add(slice, found, { name, layer: null, t: 0 });
  }
}

function planLayer(
  slice: PlannedSlice,
  models: Models,
  offset: number,
  layer: number,
  add: (names: readonly string[], name: string) => void,
): void {
  const members = slice.sources.map(({ model, layer_range: [from] }) => {
    const one = models.get(model)!;
    return { model: one, slots: one.layers[from + offset]!, at: from + offset };
  });
  const slots = new Set(members.flatMap((member) => [...member.slots.keys()]));
  const first = members[0]!;
  for (const slot of slots) {
    const names = members.map((member) => member.slots.get(slot));
    const missing = names.indexOf(undefined);
    if (missing >= 0)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `Layer ${members[missing]!.at} of "${members[missing]!.model.name}" has no "${slot}", as layer ${members.find((_, i) => names[i])!.at} of another model has: they are not of one architecture.`,
        { details: { slot, model: members[missing]!.model.name } },
      );
    const name = first.slots.get(slot)!;
    add(names as string[], first.at === layer ? name : renumber(name, slot, layer));
  }
}

/** The name with the number of another layer. */
function renumber(name: string, slot: string, layer: number): string {
  const block = name.slice(0, name.length - slot.length - 1);
  return `${block.replace(/\d+$/, String(layer))}.${slot}`;
}

/** Which sources are merged, which is the base, and the settings of each. */
function memberSettings(
  recipe: Recipe,
  slice: PlannedSlice,
  spec: MergeMethodSpec,
  all: readonly PlannedSource[],
  place: { readonly tensor: string; readonly t: number },
  file: string,
): Pick<PlannedTensor, 'base' | 'sources' | 'options' | 'models'> {
  const shared = [slice.parameters, recipe.parameters];
  const where = `${file}, ${place.tensor}`;
  const options = resolveSettings(spec.options, settingsAt(shared, Object.keys(spec.options), place), where);
  const isBase = (source: PlannedSource) => source.model === slice.base;
  const takesBase = spec.base === 'required' || spec.base === 'optional';
  const merged = all
    .map((source, i) => ({ source, parameters: slice.sources[i]!.parameters }))
    .filter(({ source }) => !(takesBase && isBase(source)));
  if (spec.base === 'first') merged.sort((a, b) => Number(isBase(b.source)) - Number(isBase(a.source)));
  const [least, most] = spec.models;
  if (merged.length < least || merged.length > most)
    throw refuse(
      file,
      `${recipe.merge_method} takes ${least === most ? `exactly ${least}` : `at least ${least}`} ${spec.base === 'required' ? 'models besides the base' : 'models'}, not ${merged.length}.`,
    );
  const settings = merged.map(({ source, parameters }) =>
    resolveSettings(
      spec.perModel,
      settingsAt([parameters, ...shared], Object.keys(spec.perModel), { ...place, tensor: source.tensor }),
      `${where}, ${source.model.name}`,
    ),
  );
  if (options.normalize !== false && options.normalize !== 0) spec.check?.(settings, where);
  return {
    base: takesBase ? baseOf(slice, all, place.tensor) : undefined,
    sources: merged.map(({ source }) => source),
    options,
    models: settings,
  };
}

function baseOf(
  { base }: PlannedSlice,
  all: readonly PlannedSource[],
  name: string,
): PlannedSource | undefined {
  if (!base) return undefined;
  const listed = all.find(({ model }) => model === base);
  if (listed) return listed;
  if (base.checkpoint.tensors.has(name)) return { model: base, tensor: name };
  throw new FletchError('NOT_FOUND', `The base "${base.name}" has no tensor "${name}".`, {
    details: { model: base.name, tensor: name },
  });
}

/**
 * Recipes: the YAML files that mergekit reads.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { suggestion } from '../nearest.js';

const scalar = z.union([z.number(), z.boolean(), z.string()]);
const value = z.union([scalar, z.array(scalar).min(1)]);
const conditional = z.strictObject({ value, filter: z.string().nullish() });
const setting = z.union([scalar, z.array(scalar).min(1), conditional, z.array(conditional).min(1)]);
const parameters = z.record(z.string(), setting).nullish();
/** mergekit also takes `{ model: { path: … } }`, which recipes that it wrote itself hold. */
const model = z.union([
  z.string().min(1),
  z.object({ model: z.object({ path: z.string().min(1) }) }).transform((one) => one.model.path),
]);
const count = z.number().int().min(0);

const shapes = {
  source: z.strictObject({ model, layer_range: z.tuple([count, count]), parameters }),
  model: z.strictObject({ model, parameters }),
};

const slice = z.strictObject({
  sources: z.array(shapes.source).min(1),
  base_model: model.nullish(),
  residual_weight: z.number().nullish(),
  parameters,
});

const tokenizer = z.strictObject({ source: model });

const recipe = z.strictObject({
  merge_method: z.string(),
  models: z.array(shapes.model).min(1).nullish(),
  slices: z.array(slice).min(1).nullish(),
  base_model: model.nullish(),
  parameters,
  dtype: z.string().nullish(),
  out_dtype: z.string().nullish(),
  tokenizer_source: model.nullish(),
  tokenizer: tokenizer.nullish(),
  chat_template: z.string().nullish(),
});

/** One value of a setting, or values for layers between which it is interpolated. */
export type SettingValue = z.infer<typeof value>;
/** A setting as recipes write it. */
export type RecipeSetting = z.infer<typeof setting>;
/** Settings by name. */
export type RecipeSettings = Readonly<Record<string, RecipeSetting>>;
/** A recipe as it stands in the file. */
export type Recipe = z.infer<typeof recipe>;
/** Some layers of the merged model. */
export type RecipeSlice = z.infer<typeof slice>;

/** Bytes of a recipe that are read. */
const MAX_RECIPE = 1_000_000;

const keysOf: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(recipe.shape),
  models: Object.keys(shapes.model.shape),
  slices: Object.keys(slice.shape),
  sources: Object.keys(shapes.source.shape),
  tokenizer: Object.keys(tokenizer.shape),
};

/** Keys of mergekit that are not done here. */
const NOT_HERE: Readonly<Record<string, string>> = {
  modules: 'Models of several modules are not merged: merge each module by a recipe of its own',
};

function refuse(file: string, what: string, details: Record<string, unknown> = {}): FletchError {
  return new FletchError('INVALID_ARGUMENT', `${file}: ${what}`, { details: { file, ...details } });
}

/** `models[1].parameters`. */
const placeOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) =>
      text + (typeof key === 'number' ? `[${key}]` : text === '' ? String(key) : `.${String(key)}`),
    '',
  );

/** The plain words for what zod found first. */
function explain(file: string, issue: z.core.$ZodIssue, value: unknown): FletchError {
  const place = placeOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const parent = issue.path.filter((one) => typeof one === 'string').at(-1) ?? '';
    const known = keysOf[String(parent)] ?? ['value', 'filter'];
    const advice = NOT_HERE[key] ?? suggestion(key, known).replace(/\.$/, '');
    return refuse(file, `there is no key "${key}"${place === '' ? '' : ` in ${place}`}. ${advice}.`, { key });
  }
  if (place === '') return refuse(file, `it holds ${JSON.stringify(value)?.slice(0, 60)}, no recipe.`);
  return refuse(file, `${place}: ${issue.message}.`, { place });
}

/**
 * Reads a recipe.
 *
 * @param file - in messages
 * @throws FletchError `INVALID_ARGUMENT` for what is no YAML or no recipe; unknown keys with the nearest known one
 */
export function parseRecipe(text: string, file: string): Recipe {
  if (text.length > MAX_RECIPE)
    throw refuse(file, `it has ${text.length} characters, more than ${MAX_RECIPE}.`);
  const document = parseDocument(text, { prettyErrors: true });
  const [problem] = document.errors;
  if (problem) throw refuse(file, `it is no YAML: ${problem.message.split('\n')[0]}.`);
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw refuse(file, `it is no YAML: ${(cause as Error).message}.`);
  }
  const parsed = recipe.safeParse(content);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(deepest);
    // A key that is written wrongly is also missing: what stands there says more.
    throw explain(file, issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!, content);
  }
  const { models, slices } = parsed.data;
  if (Boolean(models) === Boolean(slices))
    throw refuse(file, 'it must name either models or slices, and not both.');
  if (parsed.data.tokenizer_source && parsed.data.tokenizer)
    throw refuse(file, 'it must not name both tokenizer_source and tokenizer.');
  return parsed.data;
}

/** Of a value that fits none of several shapes, what is wrong with it as the shape that it comes nearest to. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors
    .flat()
    .filter((one) => one.path.length > 0 || one.code === 'unrecognized_keys')
    .map((one) => deepest({ ...one, path: [...issue.path, ...one.path] }));
  return (
    inner.sort((a, b) => b.path.length - a.path.length)[0] ?? { ...issue, message: 'it is of the wrong kind' }
  );
}

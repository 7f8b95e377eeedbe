/**
 * Carries a recipe out: models are read and the merged one is written piece by piece.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FletchError, type LongWork, type Progress } from '@fletch/base';
import {
  checkRoom,
  describeReadError,
  openInFolder,
  shardFiles,
  shardIndex,
  type TensorToWrite,
  writeSafetensors,
} from '@fletch/data';
import { surveyDensities } from '../methods/singular.js';
import { torchName } from './dtypes.js';
import { closeModels, type ModelsOptions, openModels, type RecipeModel } from './models.js';
import { openOutput } from './output.js';
import { type MergePlan, modelNames, planMerge } from './plan.js';
import { parseRecipe, type Recipe } from './schema.js';
import {
  bytesOfTensor,
  copyTensor,
  type StreamContext,
  shapeWith,
  streamTensor,
  visitPieces,
} from './stream.js';
import { mergeTokens, type Tokens } from './tokens.js';

/** How a recipe is read. */
export interface RecipeOptions extends LongWork, Pick<ModelsOptions, 'anywhere' | 'allowLinks'> {
  /** Folder that names of models are looked up in. Default: that of the recipe. */
  readonly models?: string;
  /** Of methods that drop at random. Default 0. */
  readonly seed?: number;
  /** Told what was done in another way than asked for. */
  readonly onWarning?: (message: string) => void;
}

/** How a recipe is carried out. */
export interface MergeRecipeOptions extends RecipeOptions {
  /** Folder of the merged model. */
  readonly out: string;
  /** Most bytes of tensors in one file. Default 5,000,000,000. */
  readonly maxShardSize?: number;
  /** Whether a folder that is there is replaced. Default false. */
  readonly force?: boolean;
}

/** An open recipe. */
export interface OpenRecipe {
  readonly file: string;
  readonly text: string;
  readonly recipe: Recipe;
  readonly models: ReadonlyMap<string, RecipeModel>;
  readonly plan: MergePlan;
  readonly tokens: Tokens | undefined;
  readonly context: StreamContext;
  /** Bytes of the merged tensors. */
  readonly size: number;
  /** Bytes of tensors that are read. */
  readonly read: number;
  close(): Promise<void>;
}

/** What was merged. */
export interface MergeReport {
  readonly out: string;
  readonly method: string;
  readonly models: readonly string[];
  readonly files: readonly string[];
  readonly tensors: number;
  readonly bytes: number;
  /** Files that an interrupted run had finished. */
  readonly resumed: number;
  readonly seconds: number;
}

/**
 * Reads a recipe, opens its models and plans every tensor; nothing is merged. Close it.
 *
 * @throws FletchError `NOT_FOUND`, `INVALID_ARGUMENT` for what the recipe says wrongly, `DIMENSION_MISMATCH` for models that
 *   do not fit together, `UNSAFE_PATH`
 */
export async function openRecipe(file: string, options: RecipeOptions = {}): Promise<OpenRecipe> {
  const text = await readFile(file, 'utf8').catch((error) => {
    throw describeReadError(error, file);
  });
  const recipe = parseRecipe(text, file);
  const { models: folder = dirname(file), anywhere = false, allowLinks = false, signal } = options;
  const given = { folder, anywhere, allowLinks, ...(signal && { signal }) };
  const models = await openModels(modelNames(recipe), given);
  try {
    const plan = planMerge(recipe, models, file);
    const warn = options.onWarning ?? (() => {});
    const source = recipe.tokenizer_source ?? recipe.tokenizer?.source;
    const tokens = source ? await mergeTokens(source, models, plan.donor, warn) : undefined;
    const context = { plan, tokens, seed: options.seed ?? 0, survey: undefined, warn, signal };
    const size = plan.tensors.reduce((sum, tensor) => sum + bytesOfTensor(tensor, tokens), 0);
    const used = plan.tensors.flatMap(({ base, sources }) => (base ? [base, ...sources] : sources));
    const read = used.reduce((sum, one) => sum + one.model.checkpoint.tensors.get(one.tensor)!.size, 0);
    return {
      ...{ file, text, recipe, models, plan, tokens, context, size, read },
      close: () => closeModels(models),
    };
  } catch (error) {
    await closeModels(models);
    throw error;
  }
}

/** Mean density of all matrices, for the methods that ask for it. */
async function survey({ plan, context }: OpenRecipe, onProgress: (progress: Progress) => void) {
  if (!plan.spec.surveys) return undefined;
  const found: number[] = [];
  for (const [i, tensor] of plan.tensors.entries()) {
    onProgress({ done: i, total: plan.tensors.length, stage: 'looking at densities' });
    await visitPieces(tensor, context, (piece) => found.push(...surveyDensities(tensor, piece)));
  }
  return found.length === 0 ? 0 : found.reduce((sum, one) => sum + one, 0) / found.length;
}

/** Stands for everything that the merged bytes depend on. */
async function fingerprint(
  { text, models }: OpenRecipe,
  { seed = 0, maxShardSize }: MergeRecipeOptions,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([1, text, seed, maxShardSize]));
  for (const { name, checkpoint } of models.values())
    for (const file of new Set(Array.from(checkpoint.tensors.values(), (tensor) => tensor.file))) {
      const found = await stat(join(checkpoint.folder, file)).catch(() => undefined);
      hash.update(JSON.stringify([name, file, found?.size, found?.mtimeMs]));
    }
  return hash.digest('hex');
}

function tensorsToWrite({ plan, tokens }: OpenRecipe, context: StreamContext): TensorToWrite[] {
  return [
    ...plan.tensors.map((tensor) => ({
      name: tensor.name,
      dtype: tensor.dtype,
      shape: shapeWith(tensor, tokens),
      data: () => streamTensor(tensor, context),
    })),
    ...plan.copied.map(({ name, source }) => {
      const { dtype, shape } = source.model.checkpoint.tensors.get(source.tensor)!;
      return { name, dtype: dtype as TensorToWrite['dtype'], shape, data: () => copyTensor(source) };
    }),
  ];
}

/** The config of the merged model. */
function configOf({ plan, tokens }: OpenRecipe): Record<string, unknown> | undefined {
  const { config } = plan.donor.checkpoint;
  if (!config) return undefined;
  const key = ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers'].find((one) => one in config);
  return {
    ...config,
    ...(plan.dtype && { torch_dtype: torchName[plan.dtype] }),
    ...(plan.layers !== undefined && key && { [key]: plan.layers }),
    ...(tokens && { vocab_size: tokens.size }),
  };
}

/** Files that only the tokenizer has. */
const isTokenizerFile = (name: string): boolean =>
  /^(tokenizer|special_tokens_map|added_tokens|vocab|merges|chat_template|spiece|sentencepiece)/.test(name);

async function carryOver(
  opened: OpenRecipe,
  write: (name: string, content: string | Uint8Array) => Promise<void>,
  allowLinks: boolean,
): Promise<void> {
  const { plan, tokens, text, recipe } = opened;
  const config = configOf(opened);
  const copy = async ({ checkpoint }: RecipeModel, name: string) => {
    const file = await openInFolder(checkpoint.folder, name, { allowLinks });
    try {
      await write(name, await file.read(0, file.size));
    } finally {
      await file.close();
    }
  };
  for (const name of plan.donor.checkpoint.companions)
    if (name !== 'config.json' && !(tokens && isTokenizerFile(name))) await copy(plan.donor, name);
  if (tokens) {
    for (const name of tokens.donor.checkpoint.companions.filter(isTokenizerFile))
      if (name !== 'tokenizer.json' || !tokens.tokenizerJson) await copy(tokens.donor, name);
    if (tokens.tokenizerJson) await write('tokenizer.json', tokens.tokenizerJson);
  }
  if (recipe.chat_template) await write('chat_template.jinja', recipe.chat_template);
  if (config) await write('config.json', `${JSON.stringify(config, undefined, 2)}\n`);
  await write('mergekit_config.yml', text);
}

/**
 * Merges as the recipe says into the folder `out`. Models are read and written piece by piece. Everything is written
 * beside `out` and moved there at the end; an interrupted run goes on with the files that it had finished.
 *
 * @throws FletchError what {@link openRecipe} throws; `ALREADY_EXISTS`, `NON_FINITE` naming tensor and model, `DISK_FULL`, `IO`,
 *   `ABORTED`
 * @example
 * ```ts
 * const { files } = await mergeRecipe('merge.yml', { out: 'merged' });
 * ```
 */
export async function mergeRecipe(file: string, options: MergeRecipeOptions): Promise<MergeReport> {
  const started = performance.now();
  const { out, maxShardSize, force = false, signal, onProgress = () => {} } = options;
  const opened = await openRecipe(file, options);
  try {
    const output = await openOutput(out, await fingerprint(opened, options), { force });
    const context = { ...opened.context, survey: await survey(opened, onProgress) };
    const shards = shardFiles(tensorsToWrite(opened, context), maxShardSize);
    const left = shards.filter((shard) => !output.finished.has(shard.file));
    await checkRoom(
      output.folder,
      left.reduce((sum, shard) => sum + shard.size, 0),
    );
    const total = shards.reduce((sum, shard) => sum + shard.size, 0);
    let done = total - left.reduce((sum, shard) => sum + shard.size, 0);
    for (const shard of left) {
      await writeSafetensors(join(output.folder, shard.file), shard.tensors, {
        metadata: { format: 'pt' },
        ...(signal && { signal }),
        onProgress: (progress) =>
          onProgress({ done: done + progress.done, total, stage: `merging by ${opened.plan.method}, bytes` }),
      });
      done += shard.size;
    }
    if (shards.length > 1) await output.write('model.safetensors.index.json', shardIndex(shards));
    await carryOver(opened, output.write, options.allowLinks ?? false);
    await output.publish();
    return {
      out,
      method: opened.plan.method,
      models: [...opened.models.keys()],
      files: shards.map((shard) => shard.file),
      tensors: opened.plan.tensors.length + opened.plan.copied.length,
      bytes: total,
      resumed: shards.length - left.length,
      seconds: (performance.now() - started) / 1000,
    };
  } catch (error) {
    if ((error as Error).name === 'AbortError')
      throw new FletchError('ABORTED', `Merging ${basename(file)} was aborted.`, { cause: error });
    throw error;
  } finally {
    await opened.close();
  }
}

/**
 * Models in folders as Hugging Face's libraries keep them: `config.json` and safetensors files.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { array, NDArray } from '@fletch/array';
import { FletchError, isFletchError, type LongWork, replaceFile, throwIfAborted } from '@fletch/base';
import { fromFloat32, openSafetensors, type SafetensorsFile, writeCheckpoint } from '@fletch/data';
import { familyOf } from './families.js';
import type { AnyFamily, BaseConfig, Family } from './family.js';
import { checkCopy, complete } from './load-parameters.js';
import { type LoadParametersOptions, matchParameters } from './matching.js';
import type { Parameters } from './parameters.js';

/** A model: how it computes, its config, its weights. */
export interface Model<Config extends BaseConfig = BaseConfig, Inputs = never, Output = unknown> {
  readonly family: Family<Config, Inputs, Output>;
  readonly config: Config;
  readonly params: Record<string, NDArray>;
}

/** How a folder is loaded. */
export interface LoadModelOptions extends LongWork, Pick<LoadParametersOptions, 'newHead'> {
  /** Fields that take the place of the config's own: `{ architectures: ['BertForMaskedLM'] }`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Whether files may be links, as in the cache of `huggingface_hub`. Default false. */
  readonly allowLinks?: boolean;
}

async function readConfig(folder: string): Promise<Record<string, unknown>> {
  const path = join(folder, 'config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new FletchError('NOT_FOUND', `${path} cannot be read: a model's folder has a config.json.`, {
      cause,
    });
  }
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json))
      return json as Record<string, unknown>;
  } catch (cause) {
    throw new FletchError('INVALID_INPUT_FILE', `${path} is no JSON: ${(cause as Error).message}.`, {
      cause,
    });
  }
  throw new FletchError('INVALID_INPUT_FILE', `${path} holds no JSON object.`);
}

/** Errors about a config, with its path. */
function inFile<T>(folder: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isFletchError(error, 'INVALID_ARGUMENT')) throw error;
    throw new FletchError('INVALID_INPUT_FILE', `${join(folder, 'config.json')}: ${error.message}`, {
      details: error.details,
      cause: error,
    });
  }
}

/**
 * Loads a model of whatever family.
 *
 * @param folder - with `config.json` and `model.safetensors` or `model.safetensors.index.json`; F16 and BF16 become
 *   32-bit floats
 * @throws FletchError `NOT_FOUND`; `INVALID_INPUT_FILE` for a config that is not valid or not of a known family, and for
 *   weights of another model, with what is missing, not expected and of another shape; `UNSAFE_FORMAT` for pickled
 *   weights; `ABORTED`; whatever opening the files throws
 * @example
 * ```ts
 * const { family, config, params } = await loadModel('gpt2');
 * ```
 */
export async function loadModel(folder: string, options?: LoadModelOptions): Promise<Model>;
/** Loads a model that must be of the given family. */
export async function loadModel<Config extends BaseConfig, Inputs, Output>(
  folder: string,
  options: LoadModelOptions & { readonly family: Family<Config, Inputs, Output> },
): Promise<Model<Config, Inputs, Output>>;
export async function loadModel(
  folder: string,
  options: LoadModelOptions & { readonly family?: AnyFamily } = {},
): Promise<Model> {
  const json = { ...(await readConfig(folder)), ...options.config };
  const { family, config } = inFile(folder, () => {
    const found = familyOf(json);
    if (options.family !== undefined && options.family.name !== found.name)
      throw new FletchError('INVALID_ARGUMENT', `It is a ${found.name}, not a ${options.family.name}.`);
    return { family: found, config: found.config(json) as BaseConfig };
  });
  const { allowLinks, signal } = options;
  const file = await openSafetensors(folder, {
    ...(allowLinks !== undefined && { allowLinks }),
    ...(signal && { signal }),
  });
  try {
    return {
      family,
      config,
      params: await readParameters(file, family, config, { ...options, source: folder }),
    };
  } finally {
    await file.close();
  }
}

/** Reads the tensors that a model needs, one after the other. */
async function readParameters(
  file: SafetensorsFile,
  family: AnyFamily,
  config: BaseConfig,
  options: LoadModelOptions & LoadParametersOptions,
): Promise<Record<string, NDArray>> {
  const matching = matchParameters(family, config, file.tensors.values(), options);
  const loaded: Record<string, NDArray> = {};
  const read = async (name: string) =>
    new NDArray(await file.readFloat32(name), file.tensors.get(name)!.shape, 'float32');
  for (const [parameter, name] of matching.sources) {
    throwIfAborted(options.signal);
    loaded[parameter] = await read(name);
    options.onProgress?.({
      done: Object.keys(loaded).length,
      total: matching.sources.size,
      stage: 'loading',
    });
  }
  for (const { tensor, parameter } of matching.copies)
    checkCopy(tensor, parameter, [await read(tensor), loaded[parameter]!], options);
  return complete(matching, loaded, options);
}

/** How a folder is written. */
export interface SaveModelOptions extends LongWork {
  /** How numbers are stored. Default `F32`. */
  readonly dtype?: 'F32' | 'F16' | 'BF16';
  /** Most bytes of tensors in one file. Default 5,000,000,000. */
  readonly maxShardSize?: number;
  /** Whether files that are there are replaced. Default false. */
  readonly force?: boolean;
}

/**
 * Writes a model so that {@link loadModel} and, for the families that it has, the library transformers load it.
 *
 * @throws FletchError `INVALID_ARGUMENT` for a config that is not valid, `INVALID_INPUT_FILE` for parameters that do not
 *   fit it; `ALREADY_EXISTS`, `DISK_FULL`, `IO`, `ABORTED`
 */
export async function saveModel(
  folder: string,
  model: { readonly config: BaseConfig; readonly params: Parameters },
  { dtype = 'F32', ...options }: SaveModelOptions = {},
): Promise<void> {
  const family = familyOf(model.config);
  const config = family.config(model.config);
  const facts = Object.entries(model.params).map(([name, { shape, dtype: held }]) => ({
    name,
    shape,
    dtype: held,
  }));
  const { sources } = matchParameters(family, config, facts);
  const tensors = [...sources].map(([parameter, name]) => {
    const { data, shape, dtype: held } = model.params[name]!;
    const floats = held === 'float32' ? data : array(data, 'float32', shape).data;
    return {
      name: parameter,
      dtype,
      shape: [...shape],
      data: () => fromFloat32(floats as Float32Array, dtype),
    };
  });
  await writeCheckpoint(folder, tensors, options);
  await replaceFile(join(folder, 'config.json'), (handle) =>
    handle.writeFile(`${JSON.stringify(config, undefined, 2)}\n`),
  );
}

/**
 * The models that a recipe names.
 *
 * @module
 */
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { FletchError } from '@fletch/base';
import type { Checkpoint, OpenCheckpointOptions } from '../../checkpoint/checkpoint.js';
import { type Layout, layoutOf } from '../../checkpoint/layouts.js';
import { openModel } from '../../checkpoint/open.js';

/** An open model of a recipe. */
export interface RecipeModel {
  /** As the recipe calls it. */
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly layout: Layout;
  /** Layer by layer, the names of its tensors by what they are called within the layer. */
  readonly layers: readonly ReadonlyMap<string, string>[];
}

export interface ModelsOptions extends OpenCheckpointOptions {
  /** Folder that the names of models are looked up in. */
  readonly folder: string;
  /** Whether names may lead outside of that folder. Default: false. */
  readonly anywhere?: boolean;
}

/** Where a model lies. Throws `UNSAFE_PATH`, `NOT_FOUND`. */
async function locate(
  name: string,
  { folder, anywhere = false, allowLinks }: ModelsOptions,
): Promise<string> {
  const path = isAbsolute(name) ? name : join(folder, name);
  const inside = (from: string, to: string) => {
    const way = relative(from, to);
    return way !== '' && !way.startsWith('..') && !isAbsolute(way);
  };
  const outside = new FletchError(
    'UNSAFE_PATH',
    `The recipe names the model "${name}", which is not inside ${folder}. If you trust the recipe, allow models anywhere (--anywhere), or name the folder of your models (--models).`,
    { details: { model: name, folder } },
  );
  if (!anywhere && !inside(resolve(folder), resolve(path))) throw outside;
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw new FletchError(
      'NOT_FOUND',
      `There is no model "${name}" in ${folder}: models are read from disk, not fetched. Fetch it first, or name the folder of your models (--models).`,
      { details: { model: name, folder } },
    );
  if (!anywhere && !allowLinks && !inside(await realpath(folder), await realpath(path))) throw outside;
  return path;
}

/** `model+adapter`: a model with a LoRA adapter added. */
async function open(name: string, options: ModelsOptions): Promise<Checkpoint> {
  const [base, adapter, ...more] = name.split('+') as [string, ...string[]];
  if (more.length > 0)
    throw new FletchError('INVALID_ARGUMENT', `"${name}" names more than one adapter: add one at a time.`);
  const { allowLinks, maxHeader, signal } = options;
  const opening = {
    ...(allowLinks !== undefined && { allowLinks }),
    ...(maxHeader !== undefined && { maxHeader }),
    ...(signal && { signal }),
  };
  const path = await locate(base, options);
  if (adapter === undefined) return openModel(path, opening);
  return openModel(await locate(adapter, options), { ...opening, base: path });
}

function layersOf(layout: Layout): ReadonlyMap<string, string>[] {
  const layers = Array.from({ length: layout.layers }, () => new Map<string, string>());
  for (const [name, { layer, slot }] of layout.roles) if (layer !== null) layers[layer]!.set(slot, name);
  return layers;
}

/**
 * Opens all models of a recipe, each once.
 *
 * @throws FletchError `UNSAFE_PATH` for names that lead outside of the folder, `NOT_FOUND`, and what opening throws
 */
export async function openModels(
  names: readonly string[],
  options: ModelsOptions,
): Promise<ReadonlyMap<string, RecipeModel>> {
  const models = new Map<string, RecipeModel>();
  try {
    for (const name of new Set(names)) {
      const checkpoint = await open(name, options);
      const layout = layoutOf(checkpoint);
      models.set(name, { name, checkpoint, layout, layers: layersOf(layout) });
    }
    return models;
  } catch (error) {
    await closeModels(models);
    throw error;
  }
}

/** Closes them all. */
export async function closeModels(models: ReadonlyMap<string, RecipeModel>): Promise<void> {
  await Promise.all(Array.from(models.values(), ({ checkpoint }) => checkpoint.close()));
}

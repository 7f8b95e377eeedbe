/**
 * The zoo: its recipes, what is in the cache of each, and its models.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FletchError, type LongWork, runInProcess } from '@fletch/base';
import { Damaged, readRecord, type TrainingRecord, type ZooModel } from './folder.js';
import { modelFolder, type ObtainOptions, obtain, type Unfinished, unfinishedTraining } from './obtain.js';
import { type Recipe, type RecipePlan, recipeHash } from './recipe.js';
import { recipes } from './recipes/index.js';

/** A recipe, and what the cache holds of it. */
export interface ZooEntry {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly hash: string;
  readonly plan: RecipePlan;
  /** `trained`, `unfinished` (a training was interrupted or is under way), `damaged` or `absent`. */
  readonly state: 'trained' | 'unfinished' | 'damaged' | 'absent';
  /** Where the model is, or will be. */
  readonly folder: string;
  readonly unfinished: Unfinished | null;
  readonly record: TrainingRecord | null;
}

/**
 * A recipe of the zoo.
 *
 * @throws FletchError `NOT_FOUND` naming those there are
 */
export function zooRecipe(name: string): Recipe {
  const recipe = recipes.find(({ plan }) => plan.name === name);
  if (recipe) return recipe;
  throw new FletchError(
    'NOT_FOUND',
    `There is no recipe "${name}" in the zoo: there are ${recipes.map(({ plan }) => plan.name).join(', ')}.`,
    { details: { name } },
  );
}

/**
 * One recipe with what the cache holds of it; nothing is trained.
 *
 * @throws FletchError `NOT_FOUND`
 */
export function zooEntry(name: string): Promise<ZooEntry> {
  return entryOf(zooRecipe(name));
}

/** All recipes with what the cache holds of them. */
export function zooEntries(): Promise<ZooEntry[]> {
  return Promise.all(recipes.map(entryOf));
}

/** {@link zooEntry} of a recipe at hand. */
export async function entryOf({ plan, title, summary }: Recipe): Promise<ZooEntry> {
  const folder = modelFolder(plan);
  const unfinished = (await unfinishedTraining(plan)) ?? null;
  let record: TrainingRecord | null = null;
  let damaged = false;
  try {
    record = (await readRecord(folder)) ?? null;
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    damaged = true;
  }
  const state = record ? 'trained' : unfinished ? 'unfinished' : damaged ? 'damaged' : 'absent';
  return { name: plan.name, title, summary, hash: recipeHash(plan), plan, state, folder, unfinished, record };
}

/**
 * A model of the zoo, trained on first use (at most some minutes) and kept.
 *
 * @throws FletchError `NOT_FOUND` for a name that is no recipe, `ABORTED` (what was trained is kept and gone on from),
 *   `UNAVAILABLE` when data cannot be fetched, `DISK_FULL`, `IO`
 * @example
 * ```ts
 * const { config, params, tokenizer, record } = await zooModel('gpt-nano-text');
 * ```
 */
export async function zooModel(name: string, options: ObtainOptions = {}): Promise<ZooModel> {
  return obtain(zooRecipe(name), options);
}

/**
 * A picture that a trained model made, as PNG; undefined when its record lists none of that name.
 *
 * @throws FletchError `NOT_FOUND` for a name that is no recipe
 */
export async function readSample(name: string, file: string): Promise<Buffer | undefined> {
  const { record, folder } = await zooEntry(name);
  const isListed = record?.samples.some((sample) => sample.kind === 'image' && sample.file === file);
  return isListed ? readFile(join(folder, file)).catch(() => undefined) : undefined;
}

/** What is asked of the process behind {@link trainInBackground}. */
export interface BackgroundTraining {
  /** Of a recipe. */
  readonly id: string;
  readonly fresh?: boolean;
}

/**
 * {@link zooModel} in a process of its own, so that training holds up nothing else; it is ended when the signal is
 * aborted, and goes on from there the next time.
 *
 * @throws FletchError what {@link zooModel} throws, `UNAVAILABLE` when the process ends by itself
 */
export function trainInBackground(request: BackgroundTraining, work: LongWork = {}): Promise<TrainingRecord> {
  const program = createRequire(import.meta.url).resolve('@fletch/models/zoo-process');
  return runInProcess<TrainingRecord>(program, request, { ...work, name: 'training' });
}

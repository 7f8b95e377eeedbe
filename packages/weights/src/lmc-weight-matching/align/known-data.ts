/**
 * The images that a model of a folder was trained on, as far as its files tell.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import { type ImageSplits, loadFashionMnist, loadMnist, type PixelStatistics } from '@fletch/data';
import { readJsonObject } from '../../checkpoint/companions.js';

const loaders = { mnist: loadMnist, 'fashion-mnist': loadFashionMnist } as const;

/** Data sets that models can be measured on. */
export type AlignDataset = keyof typeof loaders;
export const alignDatasets = Object.keys(loaders) as readonly AlignDataset[];

/** Images, and how their pixels become inputs. */
export interface KnownImages {
  readonly name: AlignDataset;
  readonly data: ImageSplits;
  readonly statistics: PixelStatistics | undefined;
}

const numbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => Number.isFinite(one));

/** `image_mean` and `image_std` of `preprocessor_config.json`, where the model wants them. */
async function statisticsOf(folder: string): Promise<PixelStatistics | undefined> {
  const found = await readJsonObject(folder, 'preprocessor_config.json');
  if (!found || found.do_normalize === false) return undefined;
  const { image_mean: mean, image_std: deviation } = found;
  return numbers(mean) && numbers(deviation) ? { mean, deviation } : undefined;
}

/** What `record.json` of a model of the zoo says that it learned from. */
async function recordedSet(folder: string): Promise<AlignDataset | undefined> {
  const plan = (await readJsonObject(folder, 'record.json'))?.plan as
    | { data?: { set?: unknown } }
    | undefined;
  const set = String(plan?.data?.set ?? '').toLowerCase();
  return alignDatasets.find((name) => name === set);
}

/**
 * Loads the images for a model: those that are named, else those of its record.
 *
 * @returns undefined when nothing is named or recorded
 * @throws FletchError whatever loading them throws
 */
export async function knownImages(
  folder: string,
  named: AlignDataset | undefined,
  work: LongWork = {},
): Promise<KnownImages | undefined> {
  const name = named ?? (await recordedSet(folder));
  if (name === undefined) return undefined;
  return { name, data: await loaders[name](work), statistics: await statisticsOf(folder) };
}

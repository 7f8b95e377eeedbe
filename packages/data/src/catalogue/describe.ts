/**
 * Lists data sets, gets them, and tells what is in them.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, FletchError, replaceFile } from '@fletch/base';
import { datasets } from './datasets.js';
import type { Dataset, DatasetFacts, DatasetView, GetDatasetOptions } from './types.js';

/** Whether a data set is there: in the cache, not yet, or in a folder of the user's. */
export type DatasetState = 'ready' | 'absent' | 'own';

/** A data set, whether it is there, and when it was looked at, what was seen. */
export interface DatasetDescription extends DatasetFacts {
  readonly state: DatasetState;
  /** Null until it was fetched. */
  readonly view: DatasetView | null;
}

/**
 * All data sets that Fletch knows, without their samples. Nothing is fetched.
 *
 * @example
 * ```ts
 * for (const { name, title, state } of await listDatasets()) console.log(name, title, state);
 * ```
 */
export async function listDatasets(): Promise<(DatasetFacts & { readonly state: DatasetState })[]> {
  return Promise.all(
    datasets.map(async (dataset) => ({
      ...factsOf(dataset),
      state: stateOf(dataset, await keptView(dataset)),
    })),
  );
}

/**
 * What is known of one data set. Nothing is fetched, and nothing large is read: the view was kept when it was fetched.
 *
 * @throws FletchError `NOT_FOUND` with the names that there are
 */
export async function describeDataset(name: string): Promise<DatasetDescription> {
  const dataset = datasetOf(name);
  const view = await keptView(dataset);
  return { ...factsOf(dataset), state: stateOf(dataset, view), view: view ?? null };
}

/**
 * Fetches a data set unless it is in the cache, checks it, and looks at it.
 *
 * @throws FletchError `NOT_FOUND`; `INVALID_ARGUMENT` when it is the user's own and no path is given; `UNAVAILABLE` when it
 *   cannot be fetched; `CORRUPT` when it is not what was expected; `ABORTED`
 */
export async function getDataset(name: string, options: GetDatasetOptions = {}): Promise<DatasetDescription> {
  const dataset = datasetOf(name);
  const view = await dataset.view(options);
  if (!dataset.own) await replaceFile(viewPath(dataset), (file) => file.writeFile(JSON.stringify(view)));
  return { ...factsOf(dataset), state: stateOf(dataset, view), view };
}

function datasetOf(name: string): Dataset {
  const found = datasets.find((dataset) => dataset.name === name);
  if (found) return found;
  throw new FletchError(
    'NOT_FOUND',
    `There is no data set "${name}". Data sets: ${datasets.map((dataset) => dataset.name).join(', ')}.`,
    { details: { name } },
  );
}

const factsOf = ({ view: _, ...facts }: Dataset): DatasetFacts => facts;

const stateOf = ({ own }: Dataset, view: DatasetView | undefined): DatasetState =>
  own ? 'own' : view ? 'ready' : 'absent';

/** Changes when what a view is changes. */
const VERSION = 1;

const viewPath = ({ name }: Dataset): string =>
  join(cacheFolder(), 'datasets', `${name}.view-${VERSION}.json`);

async function keptView(dataset: Dataset): Promise<DatasetView | undefined> {
  if (dataset.own) return undefined;
  try {
    return JSON.parse(await readFile(viewPath(dataset), 'utf8')) as DatasetView;
  } catch {
    // Not there, or damaged: it is made anew when the data set is asked for.
    return undefined;
  }
}

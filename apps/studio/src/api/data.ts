/**
 * The routes of data sets.
 *
 * @module
 */
import type { DatasetDescription, DatasetFacts, DatasetState } from '@fletch/data';
import type { Http } from './http.js';

/** A data set as the list has it. */
export type ListedDataset = DatasetFacts & { readonly state: DatasetState };

export interface DatasetRoutes {
  list(signal?: AbortSignal): Promise<ListedDataset[]>;
  /** Throws ApiError 404 for a name that there is not. */
  one(name: string, signal?: AbortSignal): Promise<DatasetDescription>;
}

export function createDatasetRoutes(http: Http): DatasetRoutes {
  return {
    list: async (signal) => (await http<{ datasets: ListedDataset[] }>('/data', { signal })).result.datasets,
    one: async (name, signal) =>
      (await http<DatasetDescription>(`/data/${encodeURIComponent(name)}`, { signal })).result,
  };
}

/**
 * The routes of checkpoints.
 *
 * @module
 */
import type { CompareReport, InspectReport, TensorDetail, TensorReport } from '@fletch/weights';
import type { Http } from './http.js';

/** A checkpoint that can be looked at. */
export interface ListedCheckpoint {
  readonly id: string;
  readonly name: string;
  readonly source: 'zoo' | 'folder';
  readonly format: InspectReport['format'];
}

export interface Checkpoints {
  readonly models: readonly ListedCheckpoint[];
  /** Whether the server was given a folder. */
  readonly folder: boolean;
}

export interface WeightRoutes {
  list(signal?: AbortSignal): Promise<Checkpoints>;
  report(model: string, signal?: AbortSignal): Promise<InspectReport>;
  tensor(model: string, name: string, signal?: AbortSignal): Promise<TensorReport>;
  compare(base: string, model: string, signal?: AbortSignal): Promise<CompareReport>;
  compareTensor(base: string, model: string, name: string, signal?: AbortSignal): Promise<TensorDetail>;
}

export function createWeightRoutes(http: Http): WeightRoutes {
  const get = async <T>(path: string, query: Record<string, string>, signal: AbortSignal | undefined) =>
    (await http<T>(`/weights${path}?${new URLSearchParams(query)}`, { signal })).result;
  return {
    list: async (signal) => (await http<Checkpoints>('/weights', { signal })).result,
    report: (model, signal) => get('/report', { model }, signal),
    tensor: (model, name, signal) => get('/tensor', { model, name }, signal),
    compare: (base, model, signal) => get('/compare', { base, model }, signal),
    compareTensor: (base, model, name, signal) => get('/compare/tensor', { base, model, name }, signal),
  };
}

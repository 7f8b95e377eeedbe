/**
 * The zoo's routes: recipes, what was trained of them, trainings and what they tell while they last.
 *
 * @module
 */
import type { TrainingRecord, ZooEntry } from '@fletch/models';
import type { Http } from './http.js';
import type { Raw } from './raw.js';
import { createRunRoutes, type RunRoutes } from './runs.js';

/** A training that lasts. */
export interface Running {
  readonly run: string;
  readonly id: string;
}

export interface ZooModels {
  readonly models: readonly ZooEntry[];
  /** The training that lasts on the server, whoever started it. */
  readonly running: Running | null;
}

export interface Zoo extends RunRoutes<TrainingRecord> {
  models(signal?: AbortSignal): Promise<ZooModels>;
  /** Starts a training; throws ApiError 409 while another one lasts. Resolves to the run's id. */
  train(name: string): Promise<string>;
}

const at = (name: string, rest: string) => `/zoo/${encodeURIComponent(name)}/${rest}`;

/** Where a picture that a model made is, from the origin on. */
export const samplePath = (name: string, file: string): string =>
  at(name, `samples/${encodeURIComponent(file)}`);

export function createZoo(http: Http, raw: Raw): Zoo {
  return {
    ...createRunRoutes<TrainingRecord>('/zoo/runs', http, raw),
    models: async (signal) => (await http<ZooModels>('/zoo', { signal })).result,
    async train(name) {
      const request = { method: 'POST', body: {} } as const;
      return (await http<Running>(at(name, 'train'), request)).result.run;
    },
  };
}

/**
 * The laboratory's routes: systems, plots, runs and what they tell while they last.
 *
 * @module
 */
import type { CatalogueEntry, ClaimResult, Profile, Result, StoredResult } from '@fletch/lab';
import type { Http } from './http.js';
import type { Raw } from './raw.js';
import { createRunRoutes, type RunRoutes } from './runs.js';

/** A system as the list has it, with the verdict of its kept run. */
export interface LabSystem extends CatalogueEntry {
  readonly result: {
    readonly holds: boolean;
    readonly date: string;
    readonly claims: readonly ClaimResult[];
  } | null;
}

/** One system with all that is kept of its run. */
export interface LabDetail extends CatalogueEntry {
  readonly result: (Result & Pick<StoredResult, 'date' | 'machine' | 'versions'>) | null;
}

export interface Lab extends RunRoutes<Result> {
  systems(signal?: AbortSignal): Promise<LabSystem[]>;
  system(id: string, signal?: AbortSignal): Promise<LabDetail>;
  /** Starts a run; throws ApiError 409 while another one lasts. Resolves to the run's id. */
  start(id: string, profile: Profile): Promise<string>;
}

/** Where the plot of a system is, from the origin on. */
export const plotPath = (id: string): string => `/lab/systems/${encodeURIComponent(id)}/plot.svg`;

export function createLab(http: Http, raw: Raw): Lab {
  const at = (id: string, rest = '') => `/lab/systems/${encodeURIComponent(id)}${rest}`;
  return {
    ...createRunRoutes<Result>('/lab/runs', http, raw),
    systems: async (signal) =>
      (await http<{ systems: LabSystem[] }>('/lab/systems', { signal })).result.systems,
    system: async (id, signal) => (await http<LabDetail>(at(id), { signal })).result,
    async start(id, profile) {
      const request = { method: 'POST', body: { profile } } as const;
      return (await http<{ run: string }>(at(id, '/runs'), request)).result.run;
    },
  };
}

/**
 * The laboratory's routes: systems, plots, runs and what they tell while they last.
 *
 * @module
 */
import type { Progress } from '@fletch/base';
import type { CatalogueEntry, ClaimResult, Profile, Result, StoredResult } from '@fletch/lab';
import { readEvents } from '../lib/sse.js';
import type { Http } from './http.js';
import type { Raw } from './raw.js';

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

export type RunEvent =
  | { readonly event: 'progress'; readonly data: Progress }
  | { readonly event: 'done'; readonly data: Result }
  | { readonly event: 'failed'; readonly data: { readonly message: string } };

export interface Lab {
  systems(signal?: AbortSignal): Promise<LabSystem[]>;
  system(id: string, signal?: AbortSignal): Promise<LabDetail>;
  /** Starts a run; throws ApiError 409 while another one lasts. Resolves to the run's id. */
  start(id: string, profile: Profile): Promise<string>;
  stop(run: string): Promise<void>;
  /** The latest event and those that follow, until the run's end. Throws ApiError 404 for a forgotten run. */
  events(run: string, signal?: AbortSignal): AsyncGenerator<RunEvent>;
}

/** Where the plot of a system is, from the origin on. */
export const plotPath = (id: string): string => `/lab/systems/${encodeURIComponent(id)}/plot.svg`;

const EVENTS: readonly string[] = ['progress', 'done', 'failed'] satisfies RunEvent['event'][];

export function createLab(http: Http, raw: Raw): Lab {
  const at = (id: string, rest = '') => `/lab/systems/${encodeURIComponent(id)}${rest}`;
  return {
    systems: async (signal) =>
      (await http<{ systems: LabSystem[] }>('/lab/systems', { signal })).result.systems,
    system: async (id, signal) => (await http<LabDetail>(at(id), { signal })).result,
    async start(id, profile) {
      const request = { method: 'POST', body: { profile } } as const;
      return (await http<{ run: string }>(at(id, '/runs'), request)).result.run;
    },
    async stop(run) {
      await http(`/lab/runs/${encodeURIComponent(run)}`, { method: 'DELETE' });
    },
    async *events(run, signal) {
      // Not an EventSource: that could not carry the key.
      const response = await raw(`/lab/runs/${encodeURIComponent(run)}/events`, { signal });
      for await (const { event, data } of readEvents(response.body!)) {
        if (EVENTS.includes(event)) yield { event, data: JSON.parse(data) } as RunEvent;
      }
    },
  };
}

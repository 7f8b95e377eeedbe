/**
 * Long work on the server: what it tells while it lasts, and how it is stopped.
 *
 * @module
 */
import type { Progress } from '@fletch/base';
import { readEvents } from '../lib/sse.js';
import type { Http } from './http.js';
import type { Raw } from './raw.js';

export type RunEvent<Result> =
  | { readonly event: 'progress'; readonly data: Progress }
  | { readonly event: 'done'; readonly data: Result }
  | { readonly event: 'failed'; readonly data: { readonly message: string } };

export interface RunRoutes<Result> {
  stop(run: string): Promise<void>;
  /** The latest event and those that follow, until the run's end. Throws ApiError 404 for a forgotten run. */
  events(run: string, signal?: AbortSignal): AsyncGenerator<RunEvent<Result>>;
}

const EVENTS: readonly string[] = ['progress', 'done', 'failed'] satisfies RunEvent<unknown>['event'][];

/** The routes of the runs below `path`. */
export function createRunRoutes<Result>(path: string, http: Http, raw: Raw): RunRoutes<Result> {
  return {
    async stop(run) {
      await http(`${path}/${encodeURIComponent(run)}`, { method: 'DELETE' });
    },
    async *events(run, signal) {
      // Not an EventSource: that could not carry the key.
      const response = await raw(`${path}/${encodeURIComponent(run)}/events`, { signal });
      for await (const { event, data } of readEvents(response.body!)) {
        if (EVENTS.includes(event)) yield { event, data: JSON.parse(data) } as RunEvent<Result>;
      }
    },
  };
}

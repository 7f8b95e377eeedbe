/**
 * A run on the server that this page started, or found again after a reload.
 *
 * @module
 */
import type { Progress } from '@fletch/base';
import { type ReadonlySignal, signal } from '@preact/signals';
import { ApiError, isAbort, UnreachableError } from '../api/errors.js';
import type { RunRoutes } from '../api/runs.js';
import type { Connection } from './connection.js';
import type { Keep } from './storage.js';

/** What was asked for: something with a name. */
export interface Started {
  readonly run: string;
  readonly id: string;
}

/** A run, how far it is, and how it ended. */
export interface Followed<Result> {
  readonly state: 'running' | 'done' | 'failed';
  readonly progress: Progress | null;
  readonly result: Result | null;
  readonly message: string | null;
}

export interface FollowOptions<Request extends Started, Result> {
  readonly routes: RunRoutes<Result>;
  readonly connection: Connection;
  /** Where the run is noted for the time after a reload, and under what. */
  readonly tab: Keep;
  readonly key: string;
  /** What to say when the server knows the run no more. */
  readonly lost: string;
  /** Milliseconds before it listens again over a broken line. */
  readonly retry: number;
  /** Called at the end. */
  readonly ended: (run: Request & Followed<Result>) => void | Promise<void>;
}

export interface Following<Request extends Started, Result> {
  /** The latest run of this visit. */
  readonly run: ReadonlySignal<(Request & Followed<Result>) | null>;
  begin(started: Request): void;
  stop(): Promise<void>;
  /** Forgets a run that has ended. */
  dismiss(): void;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Follows one run at a time; what the tab has noted of one is found again at once. */
export function followRuns<Request extends Started, Result>(
  options: FollowOptions<Request, Result>,
): Following<Request, Result> {
  const { routes, connection, tab, key, lost, retry, ended } = options;
  const run = signal<(Request & Followed<Result>) | null>(null);

  /** Changes the run, unless another one has taken its place. */
  const tell = (id: string, change: Partial<Followed<Result>>) => {
    if (run.value?.run === id) run.value = { ...run.value, ...change };
  };

  /** Listens until the run ends, also over a broken line. */
  async function follow(id: string): Promise<void> {
    while (run.value?.run === id && run.value.state === 'running') {
      try {
        for await (const { event, data } of routes.events(id)) {
          if (event === 'progress') tell(id, { progress: data });
          else if (event === 'done') tell(id, { state: 'done', result: data });
          else tell(id, { state: 'failed', message: data.message });
        }
        connection.succeeded();
      } catch (error) {
        if (error instanceof ApiError) {
          connection.failed(error);
          const message = error.status === 404 ? lost : error.message;
          if (error.status !== 401) tell(id, { state: 'failed', message });
        } else if (error instanceof UnreachableError) connection.failed(error);
        else if (isAbort(error)) return;
      }
      if (run.value?.run === id && run.value.state === 'running') await pause(retry);
    }
    tab.removeItem(key);
    if (run.value?.run === id) await ended(run.value);
  }

  function begin(started: Request): void {
    run.value = { ...started, state: 'running', progress: null, result: null, message: null };
    tab.setItem(key, JSON.stringify(started));
    void follow(started.run);
  }

  try {
    const kept = JSON.parse(tab.getItem(key) ?? 'null') as Request | null;
    if (typeof kept?.run === 'string' && typeof kept.id === 'string') begin(kept);
  } catch {
    tab.removeItem(key);
  }

  return {
    run,
    begin,
    async stop() {
      if (run.value !== null) await routes.stop(run.value.run);
    },
    dismiss() {
      if (run.value?.state !== 'running') run.value = null;
    },
  };
}

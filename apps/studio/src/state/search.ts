/**
 * The search of the current route: debounced, the latest wins.
 *
 * @module
 */
import type { ScoredPoint } from '@fletch/search';
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { Client, QueryBody } from '../api/client.js';
import { toFilter } from '../lib/filter.js';
import type { MainVector } from './collections.js';
import type { Connection } from './connection.js';
import { createLatest } from './latest.js';
import type { Route } from './route.js';

/** A query that was or will be sent. */
export interface Request {
  readonly collection: string;
  readonly body: QueryBody;
}

/** One search in milliseconds. */
export interface Latency {
  readonly server: number;
  readonly roundTrip: number;
}

/** What came back, with what was asked. */
export interface Outcome {
  readonly request: Request;
  readonly hits: readonly ScoredPoint[];
  readonly latency: Latency;
}

export const PAGE = 20;
export const MOST_HITS = 200;
const LATENCIES_KEPT = 48;

/** The query of a route: the last point of the trail, else the text, else all points in order of their ids. */
export function requestOf(route: Route, vector: MainVector, limit: number): Request {
  const filter = toFilter(route.chosen);
  const near = route.trail.at(-1);
  const text = route.text.trim();
  const query = near ?? (text === '' ? undefined : { text });
  return {
    collection: route.collection,
    body: {
      ...(query === undefined ? {} : { query }),
      ...(query === undefined || vector.using === undefined ? {} : { using: vector.using }),
      ...(filter === undefined ? {} : { filter }),
      limit,
      with_payload: true,
    },
  };
}

export interface Search {
  /** The last answer; stays while the next one is on its way. Null where there is nothing to ask. */
  readonly outcome: ReadonlySignal<Outcome | null>;
  readonly pending: ReadonlySignal<boolean>;
  /** The server's message about the last search. */
  readonly error: ReadonlySignal<string | null>;
  /** The last searches of this visit, oldest first. */
  readonly latencies: ReadonlySignal<readonly Latency[]>;
  /** Asks after `delay` milliseconds, unless a newer request comes first. */
  ask(request: Request, delay: number): Promise<void>;
  /** Gives up what is on its way and shows nothing. */
  clear(): void;
}

export function createSearch(client: Client, connection: Connection): Search {
  const outcome = signal<Outcome | null>(null);
  const pending = signal(false);
  const error = signal<string | null>(null);
  const latencies = signal<readonly Latency[]>([]);
  const latest = createLatest();
  return {
    outcome,
    pending,
    error,
    latencies,
    async ask(request, delay) {
      pending.value = true;
      if (outcome.value?.request.collection !== request.collection) outcome.value = null;
      try {
        const answer = await latest.run(
          (signal) => client.query(request.collection, request.body, signal),
          delay,
        );
        if (answer === undefined) return;
        const latency = { server: answer.serverMs, roundTrip: answer.roundTripMs };
        batch(() => {
          outcome.value = { request, hits: answer.result, latency };
          latencies.value = [...latencies.value, latency].slice(-LATENCIES_KEPT);
          error.value = null;
          pending.value = false;
          connection.succeeded();
        });
      } catch (failure) {
        batch(() => {
          error.value = connection.failed(failure);
          pending.value = false;
        });
      }
    },
    clear() {
      latest.cancel();
      batch(() => {
        outcome.value = null;
        error.value = null;
        pending.value = false;
      });
    },
  };
}

/**
 * What requests there were, how they ended and how long they took.
 *
 * @module
 */
import { type DurationStatistics, Durations } from './durations.js';

/** By method and route (`POST /collections/{collection_name}/points`), then by status. */
type ByRoute = Map<string, Map<number, Durations>>;

/** {@link DurationStatistics} by route and status, as telemetry lists them. */
export interface Responses {
  [route: string]: { [status: string]: DurationStatistics };
}

/** One row of the counters. */
export interface ResponseRow {
  readonly method: string;
  readonly endpoint: string;
  readonly status: number;
  /** Absent in counters over all collections. */
  readonly collection?: string;
  readonly durations: Durations;
}

/** One request that took long. */
export interface SlowRequest {
  readonly collection_name: string;
  /** Seconds. */
  readonly duration: number;
  readonly datetime: string;
  readonly request_name: string;
  /** How many slow requests of this kind there were. */
  readonly approx_count: number;
}

/** Milliseconds from which a request counts as slow. */
const SLOW = 50;

/** Slow requests that are kept: the slowest of each route. */
const KEPT = 32;

/** Counters since the server started. Their number is bounded by the routes and collections that there are. */
export class RequestLog {
  readonly #all: ByRoute = new Map();
  readonly #byCollection = new Map<string, ByRoute>();
  readonly #slow = new Map<string, { count: number; slowest: SlowRequest[] }>();

  /**
   * Counts one answered request.
   *
   * @param route - method and path pattern
   * @param collection - of those that exist, else undefined: clients cannot make the counters grow
   * @param milliseconds - from its arrival to its answer
   */
  add(route: string, status: number, collection: string | undefined, milliseconds: number): void {
    count(this.#all, route, status, milliseconds);
    if (collection === undefined) return;
    let own = this.#byCollection.get(collection);
    if (!own) {
      own = new Map();
      this.#byCollection.set(collection, own);
    }
    count(own, route, status, milliseconds);
    if (milliseconds >= SLOW) this.#addSlow(route, collection, milliseconds);
  }

  /** Forgets the counters of collections that are gone. */
  keep(exists: (collection: string) => boolean): void {
    for (const collection of this.#byCollection.keys())
      if (!exists(collection)) this.#byCollection.delete(collection);
  }

  responses(detailed: boolean): Responses {
    return responsesOf(this.#all, detailed);
  }

  responsesByCollection(detailed: boolean): { [collection: string]: Responses } {
    return Object.fromEntries(
      [...this.#byCollection].map(([collection, routes]) => [collection, responsesOf(routes, detailed)]),
    );
  }

  /** Every counter, for each collection or over all. */
  *rows(perCollection: boolean): Generator<ResponseRow> {
    if (!perCollection) yield* rowsOf(this.#all);
    else
      for (const [collection, routes] of this.#byCollection)
        for (const row of rowsOf(routes)) yield { ...row, collection };
  }

  /** The slowest requests, slowest first, of routes whose name holds `name`. */
  slow(limit: number, name = ''): SlowRequest[] {
    return [...this.#slow]
      .filter(([route]) => route.includes(name))
      .flatMap(([, { count, slowest }]) => slowest.map((request) => ({ ...request, approx_count: count })))
      .sort((a, b) => b.duration - a.duration)
      .slice(0, limit);
  }

  #addSlow(route: string, collection: string, milliseconds: number): void {
    const entry = this.#slow.get(route) ?? { count: 0, slowest: [] };
    this.#slow.set(route, entry);
    entry.count++;
    entry.slowest.push({
      collection_name: collection,
      duration: Math.round(milliseconds) / 1000,
      datetime: new Date().toISOString(),
      request_name: route,
      approx_count: 1,
    });
    entry.slowest.sort((a, b) => b.duration - a.duration);
    entry.slowest.length = Math.min(entry.slowest.length, KEPT);
  }
}

function count(routes: ByRoute, route: string, status: number, milliseconds: number): void {
  let statuses = routes.get(route);
  if (!statuses) {
    statuses = new Map();
    routes.set(route, statuses);
  }
  let durations = statuses.get(status);
  if (!durations) {
    durations = new Durations();
    statuses.set(status, durations);
  }
  durations.add(milliseconds * 1000);
}

function responsesOf(routes: ByRoute, detailed: boolean): Responses {
  return Object.fromEntries(
    [...routes].map(([route, statuses]) => [
      route,
      Object.fromEntries(
        [...statuses].map(([status, durations]) => [status, durations.statistics(detailed)]),
      ),
    ]),
  );
}

function* rowsOf(routes: ByRoute): Generator<ResponseRow> {
  for (const [route, statuses] of routes) {
    const [method = '', endpoint = ''] = route.split(' ');
    for (const [status, durations] of statuses) yield { method, endpoint, status, durations };
  }
}

/**
 * The current search against the exact one: how much of the truth the index finds, and what it saves.
 *
 * @module
 */
import type { ScoredPoint } from '@fletch/search';
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { Client } from '../api/client.js';
import type { Connection } from './connection.js';
import { createLatest } from './latest.js';
import type { Request } from './search.js';

export interface Comparison {
  readonly request: Request;
  /** How many hits the exact search has. */
  readonly k: number;
  /** Share of the exact hits that the index found. */
  readonly recall: number;
  /** Server milliseconds, the better of two runs. */
  readonly index: number;
  readonly exact: number;
  /** Exact hits that the index did not return, best first. */
  readonly missing: readonly ScoredPoint[];
}

/** Recall of `found` and what it misses. An empty truth is found completely. */
export function recallOf(found: readonly ScoredPoint[], truth: readonly ScoredPoint[]) {
  const ids = new Set(found.map(({ id }) => id));
  const missing = truth.filter(({ id }) => !ids.has(id));
  return { recall: truth.length === 0 ? 1 : 1 - missing.length / truth.length, missing };
}

export interface Compare {
  readonly comparison: ReadonlySignal<Comparison | null>;
  readonly pending: ReadonlySignal<boolean>;
  readonly error: ReadonlySignal<string | null>;
  run(request: Request): Promise<void>;
  clear(): void;
}

export function createCompare(client: Client, connection: Connection): Compare {
  const comparison = signal<Comparison | null>(null);
  const pending = signal(false);
  const error = signal<string | null>(null);
  const latest = createLatest();

  /** The two searches take turns, so that both find the same warm caches. */
  async function measure(
    { collection, body }: Request,
    abort: AbortSignal,
  ): Promise<Omit<Comparison, 'request'>> {
    const exactBody = { ...body, params: { ...body.params, exact: true } };
    const a = await client.query(collection, body, abort);
    const b = await client.query(collection, exactBody, abort);
    const again = await client.query(collection, body, abort);
    const exactAgain = await client.query(collection, exactBody, abort);
    return {
      k: b.result.length,
      ...recallOf(a.result, b.result),
      index: Math.min(a.serverMs, again.serverMs),
      exact: Math.min(b.serverMs, exactAgain.serverMs),
    };
  }

  return {
    comparison,
    pending,
    error,
    async run(request) {
      batch(() => {
        pending.value = true;
        error.value = null;
      });
      try {
        const measured = await latest.run((abort) => measure(request, abort));
        if (measured === undefined) return;
        batch(() => {
          comparison.value = { request, ...measured };
          pending.value = false;
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
        comparison.value = null;
        pending.value = false;
        error.value = null;
      });
    },
  };
}

/**
 * Something that the server has and the page shows: the last answer stays while the next one is on its way.
 *
 * @module
 */
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import { ApiError } from '../api/errors.js';
import type { Connection } from './connection.js';
import { createLatest } from './latest.js';

export interface Resource<T> {
  /** Null until the first answer. */
  readonly value: ReadonlySignal<T | null>;
  readonly pending: ReadonlySignal<boolean>;
  readonly error: ReadonlySignal<string | null>;
  /** Whether the server has no such thing, or no such route (404 or 405). */
  readonly missing: ReadonlySignal<boolean>;
  /** Asks; the latest request wins. */
  load(task: (signal: AbortSignal) => Promise<T>): Promise<void>;
  /** Gives up what is on its way and shows nothing. */
  clear(): void;
}

const NONE = new Set([404, 405]);

export function createResource<T>(connection: Connection): Resource<T> {
  const value = signal<T | null>(null);
  const pending = signal(false);
  const error = signal<string | null>(null);
  const missing = signal(false);
  const latest = createLatest();
  return {
    value,
    pending,
    error,
    missing,
    async load(task) {
      pending.value = true;
      try {
        const answer = await latest.run(task);
        if (answer === undefined) return;
        batch(() => {
          value.value = answer;
          pending.value = false;
          error.value = null;
          missing.value = false;
          connection.succeeded();
        });
      } catch (failure) {
        batch(() => {
          pending.value = false;
          error.value = connection.failed(failure);
          missing.value = failure instanceof ApiError && NONE.has(failure.status);
          if (missing.value) value.value = null;
        });
      }
    },
    clear() {
      latest.cancel();
      batch(() => {
        value.value = null;
        pending.value = false;
        error.value = null;
        missing.value = false;
      });
    },
  };
}

/**
 * Whether the server answers, and the key it asks for.
 *
 * @module
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import { ApiError, messageOf, UnreachableError } from '../api/errors.js';

/** `gone`: nobody answers; `locked`: the server wants a (different) API key. */
export type ConnectionState = 'ok' | 'gone' | 'locked';

export interface Connection {
  readonly state: ReadonlySignal<ConnectionState>;
  /** Grows each time the server is back: what failed before is asked again. */
  readonly epoch: ReadonlySignal<number>;
  /** Notes an answer. */
  succeeded(): void;
  /** Notes a failure; returns what to tell beside the thing that failed, null when the banner says it all. */
  failed(error: unknown): string | null;
}

export function createConnection(): Connection {
  const state = signal<ConnectionState>('ok');
  const epoch = signal(0);
  return {
    state,
    epoch,
    succeeded() {
      if (state.value === 'ok') return;
      state.value = 'ok';
      epoch.value++;
    },
    failed(error) {
      if (error instanceof UnreachableError) state.value = 'gone';
      // 403 is a key that may not do this very thing, as a read-only one may not write: the rest goes on.
      else if (error instanceof ApiError && error.status === 401) state.value = 'locked';
      else return messageOf(error);
      return null;
    },
  };
}

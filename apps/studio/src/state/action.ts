/**
 * Something that people make the server do: one at a time, with what came of it in words.
 *
 * @module
 */
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { Connection } from './connection.js';

export interface Action {
  readonly pending: ReadonlySignal<boolean>;
  /** The last failure, in words; gone with the next attempt. */
  readonly error: ReadonlySignal<string | null>;
  /** The last success, in words; gone with the next attempt. */
  readonly done: ReadonlySignal<string | null>;
  /** Does `task`, unless another one is at work. Whether it succeeded. */
  run(task: () => Promise<unknown>, success?: string): Promise<boolean>;
  clear(): void;
}

const UNKNOWN =
  'The server did not answer, so it is not known whether this was done. Look again before you repeat it.';

export function createAction(connection: Connection): Action {
  const pending = signal(false);
  const error = signal<string | null>(null);
  const done = signal<string | null>(null);
  const clear = () => {
    error.value = null;
    done.value = null;
  };
  return {
    pending,
    error,
    done,
    clear: () => batch(clear),
    async run(task, success) {
      if (pending.value) return false;
      batch(() => {
        clear();
        pending.value = true;
      });
      try {
        await task();
        batch(() => {
          pending.value = false;
          done.value = success ?? null;
          connection.succeeded();
        });
        return true;
      } catch (failure) {
        batch(() => {
          pending.value = false;
          error.value = connection.failed(failure) ?? UNKNOWN;
        });
        return false;
      }
    },
  };
}

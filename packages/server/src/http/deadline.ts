/**
 * When the work on a request is to stop: its client is gone, or its time is over.
 *
 * @module
 */
import { HttpError } from './errors.js';

/** The reason of a signal that fires because nobody waits for the answer any more. */
export class ClientGone extends Error {
  override readonly name = 'AbortError';
  constructor() {
    super('The client is gone.');
  }
}

/** A signal with what must be undone when the request is answered. */
export interface Deadline {
  readonly signal: AbortSignal;
  end(): void;
}

/**
 * A signal that fires when `client` does, and after `seconds`.
 *
 * @param what - the operation, for the message
 */
export function deadlineOf(client: AbortSignal, seconds: number | undefined, what: string): Deadline {
  const controller = new AbortController();
  const gone = (): void => controller.abort(new ClientGone());
  if (client.aborted) gone();
  else client.addEventListener('abort', gone, { once: true });
  const timer =
    seconds === undefined
      ? undefined
      : setTimeout(
          () =>
            controller.abort(new HttpError(408, `Timeout: Operation '${what}' timed out after ${seconds}s`)),
          seconds * 1000,
        );
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      client.removeEventListener('abort', gone);
    },
  };
}

/** The outcome of `work`, or the signal's reason if that is earlier; the work goes on by itself then. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined);
    return Promise.reject(signal.reason);
  }
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/**
 * What a request can end with, besides an answer.
 *
 * @module
 */

/** The server answered, but with an error; the message is the server's own. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    message: string,
    /** HTTP status code. */
    readonly status: number,
  ) {
    super(message);
  }
}

/** Nobody answered: the server is gone, restarting, or the network is. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** Whether a request was given up because a newer one replaced it. */
export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

/** What to tell people about `error`. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

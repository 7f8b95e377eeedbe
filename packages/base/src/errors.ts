/**
 * The one error class of Fletch. Callers branch on `code`, never on the message.
 *
 * @module
 */

/** Every code that a Fletch library throws. Add here; codes are part of the public interface. */
export type ErrorCode =
  | 'ABORTED'
  | 'ALREADY_EXISTS'
  | 'CHECKSUM_MISMATCH'
  | 'CLOSED'
  | 'CORRUPT'
  | 'DIMENSION_MISMATCH'
  | 'DISK_FULL'
  | 'DUPLICATE_ID'
  | 'FORBIDDEN'
  | 'FORMAT_TOO_NEW'
  | 'INVALID_ARGUMENT'
  | 'INVALID_FILTER'
  | 'INVALID_INPUT_FILE'
  | 'IO'
  | 'LIMIT_EXCEEDED'
  | 'LOCKED'
  | 'NON_FINITE'
  | 'NOT_FOUND'
  | 'OUT_OF_MEMORY'
  | 'RATE_LIMITED'
  | 'SHARD_MISMATCH'
  | 'UNAVAILABLE'
  | 'UNSAFE_FORMAT'
  | 'UNSAFE_PATH'
  | 'ZERO_VECTOR';

/** What a {@link FletchError} carries besides its message. */
export interface FletchErrorOptions {
  /** Machine-readable facts: row numbers, sizes, paths. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An error whose message says what was wrong, where, and what to do. */
export class FletchError extends Error {
  override readonly name = 'FletchError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: FletchErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Whether `error` is a {@link FletchError}, optionally of one code. */
export function isFletchError(error: unknown, code?: ErrorCode): error is FletchError {
  return error instanceof FletchError && (code === undefined || error.code === code);
}

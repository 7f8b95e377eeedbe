/**
 * Every failure as an HTTP answer: one table from error codes to status and wording.
 *
 * @module
 */
import { type ErrorCode, type FletchError, isFletchError } from '@fletch/base';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** An answer other than success that the server itself decided on. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: ContentfulStatusCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: ContentfulStatusCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Well-formed but refused input: 400 `Wrong input: …`. */
export function wrongInput(message: string): HttpError {
  return new HttpError(400, `Wrong input: ${message}`);
}

/** 404 `Not found: …`. */
export function notFound(message: string): HttpError {
  return new HttpError(404, `Not found: ${message}`);
}

/** Status and leading words of each code; they are those of Qdrant where it has the case. */
const TABLE: { readonly [C in ErrorCode]: readonly [ContentfulStatusCode, string] } = {
  ABORTED: [408, 'Timeout'],
  ALREADY_EXISTS: [409, 'Wrong input'],
  CHECKSUM_MISMATCH: [400, 'Checksum mismatch'],
  CLOSED: [503, 'Service unavailable'],
  CORRUPT: [500, 'Service internal error'],
  DIMENSION_MISMATCH: [400, 'Wrong input: Vector dimension error'],
  DISK_FULL: [507, 'Insufficient storage'],
  DUPLICATE_ID: [400, 'Wrong input'],
  FORBIDDEN: [403, 'Forbidden'],
  FORMAT_TOO_NEW: [500, 'Service internal error'],
  INVALID_ARGUMENT: [400, 'Wrong input'],
  INVALID_FILTER: [400, 'Wrong input'],
  INVALID_INPUT_FILE: [400, 'Wrong input'],
  IO: [500, 'Service internal error'],
  LIMIT_EXCEEDED: [400, 'Bad request'],
  LOCKED: [503, 'Storage locked'],
  NON_FINITE: [400, 'Wrong input'],
  NOT_FOUND: [404, 'Not found'],
  OUT_OF_MEMORY: [507, 'Insufficient storage'],
  RATE_LIMITED: [429, 'Rate limiting exceeded'],
  SHARD_MISMATCH: [400, 'Wrong input'],
  UNAVAILABLE: [503, 'Service unavailable'],
  UNSAFE_FORMAT: [400, 'Wrong input'],
  UNSAFE_PATH: [400, 'Wrong input'],
  ZERO_VECTOR: [400, 'Wrong input'],
};

/** What an error looks like from outside. */
export interface ErrorAnswer {
  readonly status: ContentfulStatusCode;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the operator should hear of it: it is the server's fault, not the client's. */
  readonly report: boolean;
}

/** The answer to `error`. What is not foreseen becomes a 500 that tells nothing of the inside. */
export function answerTo(error: unknown): ErrorAnswer {
  if (error instanceof HttpError)
    return { status: error.status, message: error.message, headers: error.headers, report: false };
  if (error instanceof Error && error.name === 'AbortError')
    return { status: 408, message: 'Timeout: the client is gone', headers: {}, report: false };
  if (!isFletchError(error))
    return { status: 500, message: 'Service internal error: unexpected failure', headers: {}, report: true };
  const [status, usual] = TABLE[error.code];
  // Parts of a request that do not go together are a bad request, in Qdrant's words.
  const words = error.details.request === true ? 'Bad request' : usual;
  const wait = error.details.retryAfter ?? (status === 503 ? 1 : undefined);
  const headers: Record<string, string> = wait === undefined ? {} : { 'retry-after': String(wait) };
  return { status, message: `${words}: ${wording(error)}`, headers, report: status >= 500 };
}

/** The message; a wrong dimension or an unknown vector begins with Qdrant's own words, which clients look for. */
export function wording({
  code,
  message,
  details: { expected, actual, vector, vectors },
}: FletchError): string {
  if (typeof vector === 'string' && Array.isArray(vectors))
    return `Not existing vector name error: ${vector}. ${message}`;
  const both = typeof expected === 'number' && typeof actual === 'number';
  if (code !== 'DIMENSION_MISMATCH' || !both) return message;
  return `expected dim: ${expected}, got ${actual}. ${message}`;
}

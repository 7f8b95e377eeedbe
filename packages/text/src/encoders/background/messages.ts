/**
 * What an encoder in the background and the process it serves say to each other.
 *
 * @module
 */
import { type ErrorCode, FletchError, isFletchError, type Progress } from '@fletch/base';
import type { EncoderOptions } from '../options.js';

/** To the background: first `create`, then any number of `encode` and `abort`. It ends when the channel closes. */
export type Request =
  | { readonly kind: 'create'; readonly spec: string; readonly options: EncoderOptions }
  | {
      readonly kind: 'encode';
      readonly job: number;
      readonly texts: readonly string[];
      /** Whether each token's vector is wanted. */
      readonly tokens: boolean;
    }
  | { readonly kind: 'abort'; readonly job: number };

/** From the background. */
export type Reply =
  | { readonly kind: 'created'; readonly name: string; readonly dimension: number; readonly tokens: boolean }
  | { readonly kind: 'refused'; readonly error: SentError }
  | { readonly kind: 'progress'; readonly job: number; readonly progress: Progress }
  | ({ readonly kind: 'encoded'; readonly job: number } & EncodedTexts)
  | { readonly kind: 'failed'; readonly job: number; readonly error: SentError };

/** Vectors of texts; `starts` where they are those of tokens. */
export interface EncodedTexts {
  readonly vectors: Float32Array;
  readonly starts?: Uint32Array;
}

/** An error as plain data: classes do not survive the way. */
export interface SentError {
  readonly code?: ErrorCode;
  readonly message: string;
}

export function toSentError(error: unknown): SentError {
  const message = error instanceof Error ? error.message : String(error);
  return isFletchError(error) ? { code: error.code, message } : { message };
}

export function fromSentError({ code, message }: SentError): Error {
  return code === undefined ? new Error(message) : new FletchError(code, message);
}

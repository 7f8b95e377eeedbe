/**
 * What a function stands on: other functions, objects, its own memory and time.
 *
 * @module
 */
import { FletchError, isFletchError } from '@fletch/base';
import type { ByteRange, ObjectStore } from '../squash/index.js';
import { MANIFEST } from '../squash/parts.js';
import type { Container } from './container.js';
import { nothing, type Usage } from './usage.js';

/** Calls a function by name and waits for its answer. */
export type Invoke = (
  name: string,
  event: unknown,
  options: { readonly signal: AbortSignal },
) => Promise<unknown>;

/** The surroundings of one invocation. */
export interface Platform {
  readonly invoke: Invoke;
  readonly objects: ObjectStore;
  readonly container: Container;
  /** Of the function, in MB. */
  readonly memory: number;
  /** Milliseconds since 1970 at which the function is ended. */
  readonly ends: number;
}

/** Names of the functions. A partition has one of its own, so that a container that is used again holds the right one. */
export const coordinatorName = 'coordinator';
export const allocatorName = 'allocator';
export const processorName = (partition: number): string => `processor-${partition}`;

/** Why a part of an answer is missing. */
export interface Missing {
  /** The function that did not answer. */
  readonly part: string;
  readonly code: string;
  readonly reason: string;
}

/** What a function answers: its result, or why there is none. */
export type Reply<T> =
  | { readonly ok: true; readonly result: T; readonly usage: Usage }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly usage: Usage };

/** An object store that counts. */
export interface Meter {
  readonly objects: ObjectStore;
  readonly counted: { gets: number; indexBytes: number; vectorBytes: number };
}

/** Counts what is read from an object store. */
export function metered(store: ObjectStore): Meter {
  const counted = { gets: 0, indexBytes: 0, vectorBytes: 0 };
  const get = async (key: string, range?: ByteRange): Promise<Uint8Array> => {
    counted.gets++;
    const bytes = await store.get(key, range);
    if (key.endsWith('/vectors')) counted.vectorBytes += bytes.length;
    else if (key !== MANIFEST) counted.indexBytes += bytes.length;
    return bytes;
  };
  return { objects: { ...store, get }, counted };
}

/**
 * Runs a function's work: counts what it uses, and turns errors that would only happen again into answers.
 *
 * @param work - gets a counting object store, and says what it used beyond
 */
export async function answer<T>(
  platform: Platform,
  work: (objects: ObjectStore) => Promise<{ result: T; below?: Usage; warm?: boolean | undefined }>,
): Promise<Reply<T>> {
  const started = performance.now();
  const { objects, counted } = metered(platform.objects);
  const usage = (below: Usage = nothing, warm?: boolean): Usage => {
    const seconds = Math.ceil(performance.now() - started) / 1000;
    return {
      requests: below.requests + 1,
      gbSeconds: below.gbSeconds + seconds * (platform.memory / 1024),
      gets: below.gets + counted.gets,
      indexBytes: below.indexBytes + counted.indexBytes,
      vectorBytes: below.vectorBytes + counted.vectorBytes,
      warm: below.warm + (warm === true ? 1 : 0),
      cold: below.cold + (warm === false ? 1 : 0),
    };
  };
  try {
    const { result, below, warm } = await work(objects);
    return { ok: true, result, usage: usage(below, warm) };
  } catch (error) {
    if (!isFletchError(error)) throw error;
    return { ok: false, code: error.code, message: error.message, usage: usage() };
  }
}

/** Attempts at a function that fails by itself. Its work has no effects, so that it may be done twice. */
const ATTEMPTS = 2;
/** What an answer needs on its way back. */
const MARGIN_MS = 100;

/** When what a function calls must have answered. */
export const deadlineBelow = (deadline: number): number => deadline - MARGIN_MS;

/** An answer, or why there is none; either way with what was used. */
export type Outcome<T> =
  | { readonly result: T; readonly usage: Usage }
  | { readonly missing: Missing; readonly usage: Usage };

/**
 * Calls a function: again when it failed, not when it answered that it cannot or when time is over.
 *
 * @param deadline - milliseconds since 1970
 */
export async function call<T>(
  invoke: Invoke,
  name: string,
  event: unknown,
  deadline: number,
): Promise<Outcome<T>> {
  let failure: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const left = deadline - Date.now();
    if (left <= 0) {
      failure ??= new FletchError('UNAVAILABLE', 'there was no time left');
      break;
    }
    const signal = AbortSignal.timeout(left);
    try {
      const reply = (await invoke(name, event, { signal })) as Reply<T>;
      if (reply.ok) return { result: reply.result, usage: reply.usage };
      return { missing: { part: name, code: reply.code, reason: reply.message }, usage: reply.usage };
    } catch (error) {
      failure = signal.aborted ? new FletchError('UNAVAILABLE', `no answer within ${left} ms`) : error;
      // The client has tried often enough where a function is throttled.
      if (signal.aborted || isFletchError(error, 'RATE_LIMITED') || isFletchError(error, 'LIMIT_EXCEEDED'))
        break;
    }
  }
  const code = isFletchError(failure) ? failure.code : 'UNAVAILABLE';
  const reason = failure instanceof Error ? failure.message : String(failure);
  return { missing: { part: name, code, reason }, usage: { ...nothing, requests: 1 } };
}

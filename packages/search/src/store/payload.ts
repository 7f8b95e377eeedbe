/**
 * Changing payloads. Every function returns a new payload and leaves its arguments alone; keys such as
 * `__proto__` are ordinary data.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import { EVERY, isObject, type Path, type PathStep } from '../filter/path.js';
import type { Payload } from '../types/index.js';

/**
 * The JSON text of a payload; null and undefined become `{}`.
 *
 * @param at - where it stood, for the message
 * @throws FletchError `INVALID_ARGUMENT` when it is not an object that JSON can hold
 */
export function encodePayload(payload: unknown, at: string): string {
  if (payload === undefined || payload === null) return '{}';
  if (typeof payload !== 'object' || Array.isArray(payload))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${at}: a payload is an object of JSON values, not ${Array.isArray(payload) ? 'an array' : `a ${typeof payload}`}.`,
      { details: { at } },
    );
  try {
    const text = JSON.stringify(payload);
    if (text?.startsWith('{')) return text;
  } catch (error) {
    throw new FletchError('INVALID_ARGUMENT', `${at}: the payload cannot be written as JSON.`, {
      details: { at },
      cause: error,
    });
  }
  throw new FletchError('INVALID_ARGUMENT', `${at}: a payload is an object of JSON values.`, {
    details: { at },
  });
}

/** Merges `patch` into `payload`, or into the object at `path`; a null in the patch removes its key. */
export function mergePayload(payload: Payload, patch: Payload, path?: Path): Payload {
  return (path ? change(payload, path.steps, 0, (at) => merge(at, patch)) : merge(payload, patch)) as Payload;
}

/** Removes what is at `path`. */
export function withoutPath(payload: Payload, path: Path): Payload {
  return remove(payload, path.steps, 0) as Payload;
}

function merge(target: Json | undefined, patch: Payload): Payload {
  const merged = isObject(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    if (patch[key] === null) delete merged[key];
    else setOwn(merged, key, patch[key]!);
  }
  return merged;
}

function change(
  value: Json | undefined,
  steps: readonly PathStep[],
  at: number,
  edit: (value: Json | undefined) => Json,
): Json {
  if (at === steps.length) return edit(value);
  const step = steps[at]!;
  if (typeof step === 'string') {
    const copy = isObject(value) ? { ...value } : {};
    setOwn(copy, step, change(Object.hasOwn(copy, step) ? copy[step] : undefined, steps, at + 1, edit));
    return copy;
  }
  if (!Array.isArray(value)) return [];
  return value.map((element, i) =>
    step === EVERY || step === i ? change(element, steps, at + 1, edit) : element,
  );
}

function remove(value: Json, steps: readonly PathStep[], at: number): Json {
  const step = steps[at]!;
  const last = at === steps.length - 1;
  if (typeof step === 'string') {
    if (!isObject(value) || !Object.hasOwn(value, step)) return value;
    const copy = { ...value };
    if (last) delete copy[step];
    else setOwn(copy, step, remove(copy[step]!, steps, at + 1));
    return copy;
  }
  if (!Array.isArray(value)) return value;
  // An element is not removed by its index: doing it twice would remove another one.
  if (last) return step === EVERY ? [] : value;
  return value.map((element, i) => (step === EVERY || step === i ? remove(element, steps, at + 1) : element));
}

function setOwn(object: Payload, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}

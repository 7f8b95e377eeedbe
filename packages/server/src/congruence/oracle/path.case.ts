/**
 * Payload paths: reading, merging, removing and choosing what is at them (lib/segment/src/json_path).
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { isObject, type JsonObject } from './json.case.js';

/** A key, an array's index, or `'[]'` for all of an array's elements. */
export type Step = { key: string } | { index: number } | '[]';

/** Parses `a.b`, `"a key".b`, `l[]`, `l[2].c`. */
export function parsePath(text: string): Step[] {
  const steps: Step[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === '[') {
      const end = text.indexOf(']', at);
      const inner = text.slice(at + 1, end);
      steps.push(inner === '' ? '[]' : { index: Number(inner) });
      at = end + 1;
      continue;
    }
    if (text[at] === '.') at++;
    if (text[at] === '"') {
      const end = text.indexOf('"', at + 1);
      steps.push({ key: text.slice(at + 1, end) });
      at = end + 1;
      continue;
    }
    let end = at;
    while (end < text.length && text[end] !== '.' && text[end] !== '[') end++;
    steps.push({ key: text.slice(at, end) });
    at = end;
  }
  return steps;
}

export function sameStep(a: Step, b: Step): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** All values at a path; arrays at its end stay closed. */
export function valuesAt(value: Json, steps: readonly Step[]): Json[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [value];
  if (step === '[]') return Array.isArray(value) ? value.flatMap((element) => valuesAt(element, rest)) : [];
  if ('index' in step)
    return Array.isArray(value) && step.index < value.length ? valuesAt(value[step.index]!, rest) : [];
  return isObject(value) && Object.hasOwn(value, step.key) ? valuesAt(value[step.key]!, rest) : [];
}

/** Puts the keys of `patch` into `target`; a null takes its key away. */
function mergeInto(target: JsonObject, patch: JsonObject): void {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete target[key];
    else target[key] = structuredClone(value);
  }
}

/** A copy of `value` with `patch` merged into what is at the path; what is in its way is replaced. */
export function mergedAt(value: Json | undefined, steps: readonly Step[], patch: JsonObject): Json {
  const [step, ...rest] = steps;
  if (step === undefined) {
    const target = isObject(value) ? structuredClone(value) : {};
    mergeInto(target, patch);
    return target;
  }
  if (step === '[]')
    return Array.isArray(value) ? value.map((element) => mergedAt(element, rest, patch)) : [];
  if ('index' in step)
    return Array.isArray(value)
      ? value.map((element, i) => (i === step.index ? mergedAt(element, rest, patch) : element))
      : [];
  const target = isObject(value) ? structuredClone(value) : {};
  target[step.key] = mergedAt(target[step.key], rest, patch);
  return target;
}

/** A copy of `value` without what is at the path. An element of an array cannot be removed by its index. */
export function removedAt(value: Json, steps: readonly Step[]): Json {
  const [step, ...rest] = steps as [Step, ...Step[]];
  const last = rest.length === 0;
  if (step === '[]') {
    if (!Array.isArray(value)) return value;
    return last ? [] : value.map((element) => removedAt(element, rest));
  }
  if ('index' in step) {
    if (!Array.isArray(value) || last) return value;
    return value.map((element, i) => (i === step.index ? removedAt(element, rest) : element));
  }
  if (!isObject(value) || !Object.hasOwn(value, step.key)) return value;
  const copy = { ...value };
  if (last) delete copy[step.key];
  else copy[step.key] = removedAt(copy[step.key]!, rest);
  return copy;
}

/** A payload cut down to the places that `keep` says yes to; elements of arrays are at `[]`. */
function chosen(value: Json, at: readonly Step[], keep: (at: readonly Step[]) => boolean): Json {
  if (Array.isArray(value)) {
    const place: Step[] = [...at, '[]'];
    return value.filter(() => keep(place)).map((element) => chosen(element, place, keep));
  }
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const place: Step[] = [...at, { key }];
    if (keep(place)) result[key] = chosen(child, place, keep);
  }
  return result;
}

/** What `with_payload` returns of a payload; undefined for nothing at all. */
export function selectPayload(
  payload: JsonObject,
  selector: boolean | string[] | { include: string[] } | { exclude: string[] },
): JsonObject | undefined {
  if (selector === false) return undefined;
  if (selector === true) return payload;
  if (Array.isArray(selector)) return selectPayload(payload, { include: selector });
  if ('include' in selector) {
    const patterns = selector.include.map(parsePath);
    // One is the beginning of the other.
    const keep = (at: readonly Step[]) =>
      patterns.some((pattern) => at.every((step, i) => i >= pattern.length || sameStep(step, pattern[i]!)));
    return chosen(payload, [], keep) as JsonObject;
  }
  const patterns = selector.exclude.map(parsePath);
  const keep = (at: readonly Step[]) =>
    !patterns.some(
      (pattern) => pattern.length <= at.length && pattern.every((step, i) => sameStep(step, at[i]!)),
    );
  return chosen(payload, [], keep) as JsonObject;
}

/**
 * Which parts of a point are returned.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import { EVERY, isObject, type Path, type PathStep, parsePath } from '../filter/path.js';
import type { Payload, PayloadSelector, VectorSelector } from '../types/index.js';

/** Cuts a payload down to what was asked for; undefined when nothing was. */
export type PayloadCut = ((payload: Payload) => Payload) | undefined;

/**
 * Compiles a payload selector.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function payloadCut(selector: PayloadSelector | undefined | null, byDefault: boolean): PayloadCut {
  const wanted = selector ?? byDefault;
  if (wanted === false) return undefined;
  if (wanted === true) return (payload) => payload;
  const { include, exclude } = (Array.isArray(wanted) ? { include: wanted } : wanted) as {
    include?: string[];
    exclude?: string[];
  };
  if (!isPathList(include ?? exclude) || (include && exclude))
    throw new FletchError(
      'INVALID_ARGUMENT',
      'with_payload is true, false, a list of paths, {include: […]} or {exclude: […]}.',
    );
  if (include) {
    const paths = include.map(parsePath);
    return (payload) => keep(payload, [], (at) => paths.some((path) => overlaps(at, path.steps))) as Payload;
  }
  const paths = exclude!.map(parsePath);
  return (payload) => keep(payload, [], (at) => !paths.some((path) => startsWith(at, path))) as Payload;
}

/**
 * The names of the vectors to return, of those that the collection has.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function vectorNames(selector: VectorSelector | undefined | null, names: readonly string[]): string[] {
  if (selector === undefined || selector === null || selector === false) return [];
  if (selector === true) return [...names];
  if (!isPathList(selector))
    throw new FletchError('INVALID_ARGUMENT', 'with_vector is true, false or a list of vector names.');
  for (const name of selector)
    if (!names.includes(name))
      throw new FletchError('INVALID_ARGUMENT', `The collection has no vector named "${name}".`, {
        details: { vector: name, vectors: names },
      });
  return [...selector];
}

function isPathList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((path) => typeof path === 'string');
}

function keep(value: Json, at: PathStep[], wanted: (at: PathStep[]) => boolean): Json {
  if (Array.isArray(value)) {
    at.push(EVERY);
    const kept = wanted(at) ? value.map((element) => keep(element, at, wanted)) : [];
    at.pop();
    return kept;
  }
  if (!isObject(value)) return value;
  const entries: [string, Json][] = [];
  for (const key of Object.keys(value)) {
    at.push(key);
    if (wanted(at)) entries.push([key, keep(value[key]!, at, wanted)]);
    at.pop();
  }
  return Object.fromEntries(entries);
}

/** Whether one path is the beginning of the other. */
function overlaps(a: readonly PathStep[], b: readonly PathStep[]): boolean {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function startsWith(at: readonly PathStep[], path: Path): boolean {
  return path.steps.length <= at.length && overlaps(at, path.steps);
}

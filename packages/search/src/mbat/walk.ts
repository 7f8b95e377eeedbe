/**
 * The leaves of a JSON document, and the paths to them.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';

/** How arrays are read: as sets, or as sequences from their beginning or from their end. */
export type ArrayMode = 'bag' | 'sequence' | 'sequence-from-end';

/** A value that holds no other. Empty objects and arrays are leaves, too. */
export interface JsonLeaf {
  /** e.g. `maintainer.host`, `depends[].name`; '' for a document that is a leaf itself. */
  readonly path: string;
  readonly value: Json;
}

/** Deepest nesting of a document. */
export const MAX_DEPTH = 256;
const LONE_SURROGATE = /\p{Surrogate}/u;
const PLAIN = /^[^.[\]"]+$/;

/** The path of a member. */
export function memberPath(path: string, key: string): string {
  const name = PLAIN.test(key) ? key : JSON.stringify(key);
  return path === '' ? name : `${path}.${name}`;
}

/** The path of the elements of an array. */
export function elementPath(path: string): string {
  return `${path}[]`;
}

/** One step of a path: a key, or an element of an array; without a number any element. */
export type Step = { readonly key: string } | { readonly element: number | undefined };

const STEP = /\.?("(?:[^"\\]|\\.)*"|[^.[\]"]+)|\[(\d*)\]/y;

/**
 * The steps of a path as {@link memberPath} and {@link elementPath} write it, or with a place: `list[2]`.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const at = STEP.lastIndex;
    const match = STEP.exec(path);
    if (!match)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `"${path}" is not a path into a document (see character ${at + 1}).`,
      );
    const [, name, place] = match;
    if (name !== undefined) steps.push({ key: name.startsWith('"') ? (JSON.parse(name) as string) : name });
    else steps.push({ element: place ? Number(place) : undefined });
  }
  return steps;
}

/** What kind of JSON value something is. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/**
 * The kind of a value that is to be JSON.
 *
 * @throws FletchError `NON_FINITE` for NaN and infinite numbers, `INVALID_ARGUMENT` for what JSON does not have: undefined,
 *   functions, symbols, big integers, dates, lone surrogates
 */
export function kindOf(value: unknown, path: string): JsonKind {
  switch (typeof value) {
    case 'string':
      if (LONE_SURROGATE.test(value))
        throw new FletchError('INVALID_ARGUMENT', `${at(path)} is half of a surrogate pair: not a text.`, {
          details: { path },
        });
      return 'string';
    case 'number':
      if (!Number.isFinite(value))
        throw new FletchError('NON_FINITE', `${at(path)} is ${value}, which JSON does not have.`, {
          details: { path },
        });
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'array';
      const prototype = Object.getPrototypeOf(value) as unknown;
      if (prototype === null || Object.getPrototypeOf(prototype) === null) return 'object';
      break;
    }
  }
  const name = typeof value === 'object' ? (value?.constructor?.name ?? 'object') : typeof value;
  throw new FletchError('INVALID_ARGUMENT', `${at(path)} is of type ${name}, which JSON does not have.`, {
    details: { path },
  });
}

const at = (path: string) => (path === '' ? 'The document' : `"${path}"`);

/** An object's own members, also one that is named `__proto__`; `undefined` ones are left out, as JSON does. */
export function membersOf(object: object): [string, unknown][] {
  return Object.entries(object).filter(([, value]) => value !== undefined);
}

/** The members of a map as what it is read for: `{ key, value }` each. */
export function entriesOf(map: object): { readonly key: string; readonly value: unknown }[] {
  return membersOf(map).map(([key, value]) => ({ key, value }));
}

/**
 * The leaves of a document.
 *
 * @param maps - paths of objects whose keys are ids
 * @throws FletchError as {@link kindOf}; `INVALID_ARGUMENT` for nesting deeper than {@link MAX_DEPTH}, or without end
 */
export function* leavesOf(
  value: unknown,
  maps: ReadonlySet<string> = new Set(),
  path = '',
  depth = 0,
): Generator<JsonLeaf> {
  checkDepth(depth, path);
  const kind = kindOf(value, path);
  const isMap = kind === 'object' && maps.has(path);
  const elements = isMap ? entriesOf(value as object) : kind === 'array' ? (value as unknown[]) : [];
  const members = kind === 'object' && !isMap ? membersOf(value as object) : [];
  for (const element of elements) yield* leavesOf(element, maps, elementPath(path), depth + 1);
  for (const [key, member] of members) yield* leavesOf(member, maps, memberPath(path, key), depth + 1);
  if (elements.length === 0 && members.length === 0) yield { path, value: value as Json };
}

/** @throws FletchError `INVALID_ARGUMENT` */
export function checkDepth(depth: number, path: string): void {
  if (depth > MAX_DEPTH)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The document is nested more than ${MAX_DEPTH} levels deep, or contains itself, at "${path.length > 80 ? `${path.slice(0, 80)}…` : path}".`,
    );
}

/**
 * Paths into payloads: `a.b`, `list[]`, `list[2]`, `list[].c`, `"a key with dots".b`.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import type { Payload } from '../types/index.js';

/** One step: a key of an object, an index of an array, or every element of an array. */
export type PathStep = string | number | typeof EVERY;

/** The step `[]`. */
export const EVERY = Symbol('every element');

/** A parsed path. */
export interface Path {
  /** The shortest way to write it; equal texts are equal paths. */
  readonly text: string;
  readonly steps: readonly PathStep[];
}

const STEP = /\.?(?:"([^"\\]*)"|([^.[\]"]+))|\[(\d*)\]/y;

/** Paths are few, and are written again and again. */
const known = new Map<string, Path>();
const MOST_KNOWN = 1024;
/** Keys that need no quotes. */
const PLAIN = /^[^.[\]"]+$/;

/**
 * Parses a path.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function parsePath(text: string): Path {
  let path = known.get(text);
  if (!path) {
    path = parse(text);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, path);
  }
  return path;
}

function parse(text: string): Path {
  const steps: PathStep[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const start = STEP.lastIndex;
    const match = STEP.exec(text);
    const dotted = text[start] === '.';
    if (!match || (steps.length === 0 ? dotted || match[3] !== undefined : match[3] === undefined && !dotted))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `"${text}" is not a payload path (see character ${start + 1}).`,
        {
          details: { path: text },
        },
      );
    if (match[3] === undefined) steps.push((match[1] ?? match[2])!);
    else steps.push(match[3] === '' ? EVERY : Number(match[3]));
  }
  if (steps.length === 0) throw new FletchError('INVALID_ARGUMENT', 'A payload path is empty.');
  return pathOf(steps);
}

/** The path of steps, the first of which is a key. */
export function pathOf(steps: readonly PathStep[]): Path {
  const text = steps.map((step, i) => {
    if (step === EVERY) return '[]';
    if (typeof step === 'number') return `[${step}]`;
    const key = PLAIN.test(step) ? step : `"${step}"`;
    return i === 0 ? key : `.${key}`;
  });
  return { text: text.join(''), steps };
}

/** `a.b` → `a.b[]`; a path that ends so already stays as it is. */
export function everyElementOf(path: Path): Path {
  return path.steps.at(-1) === EVERY ? path : pathOf([...path.steps, EVERY]);
}

/** All values at `path`; none when it leads nowhere. Arrays at its end are not opened. */
export function valuesAt(payload: Payload, path: Path): Json[] {
  const first = path.steps[0] as string;
  if (path.steps.length === 1) return Object.hasOwn(payload, first) ? [payload[first]!] : [];
  const found: Json[] = [];
  collect(payload, path.steps, 0, found);
  return found;
}

function collect(value: Json | undefined, steps: readonly PathStep[], at: number, found: Json[]): void {
  if (value === undefined) return;
  if (at === steps.length) {
    found.push(value);
    return;
  }
  const step = steps[at]!;
  if (typeof step === 'string') {
    if (isObject(value) && Object.hasOwn(value, step)) collect(value[step], steps, at + 1, found);
  } else if (Array.isArray(value)) {
    if (step === EVERY) for (const element of value) collect(element, steps, at + 1, found);
    else collect(value[step as number], steps, at + 1, found);
  }
}

/** Whether a JSON value is an object. */
export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

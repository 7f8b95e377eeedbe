/**
 * Variables of formulas: scores of prefetches and values of payloads, with their defaults.
 *
 * @module
 */
import { isFletchError, type Json } from '@fletch/base';
import { type Path, parsePath } from '../../filter/path.js';
import type { Payload } from '../../types/index.js';
import { readObject, refuse, shown } from '../refuse.js';
import { type FormulaPoint, typeError } from './point.js';

const SCORE = /^\$score(?:\[(\d+)\])?$/;

/** A variable by its name. */
export type Variable = { readonly prefetch: number } | { readonly path: Path };

/** Reads a variable's name: `$score`, `$score[1]`, or a payload path. */
export function readVariable(input: string, at: string): Variable {
  if (input.startsWith('$')) {
    const match = SCORE.exec(input);
    if (!match) throw refuse(at, `failed to parse variable ID ${input}: Invalid reserved variable: ${input}`);
    return { prefetch: Number(match[1] ?? 0) };
  }
  return { path: readPath(input, at) };
}

/** Reads a payload path. */
export function readPath(input: unknown, at: string): Path {
  if (typeof input !== 'string') throw refuse(at, `expected a payload path, got ${shown(input)}.`);
  try {
    return parsePath(input);
  } catch (error) {
    if (!isFletchError(error)) throw error;
    throw refuse(at, `failed to parse variable ID ${input}: ${error.message}`);
  }
}

/** Values that stand in for what a point lacks. */
export class Defaults {
  readonly #scores = new Map<number, number>();
  readonly #values = new Map<string, Json>();

  /** Reads `defaults`, by the names of variables. */
  constructor(input: Payload | null | undefined | unknown, at: string) {
    if (input === undefined || input === null) return;
    for (const [name, value] of Object.entries(readObject(input, at))) {
      const variable = readVariable(name, `${at}.${name}`);
      if ('path' in variable) this.#values.set(variable.path.text, value as Json);
      else if (typeof value === 'number') this.#scores.set(variable.prefetch, value);
    }
  }

  score(point: FormulaPoint, prefetch: number): number {
    return point.score(prefetch) ?? this.#scores.get(prefetch) ?? 0;
  }

  /**
   * The value at a path, made into what the formula expects.
   *
   * @param expected - how messages call that
   */
  value<T>(
    point: FormulaPoint,
    path: Path,
    expected: string,
    read: (value: Json) => T | undefined,
    otherwise: string,
  ): T {
    const own = point.value(path);
    const found = own === undefined ? this.#values.get(path.text) : own;
    if (found === undefined) throw typeError(path.text, expected, 'No value found in a payload nor defaults');
    const value = read(found);
    if (value === undefined) throw typeError(path.text, expected, otherwise);
    return value;
  }
}

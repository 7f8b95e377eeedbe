/**
 * Checks of configuration values, worded alike.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** What a value may be. `most` defaults to no limit. */
export type Rule =
  | { readonly kind: 'integer' | 'number'; readonly least: number; readonly most?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly of: readonly (string | number)[] };

export const integer = (least: number, most = Number.MAX_SAFE_INTEGER): Rule => ({
  kind: 'integer',
  least,
  most,
});
export const number = (least: number, most = Number.MAX_VALUE): Rule => ({ kind: 'number', least, most });
export const boolean: Rule = { kind: 'boolean' };
export const choice = (...of: (string | number)[]): Rule => ({ kind: 'choice', of });

/** Whether something is an object with named fields. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of an own field, whatever it is called. */
export function ownOf<T>(map: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** An object, or undefined when it is absent or null. Throws `INVALID_ARGUMENT`. */
export function optionalObject(value: unknown, at: string): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw invalid(`${at}: expected an object, got ${shown(value)}.`);
  return value;
}

/**
 * The fields of `value` that the rules name and that are neither absent nor null; others are left out.
 *
 * @throws FletchError `INVALID_ARGUMENT` naming the field
 */
export function readFields<T extends object>(
  value: unknown,
  rules: Readonly<Record<keyof T & string, Rule>>,
  at: string,
): Partial<T> {
  const given = optionalObject(value, at || 'config') ?? {};
  const read: Record<string, unknown> = {};
  for (const [key, rule] of Object.entries<Rule>(rules)) {
    const field = Object.hasOwn(given, key) ? given[key] : undefined;
    if (field === undefined || field === null) continue;
    check(field, rule, at === '' ? key : `${at}.${key}`);
    read[key] = field;
  }
  return read as Partial<T>;
}

/** Throws `INVALID_ARGUMENT` unless the value is as the rule says. */
export function check(value: unknown, rule: Rule, at: string): void {
  if (rule.kind === 'boolean') {
    if (typeof value !== 'boolean') throw invalid(`${at}: expected true or false, got ${shown(value)}.`);
  } else if (rule.kind === 'choice') {
    if (!rule.of.includes(value as string | number))
      throw invalid(`${at}: expected one of ${rule.of.join(', ')}, got ${shown(value)}.`);
  } else {
    const { kind, least, most = Number.MAX_VALUE } = rule;
    const fits = kind === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (!fits || (value as number) < least || (value as number) > most)
      throw invalid(`${at}: expected ${describe(kind, least, most)}, got ${shown(value)}.`);
  }
}

function describe(kind: 'integer' | 'number', least: number, most: number): string {
  const noun = kind === 'integer' ? 'an integer' : 'a number';
  return most >= Number.MAX_SAFE_INTEGER
    ? `${noun} of at least ${least}`
    : `${noun} from ${least} to ${most}`;
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}

export function invalid(message: string, details: Readonly<Record<string, unknown>> = {}): FletchError {
  return new FletchError('INVALID_ARGUMENT', message, { details });
}

/**
 * What people choose in the side panel, as a filter of the query language.
 *
 * @module
 */
import type { Condition, Filter } from '@fletch/search';

/** A value of a keyword, boolean or integer field. */
export type ChoiceValue = string | number | boolean;

/** Bounds of a number field, both inclusive; null where open. */
export interface Range {
  readonly min: number | null;
  readonly max: number | null;
}

/** The chosen filters by field: any of the values, or a range. Treated as immutable. */
export interface Chosen {
  readonly any: Readonly<Record<string, readonly ChoiceValue[]>>;
  readonly ranges: Readonly<Record<string, Range>>;
}

export const NOTHING_CHOSEN: Chosen = { any: {}, ranges: {} };

export const isEmpty = (chosen: Chosen): boolean =>
  Object.keys(chosen.any).length === 0 && Object.keys(chosen.ranges).length === 0;

function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

/** Adds the value, or takes it away when it is there. */
export function toggle(chosen: Chosen, key: string, value: ChoiceValue): Chosen {
  const before = chosen.any[key] ?? [];
  const after = before.includes(value) ? before.filter((other) => other !== value) : [...before, value];
  const rest = without(chosen.any, key);
  return { ...chosen, any: after.length > 0 ? { ...rest, [key]: after } : rest };
}

export function setRange(chosen: Chosen, key: string, range: Range): Chosen {
  const rest = without(chosen.ranges, key);
  const open = range.min === null && range.max === null;
  return { ...chosen, ranges: open ? rest : { ...rest, [key]: range } };
}

/** Takes everything chosen for `key` away. */
export function clearField(chosen: Chosen, key: string): Chosen {
  return { any: without(chosen.any, key), ranges: without(chosen.ranges, key) };
}

/** Booleans have no `any` form in the dialect: they are joined as alternatives. */
function anyOf(key: string, values: readonly ChoiceValue[]): Condition {
  if (values.length === 1) return { key, match: { value: values[0]! } };
  if (values.some((value) => typeof value === 'boolean')) {
    return { should: values.map((value) => ({ key, match: { value } })) };
  }
  return { key, match: { any: values as (string | number)[] } };
}

/** The filter of the dialect, or undefined when nothing is chosen. */
export function toFilter(chosen: Chosen): Filter | undefined {
  const must: Condition[] = Object.entries(chosen.any).map(([key, values]) => anyOf(key, values));
  for (const [key, { min, max }] of Object.entries(chosen.ranges)) {
    must.push({
      key,
      range: { ...(min === null ? {} : { gte: min }), ...(max === null ? {} : { lte: max }) },
    });
  }
  return must.length > 0 ? { must } : undefined;
}

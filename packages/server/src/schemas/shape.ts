/**
 * Tools for schemas that zod alone would make slow or hard to read in errors.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import { z } from '@hono/zod-openapi';

/**
 * How a {@link wire} schema refuses: what is wrong, where below the value, and whether the shape is right and only a
 * value is not allowed.
 */
export type Refuse = (message: string, path?: PropertyKey[], ofValue?: boolean) => void;

/**
 * A schema that is a plain function: it returns what it read, or refuses. For big arrays, where one loop is a
 * hundred times faster than a schema per element.
 */
export function wire<T>(read: (value: unknown, refuse: Refuse) => T | undefined) {
  return z.unknown().transform((value, context): T => {
    let refused = false;
    const result = read(value, (message, path = [], ofValue) => {
      refused = true;
      context.issues.push({ code: 'custom', message, path, input: value, params: { ofValue } });
    });
    return refused ? z.NEVER : (result as T);
  });
}

/**
 * A union whose branch is chosen by looking at the value, so that an error speaks of the branch that was meant.
 * `choose` returns the branch, or what was expected instead.
 */
export function branch<T>(choose: (value: unknown) => z.ZodType<T> | string) {
  return z.unknown().transform((value, context): T => {
    const chosen = choose(value);
    if (typeof chosen === 'string') {
      context.issues.push({ code: 'custom', message: chosen, input: value });
      return z.NEVER;
    }
    const checked = chosen.safeParse(value);
    if (checked.success) return checked.data;
    for (const issue of checked.error.issues)
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

/**
 * A schema that is a check of the library: `check` returns what it read, or throws a `FletchError` whose details name
 * the place (`at`), what is wrong there (`what`) and whether the value is well-formed all the same (`ofValue`).
 */
export function checked<T>(check: (value: unknown, at: string) => T) {
  return z.unknown().transform((value, context): T => {
    try {
      return check(value, '');
    } catch (error) {
      if (!isFletchError(error)) throw error;
      const { at, what, ofValue } = error.details as { at: string; what: string; ofValue: boolean };
      const path = at === '' ? [] : [at.replace(/^\./, '')];
      context.issues.push({ code: 'custom', message: what, path, params: { ofValue }, input: value });
      return z.NEVER;
    }
  });
}

/** A schema of an answer's part: its type for the compiler, its page for the document; nothing is checked. */
export function shown<T>(page: Readonly<Record<string, unknown>>): z.ZodType<T, T> {
  return z.any().openapi({ ...page }) as unknown as z.ZodType<T, T>;
}

/** A reference to a named schema, for unions that are documented by hand. */
export function ref(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

type Droppable<T> = { [K in keyof T]-?: undefined extends T[K] ? K : null extends T[K] ? K : never }[keyof T];

/** `T` where every field that may be null or undefined is absent or has a value. */
export type Present<T> = { [K in Exclude<keyof T, Droppable<T>>]: T[K] } & {
  [K in Droppable<T>]?: NonNullable<T[K]>;
};

/** A copy without the fields that are null or undefined: both mean "not given" on the wire. */
export function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item != null)) as Present<T>;
}

/** Whether `value` is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a value is, in the words of JSON. */
export function kind(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * Wording of what a schema refused, with the place in the JSON.
 *
 * @module
 */
import type { z } from '@hono/zod-openapi';
import { HttpError } from './errors.js';

const SHOWN = 5;

/** A path as one reads it in code: `points[3].vector[7]`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path)
    text += typeof part === 'number' ? `[${part}]` : text === '' ? String(part) : `.${String(part)}`;
  return text;
}

/**
 * The answer to a refused input, with Qdrant's words and status: 422 when only values are out of bounds, 400 when
 * the shape is wrong.
 *
 * @param place - `JSON body`, `query parameters` or `path parameters`
 * @param input - what was refused, to be quoted
 */
function refusal(place: string, error: z.ZodError, input: unknown): HttpError {
  const bounds = error.issues.every((issue) => isBound(issue, valueAt(input, issue.path)));
  const lines = error.issues.slice(0, SHOWN).map((issue) => {
    const path = pathText(issue.path);
    const words =
      bounds && issue.code !== 'custom'
        ? `${quote(valueAt(input, issue.path))}${describe(issue)}`
        : describe(issue);
    return path === '' ? words : `${path}: ${words}`;
  });
  if (error.issues.length > SHOWN) lines.push(`and ${error.issues.length - SHOWN} more`);
  return bounds
    ? new HttpError(422, `Validation error in ${place}: [${lines.join('; ')}]`)
    : new HttpError(
        400,
        `${place === 'JSON body' ? 'Format' : 'Deserialize'} error in ${place}: ${lines.join('; ')}`,
      );
}

/** What a schema makes of a part of the request. Throws {@link refusal}'s error. */
export function check<S extends z.ZodType>(place: string, schema: S, value: unknown): z.output<S> {
  const checked = schema.safeParse(value);
  if (!checked.success) throw refusal(place, checked.error, value);
  return checked.data;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
}

/** Whether only the value is out of its bounds. A negative number of things is of the wrong type, as in Qdrant. */
function isBound(issue: z.core.$ZodIssue, value: unknown): boolean {
  if (issue.code === 'custom') return issue.params?.ofValue === true;
  if (issue.code === 'too_big') return true;
  if (issue.code !== 'too_small') return false;
  return !(typeof value === 'number' && value < 0 && Number(issue.minimum) >= 1);
}

/** A refused number, as Qdrant quotes it. */
function quote(value: unknown): string {
  return typeof value === 'number' ? `value ${value} invalid, ` : '';
}

function describe(issue: z.core.$ZodIssue): string {
  const unit = 'origin' in issue && issue.origin === 'string' ? ' characters' : '';
  switch (issue.code) {
    case 'too_small':
      return `must be ${issue.minimum}${unit} or larger`;
    case 'too_big':
      return `must be ${issue.maximum}${unit} or smaller`;
    case 'unrecognized_keys':
      return `unknown field ${issue.keys.map((key) => `\`${key}\``).join(', ')}`;
    default:
      return issue.message
        .replace(/^Invalid (input|option): /, '')
        .replace(/, received undefined$/, ', but it is missing');
  }
}

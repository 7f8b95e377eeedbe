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
 */
export function refusal(place: string, error: z.ZodError): HttpError {
  const bounds = error.issues.every(isOfValue);
  const lines = error.issues.slice(0, SHOWN).map((issue) => {
    const path = pathText(issue.path);
    return path === '' ? describe(issue) : `${path}: ${describe(issue)}`;
  });
  if (error.issues.length > SHOWN) lines.push(`and ${error.issues.length - SHOWN} more`);
  return bounds
    ? new HttpError(422, `Validation error in ${place}: [${lines.join('; ')}]`)
    : new HttpError(400, `Format error in ${place}: ${lines.join('; ')}`);
}

/** Whether the shape is right and only a value is not allowed. */
function isOfValue(issue: z.core.$ZodIssue): boolean {
  return (
    issue.code === 'too_small' ||
    issue.code === 'too_big' ||
    (issue.code === 'custom' && issue.params?.ofValue === true)
  );
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

/**
 * Reading JSON text.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';

/** What to do when an object names a key twice: keep the last, as JSON.parse does, or refuse. */
export type DuplicateKeys = 'last' | 'refuse';

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/**
 * Parses JSON.
 *
 * @throws FletchError `INVALID_ARGUMENT` saying where the text is no JSON, or which key comes twice
 */
export function parseJson(text: string, duplicateKeys: DuplicateKeys = 'last'): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw new FletchError('INVALID_ARGUMENT', `This is not JSON: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  if (duplicateKeys === 'refuse') refuseDuplicates(text);
  return value;
}

/** Looks through text that is known to be JSON. */
function refuseDuplicates(text: string): void {
  /** Keys of the objects around; undefined for an array. */
  const around: (Set<string> | undefined)[] = [];
  let last = '';
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '{') around.push(new Set());
    else if (token === '[') around.push(undefined);
    else if (token === '}' || token === ']') around.pop();
    else if (token === ':') {
      const key = JSON.parse(last) as string;
      const keys = around.at(-1)!;
      if (keys.has(key))
        throw new FletchError(
          'INVALID_ARGUMENT',
          `The key ${last} comes twice in one object, the second time before position ${index}.`,
          { details: { key, position: index } },
        );
      keys.add(key);
    }
    last = token;
  }
}

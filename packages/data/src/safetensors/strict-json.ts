/**
 * JSON of which nothing is left to interpretation: every key once, every number whole and plain.
 *
 * @module
 */

/** What is wrong with a text. */
export type StrictJsonFault = 'UTF8' | 'JSON' | 'PLAIN' | 'DUPLICATE_KEY';

/** Levels of nesting. */
const MAX_DEPTH = 8;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The value of `bytes`. Numbers may have digits only: no sign, fraction or exponent.
 *
 * @param refuse - makes the error that is thrown
 */
export function parseStrictJson(
  bytes: Uint8Array,
  refuse: (fault: StrictJsonFault, what: string, cause?: unknown) => Error,
): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw refuse('UTF8', 'it is no UTF-8', cause);
  }
  const colons = look(bytes, refuse);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse('JSON', `it is no JSON: ${(cause as Error).message.slice(0, 120)}`, cause);
  }
  // The engine keeps the last of two values with one key: then there are fewer keys than colons.
  if (countKeys(value) !== colons) throw refuse('DUPLICATE_KEY', 'a key stands twice in one object');
  return value;
}

const Quote = 0x22;
const Backslash = 0x5c;

/** What may stand outside of strings: 1 digits, commas, spaces; 2 opens; 3 closes; 4 a colon. */
const classes = new Uint8Array(256);
for (const character of '0123456789, \t\r\n') classes[character.charCodeAt(0)] = 1;
for (const character of '{[') classes[character.charCodeAt(0)] = 2;
for (const character of '}]') classes[character.charCodeAt(0)] = 3;
classes[0x3a] = 4;

/** Looks at all that is outside of strings, and counts the colons. */
function look(bytes: Uint8Array, refuse: (fault: StrictJsonFault, what: string) => Error): number {
  let colons = 0;
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === Quote) {
      for (at++; at < bytes.length && bytes[at] !== Quote; at++) if (bytes[at] === Backslash) at++;
      continue;
    }
    const what = classes[byte]!;
    if (what === 4) colons++;
    else if (what === 3) depth--;
    else if (what === 2 && ++depth > MAX_DEPTH)
      throw refuse('JSON', `it is nested deeper than ${MAX_DEPTH} levels`);
    else if (what === 0)
      throw refuse(
        'PLAIN',
        `byte ${at} is ${JSON.stringify(String.fromCharCode(byte))}: numbers have digits only, and true, false and null have no place`,
      );
  }
  return colons;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) {
    let count = 0;
    for (const part of value) if (typeof part === 'object') count += countKeys(part);
    return count;
  }
  let count = 0;
  for (const key of Object.keys(value)) count += 1 + countKeys((value as Record<string, unknown>)[key]);
  return count;
}

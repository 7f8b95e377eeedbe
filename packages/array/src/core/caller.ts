/**
 * Finds the line outside this library that called it.
 *
 * @module
 */

const own = import.meta.url.replace(/core\/caller\.[jt]s$/, '').replace(/^file:\/\//, '');

/** `file.ts:12:3` of the innermost stack frame outside the library, or `undefined` when there is none. */
export function callerLine(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = limit;
  for (const frame of stack.split('\n').slice(1)) {
    const place = /\(?((?:file:\/\/)?[^\s()]+:\d+:\d+)\)?$/.exec(frame)?.[1]?.replace(/^file:\/\//, '');
    if (place === undefined || place.startsWith('node:')) continue;
    if (place.startsWith(own) && !/\.test\.[jt]s:/.test(place)) continue;
    return place;
  }
  return undefined;
}

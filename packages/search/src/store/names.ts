/**
 * Names of collections and of vectors.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** Characters that Qdrant refuses, and control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[<>:"/\\|?*\u0000-\u001f\u007f]/;

/**
 * Checks the name of a new collection: 1 to 255 characters, none of `<>:"/\|?*` and no control character.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name.length === 0 || name.length > 255)
    throw new FletchError('INVALID_ARGUMENT', 'The name of a collection is a string of 1 to 255 characters.');
  if (FORBIDDEN.test(name))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A collection cannot be called ${JSON.stringify(name)}: none of < > : " / \\ | ? * or a control character may be in it.`,
    );
}

/**
 * Checks the name of a new vector: at most 200 bytes, and the characters of {@link checkName}; `''` is the unnamed one.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function checkVectorName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || Buffer.byteLength(name) > 200)
    throw new FletchError('INVALID_ARGUMENT', 'The name of a vector is a string of at most 200 bytes.');
  if (FORBIDDEN.test(name))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A vector cannot be called ${JSON.stringify(name)}: none of < > : " / \\ | ? * or a control character may be in it.`,
    );
}

/**
 * Ids made from content, so that the same document has the same id in every run.
 *
 * @module
 */
import { createHash } from 'node:crypto';

/**
 * A UUID (version 8, RFC 9562) from the SHA-256 of `parts`. Equal parts give equal ids; parts are kept apart, so
 * `['ab', 'c']` and `['a', 'bc']` differ.
 */
export function contentId(...parts: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

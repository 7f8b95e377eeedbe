/**
 * From what a source calls its rows to ids of points.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { FletchError } from '@fletch/base';
import type { SourceId } from './types.js';

/** Payload field of the original id, where a point could not keep it. */
export const originalIdField = '_source_id';

/** Namespace of the UUIDs (version 5) that stand for other strings. */
export const idNamespace = '6f1b1a3e-3c55-5f0e-9a51-6c0f6a2c7d11';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DIGITS = /^(0|[1-9][0-9]{0,15})$/;

/** Longest id in characters: longer ones are content that was taken for an id. */
const LONGEST = 4096;

export interface NamedPoint {
  readonly id: number | string;
  /** The source's own id when the point could not keep it. */
  readonly original?: string;
}

/**
 * The point's id: unsigned integers (also as digits) up to 2^53 − 1 and UUIDs stay, anything else becomes the same UUID
 * every time.
 *
 * @throws FletchError `INVALID_INPUT_FILE` for an empty id, one over 4096 characters, or a fraction
 */
export function toPointId(id: SourceId, at: string): NamedPoint {
  if (typeof id === 'number' && !Number.isInteger(id))
    throw new FletchError('INVALID_INPUT_FILE', `${at}: the id ${id} is no whole number.`);
  const text = typeof id === 'string' ? id : String(id);
  if (DIGITS.test(text) && Number.isSafeInteger(Number(text))) return { id: Number(text) };
  if (UUID.test(text)) return { id: text.toLowerCase() };
  if (text === '' || text.length > LONGEST)
    throw new FletchError(
      'INVALID_INPUT_FILE',
      text === ''
        ? `${at}: the id is empty.`
        : `${at}: the id has ${text.length} characters, more than ${LONGEST}.`,
    );
  return { id: uuidOf(text), original: text };
}

/** UUID of version 5 (RFC 9562, SHA-1 of namespace and name). */
export function uuidOf(name: string, namespace = idNamespace): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

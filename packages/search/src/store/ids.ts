/**
 * Ids of points: unsigned safe integers and UUIDs, their order and their bytes.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { PointId } from '../types/index.js';

const HYPHENATED = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SIMPLE = /^[0-9a-f]{32}$/;

/** The canonical form of a UUID in any of its written forms, or undefined when it is none. */
export function parseUuid(text: string): string | undefined {
  let plain = text.toLowerCase();
  if (plain.startsWith('urn:uuid:')) plain = plain.slice(9);
  else if (plain.startsWith('{') && plain.endsWith('}')) plain = plain.slice(1, -1);
  if (HYPHENATED.test(plain)) return plain;
  return SIMPLE.test(plain) ? withHyphens(plain) : undefined;
}

/** Whether `value` is a well-formed id. */
export function isPointId(value: unknown): value is PointId {
  return typeof value === 'number'
    ? Number.isSafeInteger(value) && value >= 0
    : typeof value === 'string' && parseUuid(value) !== undefined;
}

/**
 * Checks an id and gives its canonical form.
 *
 * @param at - where it stood, for the message: `points[3].id`
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function parseId(value: unknown, at = 'id'): PointId {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value === 0 ? 0 : value;
  const uuid = typeof value === 'string' ? parseUuid(value) : undefined;
  if (uuid !== undefined) return uuid;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `${at}: ${shown(value)} is not a point id. Use an unsigned integer up to ${Number.MAX_SAFE_INTEGER} or a UUID.`,
    { details: { at } },
  );
}

/** Integers in ascending order, then UUIDs. */
export function compareIds(a: PointId, b: PointId): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  if (typeof b === 'number') return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Bytes whose order is that of {@link compareIds}. */
export function encodeId(id: PointId): Buffer {
  if (typeof id === 'number') {
    const bytes = Buffer.allocUnsafe(9);
    bytes[0] = 1;
    bytes.writeUInt32BE(Math.floor(id / 2 ** 32), 1);
    bytes.writeUInt32BE(id >>> 0, 5);
    return bytes;
  }
  const bytes = Buffer.allocUnsafe(17);
  bytes[0] = 2;
  bytes.write(id.replaceAll('-', ''), 1, 'hex');
  return bytes;
}

/** The inverse of {@link encodeId}. */
export function decodeId(bytes: Buffer): PointId {
  if (bytes[0] === 1) return bytes.readUInt32BE(1) * 2 ** 32 + bytes.readUInt32BE(5);
  return withHyphens(bytes.toString('hex', 1, 17));
}

function withHyphens(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return typeof value === 'number' || value === null || value === undefined
    ? String(value)
    : `a value of type ${Array.isArray(value) ? 'array' : typeof value}`;
}

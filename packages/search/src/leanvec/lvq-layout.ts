/**
 * How codes lie in memory: a record per vector of the range's lower end and step (16 bits each, little endian), then the
 * codes, padded to {@link RECORD_ALIGNMENT} bytes. Of two codes of 4 bits the first has the low half of the byte.
 *
 * @module
 */

/** Bytes before the codes: lower end and step. */
export const RECORD_HEAD = 4;
/** Records are a multiple of as many bytes. */
export const RECORD_ALIGNMENT = 32;

/** The largest code of so many bits. */
export const levelsOf = (bits: number): number => 2 ** bits - 1;

/** Bytes rounded up to whole records. */
export const padded = (bytes: number): number => Math.ceil(bytes / RECORD_ALIGNMENT) * RECORD_ALIGNMENT;

/** Code j of the codes that begin at `start`. */
export function codeAt(bytes: Uint8Array, start: number, bits: number, j: number): number {
  if (bits === 8) return bytes[start + j]!;
  const byte = bytes[start + (j >>> 1)]!;
  return (j & 1) === 0 ? byte & 15 : byte >>> 4;
}

/** Writes code j where zeros are. */
export function putCode(bytes: Uint8Array, start: number, bits: number, j: number, code: number): void {
  if (bits === 8) bytes[start + j] = code;
  else bytes[start + (j >>> 1)]! |= (j & 1) === 0 ? code : code << 4;
}

/**
 * From records (a line, a row of a table) to the vectors, ids and payloads of a batch.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { invalidFile } from './bytes.js';
import type { SourceId, SourcePayload } from './types.js';

/** Fields that are taken for the vector when none was named. */
export const vectorFields: readonly string[] = ['vector', 'embedding', 'embeddings', 'vec', 'emb'];

/** Fields that are taken for the id when none was named. */
export const idFields: readonly string[] = ['id', '_id'];

/** The first of `candidates` that is there; `asked` must be there. Throws `INVALID_INPUT_FILE` with those that are. */
export function chooseField(
  file: string,
  role: string,
  there: readonly string[],
  asked: string | undefined,
  candidates: readonly string[],
): string | undefined {
  if (asked === undefined) return candidates.find((name) => there.includes(name));
  if (there.includes(asked)) return asked;
  throw invalidFile(file, `there is no ${role} "${asked}". Fields: ${there.join(', ') || 'none'}.`, {
    fields: there,
  });
}

/** Checks an id of a record. */
export function sourceId(value: unknown, file: string, at: string): SourceId {
  if (typeof value === 'string' || typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
  throw invalidFile(
    file,
    `${at}: the id ${shown} is neither a whole number that JSON holds exactly nor a string.`,
  );
}

/**
 * What is left of a record: all fields but the vector and the id; a field `payload` that is alone is the payload
 * itself.
 */
export function payloadOf(
  record: Readonly<Record<string, Json>>,
  taken: readonly string[],
): SourcePayload | undefined {
  const rest = Object.entries(record).filter(([name]) => !taken.includes(name));
  if (rest.length === 0) return undefined;
  const [name, value] = rest[0]!;
  if (rest.length === 1 && name === 'payload') {
    if (value === null) return undefined;
    if (typeof value === 'object' && !Array.isArray(value)) return value;
  }
  return Object.fromEntries(rest);
}

/** Copies one vector of a record into its place. Throws `INVALID_INPUT_FILE`. */
export function copyVector(
  values: ArrayLike<unknown> | undefined | null,
  into: Float32Array,
  at: number,
  dimension: number,
  file: string,
  place: string,
): void {
  if (
    values === undefined ||
    values === null ||
    typeof values !== 'object' ||
    typeof values.length !== 'number'
  )
    throw invalidFile(file, `${place} has no vector.`);
  if (values.length !== dimension)
    throw invalidFile(
      file,
      `${place} has a vector of ${values.length} dimensions, the first has ${dimension}.`,
    );
  for (let i = 0; i < dimension; i++) {
    const value = values[i];
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number') throw invalidFile(file, `${place}: component ${i} is no number.`);
    into[at + i] = number;
  }
}

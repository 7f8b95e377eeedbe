/**
 * From a record (a JSON line, a CSV row) to a document.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import type { FileDocument, ReadDocumentsOptions } from './types.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An error that names the file and the line. */
export function invalidLine(file: string, line: number, what: string, cause?: unknown): FletchError {
  return new FletchError('INVALID_INPUT_FILE', `Line ${line} of ${file}: ${what}`, {
    details: { file, line },
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * Takes text, id and payload out of a record.
 *
 * @returns undefined when the text is blank
 * @throws FletchError `INVALID_INPUT_FILE` when the text field is missing or no text, or the id is none
 */
export function recordToDocument(
  record: { readonly [field: string]: Json },
  file: string,
  line: number,
  { textField = 'text', idField, payloadFields }: ReadDocumentsOptions,
): FileDocument | undefined {
  const take = (field: string, role: string): Json => {
    if (Object.hasOwn(record, field)) return record[field]!;
    const fields = Object.keys(record).join(', ') || 'none';
    throw invalidLine(file, line, `there is no ${role} "${field}". Fields: ${fields}.`);
  };
  const text = take(textField, 'text field');
  if (typeof text !== 'string')
    throw invalidLine(file, line, `the text field "${textField}" holds no text but ${JSON.stringify(text)}.`);
  if (text.trim() === '') return undefined;
  const wanted = payloadFields ?? Object.keys(record);
  const payload = Object.fromEntries(
    wanted
      .filter((field) => Object.hasOwn(record, field) && field !== textField && field !== idField)
      .map((field) => [field, record[field]!]),
  );
  const id = idField === undefined ? {} : { id: pointId(take(idField, 'id field'), file, line) };
  return { ...id, text, payload, source: { file, line } };
}

function pointId(value: Json, file: string, line: number): number | string {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  if (typeof value === 'string' && UUID.test(value)) return value.toLowerCase();
  throw invalidLine(file, line, `the id ${JSON.stringify(value)} is neither an unsigned integer nor a UUID.`);
}

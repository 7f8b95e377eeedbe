/**
 * JSON lines: one document for each object.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { readLines } from './lines.js';
import { invalidLine, recordToDocument } from './records.js';
import type { FileDocument, ReadDocumentsOptions } from './types.js';

/** Blank lines are skipped. */
export async function* readJsonLines(
  path: string,
  options: ReadDocumentsOptions,
): AsyncGenerator<FileDocument> {
  for await (const { text, number } of readLines(path)) {
    if (text.trim() === '') continue;
    const document = recordToDocument(parseObject(text, path, number), path, number, options);
    if (document) yield document;
  }
}

function parseObject(text: string, file: string, line: number): { [field: string]: Json } {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalidLine(file, line, `this is not JSON (${(cause as Error).message}).`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidLine(file, line, 'this is JSON, but not an object { … }.');
  return value;
}

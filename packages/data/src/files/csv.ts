/**
 * Comma- and tab-separated values with a header row: one document for each row.
 *
 * @module
 */
import { pipeline, Readable } from 'node:stream';
import { FletchError, type Json } from '@fletch/base';
import { CsvError, parse } from 'csv-parse';
import { invalidLine, recordToDocument } from './records.js';
import type { DocumentReader, FileDocument, ReadDocumentsOptions } from './types.js';
import { readText } from './utf8.js';

/** A reader of values that `delimiter` separates. */
export const csvReader =
  (delimiter: string): DocumentReader =>
  (path, options) =>
    readCsv(path, delimiter, options);

/** Columns but the text become numbers and booleans where they read as such; empty ones are left out. */
async function* readCsv(
  path: string,
  delimiter: string,
  options: ReadDocumentsOptions,
): AsyncGenerator<FileDocument> {
  const { textField = 'text', idField, payloadFields = [] } = options;
  let header: string[] | undefined;
  for await (const { row, line } of readRows(readText(path), path, delimiter)) {
    if (!header) {
      header = row;
      checkHeader(
        header,
        [textField, ...(idField === undefined ? [] : [idField]), ...payloadFields],
        path,
        line,
      );
      continue;
    }
    if (row.length !== header.length)
      throw invalidLine(path, line, `the row has ${row.length} values, the header ${header.length}.`);
    const fields = header.flatMap((name, i): [string, Json][] => {
      if (name === textField || name === idField) return [[name, row[i]!]];
      return row[i] === '' ? [] : [[name, typed(row[i]!)]];
    });
    const document = recordToDocument(Object.fromEntries(fields), path, line, options);
    if (document) yield document;
  }
}

/** The rows of a text, and the lines they begin in. Throws `INVALID_INPUT_FILE`, and what reading the text throws. */
export async function* readRows(
  text: AsyncIterable<string>,
  path: string,
  delimiter: string,
): AsyncGenerator<{ row: string[]; line: number }> {
  const parser = parse({ delimiter, info: true, relax_column_count: true, skip_empty_lines: true });
  pipeline(Readable.from(text), parser, () => {});
  let line = 1;
  try {
    for await (const { record, info } of parser) {
      yield { row: record, line };
      line = info.lines + 1;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw invalidLine(path, Number(error.lines ?? line), `the row does not parse: ${error.message}`, error);
  }
}

function checkHeader(header: readonly string[], needed: readonly string[], file: string, line: number): void {
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) throw invalidLine(file, line, `two columns are called "${twice}".`);
  const missing = needed.find((name) => !header.includes(name));
  if (missing !== undefined)
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${file} has no column "${missing}". Columns: ${header.join(', ')}.`,
      { details: { file, line, columns: header } },
    );
}

/** Only what writes back the same is a number: `42` and `0.5`, but not `007` or `1e3`. */
function typed(text: string): Json {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : text;
}

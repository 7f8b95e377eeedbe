/**
 * Files of documents, by their extension.
 *
 * @module
 */
import { extname } from 'node:path';
import { FletchError } from '@fletch/base';
import { csvReader } from './csv.js';
import { readJsonLines } from './json-lines.js';
import { readMarkdownDocuments } from './markdown.js';
import { readTextDocuments } from './text.js';
import type { DocumentReader, FileDocument, ReadDocumentsOptions } from './types.js';

/** A new kind of file is one reader and one line here. */
const readers: Readonly<Record<string, DocumentReader>> = {
  '.txt': readTextDocuments,
  '.md': readMarkdownDocuments,
  '.markdown': readMarkdownDocuments,
  '.jsonl': readJsonLines,
  '.ndjson': readJsonLines,
  '.csv': csvReader(','),
  '.tsv': csvReader('\t'),
};

/** Extensions that {@link readDocuments} knows, with their dots. */
export const documentExtensions: readonly string[] = Object.keys(readers);

/**
 * Reads the documents of a file as a stream: paragraphs of `.txt`, sections of `.md`, objects of `.jsonl`, rows
 * of `.csv` and `.tsv`. Blank texts are left out.
 *
 * @throws FletchError `INVALID_ARGUMENT` at once for an unknown extension; while reading `NOT_FOUND`, `IO`, and
 *   `INVALID_INPUT_FILE` with file and line (or byte) where the content is wrong
 */
export function readDocuments(path: string, options: ReadDocumentsOptions = {}): AsyncIterable<FileDocument> {
  const { maxLength } = options;
  if (maxLength !== undefined && !(Number.isSafeInteger(maxLength) && maxLength > 0))
    throw new FletchError('INVALID_ARGUMENT', `maxLength is ${maxLength}: give a whole number above 0.`);
  const extension = extname(path).toLowerCase();
  const reader = Object.hasOwn(readers, extension) ? readers[extension] : undefined;
  if (!reader)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${path} has an unknown extension${extension ? ` "${extension}"` : ''}. Known: ${documentExtensions.join(', ')}.`,
    );
  return reader(path, options);
}

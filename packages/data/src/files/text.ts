/**
 * Plain text: one document for each paragraph.
 *
 * @module
 */
import { cutText } from './cut.js';
import { readLines } from './lines.js';
import { defaultMaxLength, type FileDocument, type ReadDocumentsOptions } from './types.js';

/** Paragraphs are set apart by blank lines; their own line breaks become spaces. */
export async function* readTextDocuments(
  path: string,
  { maxLength = defaultMaxLength }: ReadDocumentsOptions,
): AsyncGenerator<FileDocument> {
  for await (const { text, line } of readParagraphs(path))
    for (const piece of cutText(text, maxLength))
      yield { text: piece, payload: {}, source: { file: path, line } };
}

async function* readParagraphs(path: string): AsyncGenerator<{ text: string; line: number }> {
  let lines: string[] = [];
  let first = 0;
  for await (const { text, number } of readLines(path)) {
    if (text.trim() !== '') {
      if (lines.length === 0) first = number;
      lines.push(text.trim());
    } else if (lines.length > 0) {
      yield { text: lines.join(' '), line: first };
      lines = [];
    }
  }
  if (lines.length > 0) yield { text: lines.join(' '), line: first };
}

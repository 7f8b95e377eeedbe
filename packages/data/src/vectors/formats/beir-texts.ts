/**
 * Texts and judgements of BEIR: https://github.com/beir-cellar/beir
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { readLines } from '../../files/lines.js';
import { invalidFile } from '../bytes.js';
import { sourceId } from '../json-rows.js';
import type { SourcePayload } from '../types.js';

/** A document or a query. */
export interface BeirText {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly metadata: SourcePayload;
}

/**
 * Texts of a `corpus.jsonl` or `queries.jsonl`.
 *
 * @throws FletchError `INVALID_INPUT_FILE` with the line, `NOT_FOUND`
 */
export async function* readBeirTexts(file: string): AsyncGenerator<BeirText> {
  for await (const { text: line, number } of readLines(file)) {
    if (line.trim() === '') continue;
    const wrong = (what: string, cause?: unknown) =>
      invalidFile(file, `line ${number} ${what}`, { line: number }, cause);
    let value: Json;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw wrong('is not JSON.', cause);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('is not an object.');
    const { _id, text, title = '', metadata = {} } = value;
    if (typeof text !== 'string' || typeof title !== 'string')
      throw wrong('has no "text", or one that is no text.');
    if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
      throw wrong('has "metadata" that is no object.');
    yield { id: String(sourceId(_id, file, `line ${number}`)), title, text, metadata };
  }
}

/** How much a document answers a query. */
export interface BeirJudgement {
  readonly query: string;
  readonly document: string;
  readonly score: number;
}

/**
 * Judgements of a `qrels/*.tsv`: query, document and score, with a heading.
 *
 * @throws FletchError `INVALID_INPUT_FILE` with the line, `NOT_FOUND`
 */
export async function* readBeirJudgements(file: string): AsyncGenerator<BeirJudgement> {
  for await (const { text, number } of readLines(file)) {
    if (text.trim() === '' || (number === 1 && /^query-?id\t/i.test(text))) continue;
    const columns = text.split('\t');
    // TREC's own form has a column between.
    const [query, document, score] = columns.length === 4 ? [columns[0], columns[2], columns[3]] : columns;
    const value = Number(score);
    if (!query || !document || score === undefined || score.trim() === '' || !Number.isFinite(value))
      throw invalidFile(file, `line ${number} is not query, document and score, set apart by tabs.`, {
        line: number,
      });
    yield { query, document, score: value };
  }
}

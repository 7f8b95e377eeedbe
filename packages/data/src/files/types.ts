/**
 * What reading a file of documents takes and gives.
 *
 * @module
 */
import type { Json } from '@fletch/base';

/** One document of a file. */
export interface FileDocument {
  /** An unsigned integer or a UUID; only when an `idField` was named. */
  readonly id?: number | string;
  readonly text: string;
  readonly payload: { [field: string]: Json };
  readonly source: {
    /** The path as it was given. */
    readonly file: string;
    /** The line on which it starts, from 1. */
    readonly line: number;
  };
}

export interface ReadDocumentsOptions {
  /** Field or column that holds the text (JSON lines, CSV). Default `text`. */
  readonly textField?: string;
  /** Fields or columns that become payload. Default: all but the text and the id. */
  readonly payloadFields?: readonly string[];
  /** Field or column that holds the id. Default: documents have none. */
  readonly idField?: string;
  /** Longest text in characters; longer paragraphs and sections are cut (text, Markdown). Default 1000. */
  readonly maxLength?: number;
}

/** Reads one kind of file. */
export type DocumentReader = (path: string, options: ReadDocumentsOptions) => AsyncIterable<FileDocument>;

/** Default of {@link ReadDocumentsOptions.maxLength}: what encoders read of a text, roughly. */
export const defaultMaxLength = 1000;

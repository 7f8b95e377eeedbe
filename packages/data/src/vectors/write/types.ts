/**
 * How points are written to files.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { SourcePayload } from '../types.js';

/** A point to write. */
export interface ExportRow {
  readonly id: number | string;
  /** Numbers where the format holds one vector a row; else as the Qdrant dialect writes it. */
  readonly vector?: ArrayLike<number> | Json | undefined;
  readonly payload?: SourcePayload | undefined;
}

export interface WriteOptions {
  /** Replace files that are there. Default false. */
  readonly force?: boolean;
  /** Of the vectors; needed where the format holds one vector a row. */
  readonly dimension?: number;
  /** Payload field of the text (BEIR). Default `text`. */
  readonly textField?: string;
}

/** Files that appear under their names only when all is written. */
export interface VectorWriter {
  write(rows: readonly ExportRow[]): Promise<void>;
  /** Gives the files their names. Returns their paths. */
  finish(): Promise<readonly string[]>;
  /** Removes what was written so far. */
  abort(): Promise<void>;
}

/** One kind of file that is written. */
export interface WriteFormat {
  readonly name: string;
  readonly title: string;
  /** Ends of file names, with their dots; none means a folder. */
  readonly endings: readonly string[];
  /** What each row must have: one vector, any vectors, or a text. */
  readonly rows: 'dense' | 'wire' | 'texts';
  readonly open: (path: string, options: WriteOptions) => Promise<VectorWriter>;
}

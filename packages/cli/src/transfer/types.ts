/**
 * What an import is asked for, and what came of it.
 *
 * @module
 */
import type { Progress } from '@fletch/base';
import type { SourceDistance, VectorSource } from '@fletch/data';
import type { Encoder } from '@fletch/text';
import type { Target } from './target.js';

export interface ImportRequest {
  readonly target: Target;
  readonly sources: readonly VectorSource[];
  readonly collection: string;
  /** Default: what the sources say, else Cosine. */
  readonly distance?: SourceDistance | undefined;
  /** Name of the vector in the collection. Default `''`, the unnamed one. */
  readonly vector?: string | undefined;
  readonly batch: number;
  /** Rows of all sources together. */
  readonly limit?: number | undefined;
  /** Go on where an import of the same sources stopped. */
  readonly resume?: boolean | undefined;
  /** Allow a collection that has points already. */
  readonly append?: boolean | undefined;
  readonly skipBad?: boolean | undefined;
  /** Id of the first row where the sources have none. Default 0. */
  readonly firstId?: number | undefined;
  /** Makes vectors of texts; asked for only when a source holds texts. */
  readonly encoder: (recorded: string | undefined) => Promise<Encoder>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly onNote: (text: string) => void;
}

export interface ImportOutcome {
  readonly collection: string;
  /** Rows looked at, those of earlier runs included. */
  readonly rows: number;
  /** Points written in this run. */
  readonly imported: number;
  /** Rows left out in this run. */
  readonly skipped: number;
  /** Rows that an earlier run had done. */
  readonly resumed: number;
  /** Points in the collection now. */
  readonly points: number;
}

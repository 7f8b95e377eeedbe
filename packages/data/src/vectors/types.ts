/**
 * The shape in which every source of vectors is read, and what a format of files is.
 *
 * @module
 */
import type { Json } from '@fletch/base';

/** What a source calls a row. {@link toPointId} makes a point's id of it. */
export type SourceId = number | bigint | string;

/** How the vectors of a source are meant to be compared. */
export type SourceDistance = 'Cosine' | 'Dot' | 'Euclid' | 'Manhattan';

/** Fields beside the vector. */
export type SourcePayload = { [field: string]: Json };

/** Consecutive rows of a source. Every list that is there has `count` entries. */
export interface RowBatch {
  /** Number in the source, from 0, of the first row that was looked at. */
  readonly first: number;
  /** How many rows there are; fewer than were looked at where the source holds deleted ones. */
  readonly count: number;
  /** What `batches({ from })` takes to go on after this batch. */
  readonly next: Json;
  /** Absent when the source has none: then the number of the row is its id. */
  readonly ids?: readonly SourceId[];
  /** `count` × dimension values, row after row (kind `dense`). */
  readonly vectors?: Float32Array;
  /** Kind `texts`. */
  readonly texts?: readonly string[];
  /** A point's `vector` as in the Qdrant dialect (kind `wire`). */
  readonly wire?: readonly Json[];
  readonly payloads?: readonly (SourcePayload | undefined)[];
}

/** What a source holds: vectors of one dimension, texts without vectors, or points as the Qdrant dialect writes them. */
export type SourceKind =
  | { readonly kind: 'dense'; readonly dimension: number; readonly distance?: SourceDistance }
  | { readonly kind: 'texts' }
  | {
      readonly kind: 'wire';
      /** Body of `PUT /collections/{name}`. */
      readonly config: { readonly [key: string]: Json };
      /** Payload fields and the schema of their indexes. */
      readonly indexes?: { readonly [field: string]: Json };
      readonly aliases?: readonly string[];
    };

export interface BatchOptions {
  /** Most rows of a batch. Default 256; batches are smaller where rows are long. */
  readonly size?: number;
  /** The `next` of an earlier batch. Default: the beginning. */
  readonly from?: Json;
}

/** An open source. Batches are read one after the other, never two at once. */
export interface VectorSource {
  /** Name of the format: `npy`, `parquet`, … */
  readonly format: string;
  /** The path or address as it was given. */
  readonly path: string;
  readonly holds: SourceKind;
  /** Rows in all, deleted ones included; absent when only reading tells. */
  readonly count?: number;
  /** What the user should know: what is left out, what had to be assumed. */
  readonly notes?: readonly string[];
  /** Changes when the source does, as far as can be told without reading it all. */
  readonly fingerprint: string;
  /** Throws `INVALID_INPUT_FILE` with the row, line or byte where the content is wrong. */
  batches(options?: BatchOptions): AsyncGenerator<RowBatch>;
  close(): Promise<void>;
}

/** Choices where a source holds more than one thing. */
export interface OpenOptions {
  /** Name of the format. Default: what the content and the name of the file say. */
  readonly format?: string;
  /** Array of an `.npz`, dataset of an HDF5 file, table of a LanceDB folder, collection of a server, `queries` of a BEIR folder. */
  readonly part?: string;
  /** Field or column of the vector (JSON lines, Parquet, LanceDB). Default: the first that holds vectors. */
  readonly vectorField?: string;
  /** Field or column of the id. Default: `id` or `_id` where there is one. */
  readonly idField?: string;
  /** Key of the server that is read. */
  readonly apiKey?: string;
  readonly signal?: AbortSignal;
}

/** What detection looks at. */
export interface Glance {
  readonly path: string;
  /** The first bytes, up to 512; empty for a folder. */
  readonly head: Buffer;
  readonly size: number;
  /** Names in the folder; undefined for a file. */
  readonly entries?: readonly string[];
}

/** One kind of file: a reader, and how its files are told from others. */
export interface VectorFormat {
  readonly name: string;
  /** What it is, for help texts. */
  readonly title: string;
  /** Ends of file names, with their dots. */
  readonly endings: readonly string[];
  /** Whether the content says so by itself. Absent where the format has no mark. */
  readonly matches?: (glance: Glance) => boolean;
  readonly open: (path: string, options: OpenOptions) => Promise<VectorSource>;
}

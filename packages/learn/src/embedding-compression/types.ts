/**
 * What a method of compression is: stages that are trained, and what is stored at the end.
 *
 * @module
 */
import type { NDArray, Optimizer, Tensor } from '@fletch/array';
import type { LongWork } from '@fletch/base';
import type { Rng } from '@fletch/linalg';
import type { Distinct, Fields } from './fields.js';
import type { RowTable } from './storage/row-tables.js';
import type { Lookup, Stored } from './storage/stored.js';

/** What all methods are told. */
export interface EmbeddingSettings {
  readonly fields: Fields;
  /** Numbers of an embedding. */
  readonly dim: number;
  /** Budget: bytes that are stored, divided by those of the full table. */
  readonly cr: number;
  /** How often each row occurs in the training data; counted over the whole table. */
  readonly frequencies?: Uint32Array | undefined;
  readonly seed: number;
}

/** Named tensors of a trace. */
export type Tensors = { readonly [name: string]: Tensor };
export type Arrays = { readonly [name: string]: NDArray };

/** The ids of a batch, as rows of the whole table. */
export interface IdBatch {
  /** samples × fields. */
  readonly rows: Int32Array;
  /** The different ones among them, filled up by repetition to a multiple of 512; `positions` says where each of `rows` stands. */
  readonly distinct: Distinct;
  readonly samples: number;
}

/** What a stage wants of a batch. */
export interface Feed {
  /** Rows of its tables that are looked up. */
  readonly rows: { readonly [table: string]: Int32Array };
  /** Whatever else the graph takes. */
  readonly inputs?: Arrays;
}

/** What is at hand while a stage's embeddings are traced. */
export interface Scope {
  /** The rows that the feed asked of a table, one after the other: `[asked, width]`. */
  look(table: string): Tensor;
  readonly dense: Tensors;
  readonly inputs: Tensors;
  readonly carried: Tensors;
  /** Parameters that are learned on held-out batches. */
  readonly search: Tensors;
  /** Tensors of the distinct ids `[distinct, …]` to those of all ids `[samples · fields, …]`. */
  expand(distinct: Tensor): Tensor;
  readonly samples: number;
  /** Whether this is a step of training; otherwise statistics of batches are those that were carried. */
  readonly training: boolean;
}

/** Embeddings of a batch. */
export interface Embedded {
  /** `[samples · fields, dim]`. */
  readonly vectors: Tensor;
  /** Added to the loss. */
  readonly loss?: Tensor;
  /** Carried to the next step. */
  readonly carried?: Tensors;
}

/** A phase of training. */
export interface Stage {
  readonly name: string;
  /** Passes over the data, as a multiple of those that are asked for. */
  readonly epochs: number;
  /** Of which a step changes the rows that it looks up. */
  readonly tables: { readonly [name: string]: RowTable };
  /** Arrays that every step changes as a whole. */
  readonly dense?: Arrays;
  /** Optimizers of some of `dense`; the others learn as the head does. */
  readonly optimizers?: { readonly [name: string]: Optimizer };
  /** Arrays that every step gives anew without gradients. */
  readonly carried?: Arrays;
  /** Learned on held-out batches, a step for every step of training. */
  readonly search?: {
    readonly params: Arrays;
    readonly optimizer: Optimizer;
    readonly penalty?: (params: Tensors) => Tensor;
    /** Changes them after a step. */
    readonly after?: (params: Arrays) => void;
  };
  /** Whether the head starts anew. Default false. */
  readonly freshHead?: boolean;
  feed(batch: IdBatch, random: Rng, step: number): Feed;
  /** Traced. */
  embed(scope: Scope): Embedded;
  /** Traced after the step: learns other rows by the loss of embeddings that the changed rows give. */
  readonly second?: {
    readonly table: string;
    embed(scope: Scope): Tensor;
  };
  /** After a step; true ends the stage. `step` counts from 1. */
  afterStep?(step: number, steps: number): boolean | undefined;
  /** What the stage learned, handed back. */
  finish?(learned: Learned, tools: StageTools): void | Promise<void>;
}

/** The arrays of a stage after its last step. */
export interface Learned {
  readonly dense: Arrays;
  readonly carried: Arrays;
  readonly search: Arrays;
}

/** What a stage may use when it ends. */
export interface StageTools extends LongWork {
  /** AUC on held-out samples of embeddings that a feed's `inputs` shape. */
  validate(inputs: (batch: IdBatch) => Arrays): Promise<number>;
  readonly random: Rng;
}

/** A method at work on one table. */
export interface Compression {
  /** One after the other: each begins where the one before ended. */
  readonly stages: readonly (() => Stage)[];
  /** What is stored. */
  store(): Stored;
}

/** What a stored table was made of. */
export interface StoredTable {
  readonly fields: Fields;
  readonly dim: number;
}

/** Options of single methods; each reads its own. */
export interface MethodOptions {
  /** `compo`: how the two rows are joined. Default `product`. */
  readonly operation?: 'product' | 'sum';
  /** `adapt`, `mgqe`: share of the rows, the most frequent ones, that are treated better. Default 0.1. */
  readonly frequent?: number;
  /** `int8`, `int16`: what a code of 1 stands for; `alpt8`, `alpt16`: what it stands for at first. Default 0.01 with 8 bits, 1/256 of that with 16. */
  readonly scale?: number;
  /** `mgqe`, `dpq`: parts that a row is cut into. Default 4, 8 for `dpq`. */
  readonly parts?: number;
  /** `mgqe`, `dpq`: centroids of a part. Default 256, 32 for `dpq`. */
  readonly centroids?: number;
  /** `dhe`: hashes of an id. Default 128 (the paper: 1024). */
  readonly hashes?: number;
  /** `dedup`: rows of a block. Default 32 (the paper: 10,000). */
  readonly block?: number;
  /** `dedup`: up to which numbers are equal. Default 0.01. */
  readonly tolerance?: number;
  /** `optembed`: rounds of the evolution. Default 30. */
  readonly generations?: number;
}

/** A method. */
export interface MethodSpec {
  /** In messages and tables. */
  readonly title: string;
  /** How it saves: by sharing rows, by shrinking each, or not at all. */
  readonly family: 'inter-feature' | 'intra-feature' | 'baseline';
  /** The smallest share of the bytes that it reaches. */
  floor(settings: EmbeddingSettings): number;
  /** @throws FletchError `INVALID_ARGUMENT` for settings that it does not take */
  start(settings: EmbeddingSettings, options: MethodOptions): Compression;
  /** Reads what it stored. */
  restore(stored: Stored, table: StoredTable): Lookup;
}

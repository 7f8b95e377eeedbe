/**
 * What a recipe of the zoo is: everything that decides what comes out, and how to make it.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { NDArray, Tensor } from '@fletch/array';
import type { LongWork } from '@fletch/base';
import type { ParameterSpec } from '../parameters.js';

/** Plain data that survive JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** How a model is trained: by AdamW, the rate rising in a line and falling to zero. */
export interface TrainingPlan {
  /** Of the parameters' first values and of the order of the data. */
  readonly seed: number;
  readonly steps: number;
  /** Examples of a step. */
  readonly batch: number;
  /** The highest rate. */
  readonly learningRate: number;
  /** The highest rate of the matrices inside of the network, which then follow Muon. Default: they follow AdamW too. */
  readonly matrixRate?: number;
  /** Steps over which the rate rises. */
  readonly warmup: number;
  /** How it falls: in a line, or in half a cosine. Default `cosine`. */
  readonly fall?: 'line' | 'cosine';
  /** Taken off matrices; vectors keep theirs. */
  readonly weightDecay: number;
  readonly beta2: number;
  /** Greatest norm of all gradients together. */
  readonly clip: number;
  /** Steps between two looks at the validation data. */
  readonly look: number;
}

/** Everything that decides what comes out, as plain data: its hash names the model in the cache. */
export interface RecipePlan {
  readonly name: string;
  /** Of `config.json`'s `model_type`. */
  readonly family: string;
  /** The content of `config.json`, but for what the data decide. */
  readonly config: JsonObject;
  /** What it learns from, how that is cut, what is held out. */
  readonly data: JsonObject;
  readonly training: TrainingPlan;
  /** Raised whenever the code of this training gives something else for the same plan. */
  readonly version: number;
}

/** One measured figure. */
export interface QualityFigure {
  /** `perplexity`. */
  readonly name: string;
  readonly value: number;
  readonly better: 'lower' | 'higher';
  /** What it is compared with, on the same data. */
  readonly baseline?: { readonly name: string; readonly value: number };
}

/** How good a model is on data that training never saw. */
export interface Quality {
  /** On what: `10,000 test images`. */
  readonly data: string;
  readonly figures: readonly QualityFigure[];
}

/** What a model made, to look at. */
export type Sample =
  | { readonly kind: 'text'; readonly prompt: string; readonly text: string }
  /** A PNG in the folder. */
  | { readonly kind: 'image'; readonly label: string; readonly file: string };

/** A file of the model's folder. */
export interface ModelFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** A model after training. */
export interface Finished {
  /** A tree of arrays whose dotted names are Hugging Face's, buffers included. */
  readonly params: unknown;
  readonly quality: Quality;
  readonly samples?: readonly Sample[];
  readonly files?: readonly ModelFile[];
}

/** How the work on a recipe is watched, stopped and spread. */
export interface RecipeWork extends LongWork {
  /** Default: all cores. */
  readonly threads?: number | undefined;
}

/** A recipe whose data are loaded. */
export interface Prepared {
  /** The content of `config.json`. */
  readonly config: JsonObject;
  /** First values: a tree of arrays. */
  readonly params: unknown;
  /** What they are. */
  readonly specs?: readonly ParameterSpec[];
  /** See `carried` of `train`. */
  readonly carried?: unknown;
  readonly loss: (params: never, ...batch: never[]) => Tensor | readonly [Tensor, unknown];
  readonly draw: (step: number) => readonly NDArray[];
  /** The loss on validation data. */
  readonly look: (params: unknown, carried: unknown) => Promise<number>;
  /** What was found out about the data: how many documents, their checksum. */
  readonly facts?: JsonObject;
  readonly files?: readonly ModelFile[];
  /** Measures the trained model, once. */
  readonly finish: (params: unknown, carried: unknown, work: RecipeWork) => Promise<Finished>;
  /** Frees what was compiled. */
  readonly close?: () => Promise<void>;
}

/** A model that can be made again at any time. */
export interface Recipe {
  readonly plan: RecipePlan;
  /** One line. */
  readonly title: string;
  /** A few sentences: what it is, what it is good for. */
  readonly summary: string;
  /** Loads data and sets everything up. */
  readonly prepare: (work: RecipeWork) => Promise<Prepared>;
}

/** Raised when models of all recipes must be made again, or their folders are laid out anew. */
const ZOO = 1;

/** JSON with the keys of every object in order. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner as Json)}`).join(',')}}`;
}

/** Sixteen hexadecimal digits that change with every field of a plan. */
export function recipeHash(plan: RecipePlan): string {
  const text = canonical({ zoo: ZOO, ...(plan as unknown as JsonObject) });
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * How a method merges one tensor: looks at it piece by piece as often as it must, then combines it piece by piece.
 *
 * @module
 */

/** The same stretch of one tensor in all models, flattened. */
export interface Piece {
  /** Where it begins. */
  readonly offset: number;
  /** Of the base; absent for methods without one. */
  readonly base: Float32Array | undefined;
  /** Of the models in their order, all of one length. */
  readonly models: readonly Float32Array[];
}

/** What merges one tensor. Pieces come in order and cover the tensor, in every round anew. */
export interface TensorMerge {
  /** Rounds of looking before anything is combined. */
  readonly looks: number;
  look(round: number, piece: Piece): void;
  /** Writes the merged numbers of a piece. */
  combine(piece: Piece, out: Float32Array): void;
}

/** What a method may need uncut: nothing, rows of the tensor as a matrix, or the whole tensor. */
export type Unit = 'element' | 'row' | 'tensor';

/** Settings of a method by name, checked. */
export type Settings = Readonly<Record<string, number | boolean | string>>;

/** A tensor that is to be merged. */
export interface TensorTask {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether its rows are inputs: `[in, out]`, as GPT-2's Conv1D. */
  readonly transposed: boolean;
  /** Whether it is a table of tokens or places, or the layer that scores tokens. */
  readonly table: boolean;
  readonly seed: number;
  /** Settings of the whole. */
  readonly options: Settings;
  /** Settings of each model. */
  readonly models: readonly Settings[];
  /** What the method's survey of all tensors found. */
  readonly survey: number | undefined;
  readonly warn: (message: string) => void;
}

/** Numbers in a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Numbers in a row of a tensor as a matrix of `shape[0]` rows; all of them in a vector. */
export const rowOf = (shape: readonly number[]): number =>
  shape.length < 2 ? sizeOf(shape) : sizeOf(shape.slice(1));

/** Adds up inputs times coefficients. */
export function combineLinearly(
  parts: readonly Float32Array[],
  coefficients: readonly number[],
  out: Float32Array,
): void {
  const [a, b] = parts;
  if (parts.length === 2) {
    const [p, q] = coefficients as [number, number];
    for (let i = 0; i < out.length; i++) out[i] = p * a![i]! + q * b![i]!;
    return;
  }
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let j = 0; j < parts.length; j++) sum += coefficients[j]! * parts[j]![i]!;
    out[i] = sum;
  }
}

/** Runs a merge over pieces that are all in memory: one, the whole tensor. */
export function mergeWhole(
  merge: TensorMerge,
  base: Float32Array | undefined,
  models: readonly Float32Array[],
): Float32Array {
  const piece: Piece = { offset: 0, base, models };
  for (let round = 0; round < merge.looks; round++) merge.look(round, piece);
  const out = new Float32Array(models[0]!.length);
  merge.combine(piece, out);
  return out;
}

/**
 * Merges one tensor of a plan piece by piece, as the bytes that are written.
 *
 * @module
 */
import { throwIfAborted } from '@fletch/base';
import { float32ToBfloat16, float32ToHalf } from '@fletch/data';
import { mixBfloat16, mixedParts } from '@fletch/kernels/merge';
import { rowOf, sizeOf, type TensorMerge, type TensorTask } from '../tensor-merge.js';
import { bytesOf, type OutDType } from './dtypes.js';
import type { MergePlan, PlannedSource, PlannedTensor } from './plan.js';
import { type PieceReader, pieceReader, type RawPiece, RowReader } from './read-piece.js';
import type { Tokens } from './tokens.js';

/** Numbers of a piece. */
const PIECE = 2 ** 18;

/** Below this many bytes the writer gathers pieces, and they must not change any more. */
const GATHERED = 2 ** 20;

/** What merging takes besides the plan. */
export interface StreamContext {
  readonly plan: MergePlan;
  readonly tokens: Tokens | undefined;
  readonly seed: number;
  readonly survey: number | undefined;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** The shape that a tensor will have. */
export const shapeWith = ({ shape, tokens: follows }: PlannedTensor, tokens: Tokens | undefined) =>
  follows && tokens ? [tokens.size, ...shape.slice(1)] : shape;

function readersOf(tensor: PlannedTensor, tokens: Tokens | undefined) {
  const { sources, base } = tensor;
  const all = base ? [base, ...sources] : sources;
  const under = base ?? undefined;
  const readerOf = (source: PlannedSource): PieceReader =>
    tensor.tokens && tokens
      ? new RowReader(tensor.shape[1]!, tokens.rowsOf(source, all, under))
      : pieceReader(source);
  return all.map(readerOf);
}

/** Numbers of a piece of this tensor: whole rows, or all of it, where the method needs them. */
function pieceSize(task: TensorTask, plan: MergePlan): number {
  const size = sizeOf(task.shape);
  const unit = plan.spec.unit(task.options);
  if (unit === 'tensor' || (unit === 'row' && task.transposed)) return size;
  if (unit === 'element' && task.shape.length !== 2) return Math.min(size, PIECE);
  const row = rowOf(task.shape);
  return Math.min(size, Math.max(1, Math.floor(PIECE / Math.max(1, row))) * row);
}

interface Round {
  readonly offset: number;
  readonly raw: readonly RawPiece[];
}

/** All pieces in order; the next one is read while one is worked on. */
async function* pieces(readers: readonly PieceReader[], size: number, step: number): AsyncGenerator<Round> {
  const read = (offset: number, slot: number) =>
    Promise.all(readers.map((reader) => reader.read(offset, Math.min(step, size - offset), slot)));
  let slot = 0;
  let next = size > 0 ? read(0, slot) : undefined;
  for (let offset = 0; offset < size; offset += step) {
    const raw = await next!;
    slot = 1 - slot;
    next = offset + step < size ? read(offset + step, slot) : undefined;
    // Whoever waits for it hears of a failure; until then nobody else shall.
    next?.catch(() => {});
    yield { offset, raw };
  }
}

/** The merge of a tensor as it is set up for one of the plan. */
export function taskOf(tensor: PlannedTensor, context: StreamContext): TensorTask {
  return {
    name: tensor.name,
    shape: shapeWith(tensor, context.tokens),
    transposed: tensor.transposed,
    table: tensor.table,
    seed: context.seed,
    options: tensor.options,
    models: tensor.models,
    survey: context.survey,
    warn: context.warn,
  };
}

function asPiece(tensor: PlannedTensor, { offset, raw }: Round) {
  const floats = raw.map((piece) => piece.floats());
  return tensor.base
    ? { offset, base: floats[0]!, models: floats.slice(1) }
    : { offset, base: undefined, models: floats };
}

/** Calls `visit` with every piece of the tensor as floats. */
export async function visitPieces(
  tensor: PlannedTensor,
  context: StreamContext,
  visit: (piece: ReturnType<typeof asPiece>) => void,
): Promise<void> {
  const task = taskOf(tensor, context);
  const step = pieceSize(task, context.plan);
  for await (const round of pieces(readersOf(tensor, context.tokens), sizeOf(task.shape), step)) {
    throwIfAborted(context.signal);
    visit(asPiece(tensor, round));
  }
}

/** Memory for the numbers and bytes of pieces that go out, in turn. */
class Output {
  readonly #dtype: OutDType;
  readonly #floats: Float32Array;
  readonly #bits: readonly Uint16Array[];
  readonly #out: readonly Float32Array[];
  #turn = 0;

  constructor(dtype: OutDType, step: number) {
    this.#dtype = dtype;
    const half = dtype !== 'F32';
    this.#floats = new Float32Array(half ? step : 0);
    this.#bits = [0, 1].map(() => new Uint16Array(half ? step : 0));
    this.#out = [0, 1].map(() => new Float32Array(half ? 0 : step));
  }

  /** Bits to be written into, when the type is bfloat16. */
  bits(count: number): Uint16Array {
    this.#turn = 1 - this.#turn;
    return this.#bits[this.#turn]!.subarray(0, count);
  }

  floats(count: number): Float32Array {
    if (this.#dtype !== 'F32') return this.#floats.subarray(0, count);
    this.#turn = 1 - this.#turn;
    return this.#out[this.#turn]!.subarray(0, count);
  }

  bytes(values: Float32Array): Uint8Array {
    if (this.#dtype === 'F32') return asBytes(values);
    const convert = this.#dtype === 'BF16' ? float32ToBfloat16 : float32ToHalf;
    return asBytes(convert(values, this.bits(values.length)));
  }
}

function asBytes(values: ArrayBufferView): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return bytes.length < GATHERED ? bytes.slice() : bytes;
}

/** The pieces as they are stored, when all are bfloat16. */
function bitsOf(raw: readonly RawPiece[]): Uint16Array[] | undefined {
  const bits = raw.flatMap((piece) => (piece.bits ? [piece.bits] : []));
  return bits.length === raw.length ? bits : undefined;
}

/** The bytes of a merged tensor, piece by piece. A piece is good until the one after the next is asked for. */
async function* mergedBytes(tensor: PlannedTensor, context: StreamContext): AsyncGenerator<Uint8Array> {
  const task = taskOf(tensor, context);
  const size = sizeOf(task.shape);
  const step = pieceSize(task, context.plan);
  const merge: TensorMerge = context.plan.spec.begin(task);
  const readers = readersOf(tensor, context.tokens);
  for (let look = 0; look < merge.looks; look++)
    for await (const round of pieces(readers, size, step)) {
      throwIfAborted(context.signal);
      merge.look(look, asPiece(tensor, round));
    }
  const output = new Output(tensor.dtype, step);
  for await (const round of pieces(readers, size, step)) {
    throwIfAborted(context.signal);
    const coefficients = merge.coefficients?.();
    const bits = tensor.dtype === 'BF16' ? bitsOf(round.raw) : undefined;
    if (coefficients && bits && bits.length <= mixedParts) {
      const out = output.bits(bits[0]!.length);
      if (mixBfloat16(bits, coefficients, out)) for (const piece of round.raw) piece.floats();
      yield asBytes(out);
    } else {
      const piece = asPiece(tensor, round);
      const out = output.floats(piece.models[0]!.length);
      merge.combine(piece, out);
      yield output.bytes(out);
    }
  }
}

/** Works on the next piece while one is written. */
async function* ahead<T>(pieces: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = pieces.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = pieces.next();
      next.catch(() => {});
      yield value;
    }
  } finally {
    await next.catch(() => {});
    await pieces.return(undefined);
  }
}

/** The bytes of a merged tensor. */
export const streamTensor = (tensor: PlannedTensor, context: StreamContext): AsyncIterable<Uint8Array> =>
  ahead(mergedBytes(tensor, context));

/** The bytes of a tensor as they are stored. */
export async function* copyTensor({ model, tensor }: PlannedSource): AsyncGenerator<Uint8Array> {
  const { size } = model.checkpoint.tensors.get(tensor)!;
  for (let at = 0; at < size; at += 2 * PIECE)
    yield await model.checkpoint.readBytes(tensor, at, Math.min(size, at + 2 * PIECE));
}

/** Bytes of a tensor of the plan. */
export const bytesOfTensor = (tensor: PlannedTensor, tokens: Tokens | undefined): number =>
  sizeOf(shapeWith(tensor, tokens)) * bytesOf(tensor.dtype);

/**
 * Vectors on their way into an index: written as they are, or first turned into codes by the threads.
 *
 * @module
 */
import { Area } from '@fletch/kernels';
import type { Engine } from './engine.js';

/** Rows that are turned into codes at a time. */
const BATCH = 1024;
/** Multiplications of an encoding that are not worth a thread: about a millisecond. */
const MAX_INLINE = 5_000_000;

/** Some rows of a batch that are ready to be written. */
export interface StagedBatch {
  readonly rows: readonly number[];
  /** Writes row i of them. */
  readonly write: (i: number) => void;
}

/** The rows in batches; their room is taken back when the next is asked for. Nothing is written yet. */
export async function* stage(
  engine: Engine,
  list: ArrayLike<number>,
  vectors: Float32Array,
  factors: Float64Array,
): AsyncGenerator<StagedBatch> {
  const { rows } = engine;
  const all = Array.from(list);
  if (!rows.options.coding) {
    yield { rows: all, write: (i) => rows.write(all[i]!, vectors, i, factors[i]!) };
    return;
  }
  for (let from = 0; from < all.length; from += BATCH) {
    const part = all.slice(from, from + BATCH);
    const area = new Area(rows.arena);
    try {
      const codes = await encode(engine, area, vectors, factors, from, part.length);
      yield { rows: part, write: (i) => rows.writeCodes(part[i]!, codes + i * rows.codeBytes) };
    } finally {
      area.free();
    }
  }
}

/** Encodes `count` vectors from position `from` on; returns where their codes are. */
async function encode(
  { rows, slots }: Engine,
  area: Area,
  vectors: Float32Array,
  factors: Float64Array,
  from: number,
  count: number,
): Promise<number> {
  const { arena, padded, kernels } = rows;
  const { dimension, coding } = rows.options;
  const inputBytes = count * padded * 4;
  const input = area.ensure(inputBytes + count * rows.codeBytes + 4);
  const codes = input + inputBytes;
  const cursor = codes + count * rows.codeBytes;
  arena.floats.fill(0, input >>> 2, codes >>> 2);
  arena.words[cursor >>> 2] = 0;
  for (let i = 0; i < count; i++) rows.writeAt(input + i * padded * 4, vectors, from + i, factors[from + i]!);
  const args = [input, count, codes, cursor] as const;
  const needs = { buffer: 0, frontier: 0 };
  if (count * dimension * coding!.reduced > MAX_INLINE) {
    await slots.runSearches('encode', args, needs, Math.ceil(count / 16));
    return codes;
  }
  slots.ensureOwn(needs);
  kernels.encode(...args);
  return codes;
}

/**
 * Learning a codebook of an index's rows and coding them, while the index is in use.
 *
 * @module
 */
import { rng } from '@fletch/linalg';
import type { FlatIndex } from '../flat.js';
import { learnInThread } from '../learn-thread.js';
import type { Distance } from '../types.js';
import { checkVectors } from '../validate.js';
import { CodeIndex } from './code-index.js';
import { CodeRows } from './code-rows.js';
import { learnCodebook } from './learn.js';
import type { OsqSettings, WholeVectors } from './settings.js';

/** Rows to learn from, at most. */
const SAMPLE = 20_000;
/** Rows that are coded in one turn, between those of others. */
const CHUNK = 256;

/** What an OSQ index hands to work on, one after the other. */
export type Part = FlatIndex | CodeIndex;

export interface Growth {
  readonly dimension: number;
  readonly distance: Distance;
  readonly settings: OsqSettings;
  readonly current: Part;
  readonly whole: WholeVectors | undefined;
  readonly signal: AbortSignal;
  /** From now on all changes reach the successor too. */
  begin(successor: CodeIndex): Promise<void>;
  /** Runs work while nothing changes, unless the successor was given up. */
  inTurn<T>(work: () => Promise<T>): Promise<T | undefined>;
  /** Lets searches change over; `lost` is the mean share that the codes of the rows lost. */
  end(successor: CodeIndex, lost: number): Promise<void>;
}

/** Learns, codes, and changes over. Throws what learning throws. */
export async function grow(growth: Growth): Promise<void> {
  const { dimension, distance, settings, current, signal } = growth;
  const sample = pick([...current.rows()], settings.seed);
  const vectors = await gather(growth, sample);
  if (signal.aborted || sample.length < 2) return;
  const lesson = { dimension, settings, size: current.size, vectors };
  const learning = { module: '@fletch/search/learn-osq', here: learnCodebook } as const;
  const codebook = await learnInThread(learning, lesson, signal);
  if (signal.aborted) return;
  const successor = new CodeIndex(new CodeRows(codebook, distance, settings.seed), settings);
  await growth.begin(successor);
  const rows = [...current.rows()];
  let lost = 0;
  let coded = 0;
  for (let from = 0; from < rows.length && !signal.aborted; from += CHUNK) {
    const chunk = rows.slice(from, from + CHUNK);
    await growth.inTurn(async () => {
      const missing = chunk.filter((row) => current.has(row) && !successor.has(row));
      for (const share of await successor.add(missing, await gather(growth, missing))) {
        lost += share;
        coded++;
      }
    });
    await new Promise(setImmediate);
  }
  if (!signal.aborted) await growth.end(successor, coded > 0 ? lost / coded : 1);
}

/** A seeded choice of the rows, in their order. */
function pick(rows: readonly number[], seed: number): readonly number[] {
  if (rows.length <= SAMPLE) return rows;
  return Array.from(rng(seed).sample(rows.length, SAMPLE).sort(), (i) => rows[i]!);
}

/** The vectors of rows: whole ones where they are known. */
async function gather(
  { dimension, distance, current, whole }: Growth,
  list: readonly number[],
): Promise<Float32Array> {
  const vectors = new Float32Array(list.length * dimension);
  for (let i = 0; i < list.length; i++) {
    if (i % CHUNK === CHUNK - 1) await new Promise(setImmediate);
    const row = list[i]!;
    const stored = current instanceof CodeIndex ? whole?.(row) : undefined;
    const vector = stored ?? (current.has(row) ? current.vector(row) : undefined);
    if (!vector) continue;
    const factor = stored ? checkVectors(stored, dimension, distance)[0]! : 1;
    for (let j = 0; j < dimension; j++) vectors[i * dimension + j] = vector[j]! * factor;
  }
  return vectors;
}

/**
 * Learning a coding of an index's rows and turning them into codes, while the index is in use.
 *
 * @module
 */
import { rng } from '@fletch/linalg';
import type { Fit } from '../drift.js';
import type { HnswIndex } from '../hnsw.js';
import { learnInThread } from '../learn-thread.js';
import type { Rows } from '../rows.js';
import { learnCoding } from './learn.js';
import { createGeneration, type LeanVecPlan } from './plan.js';

/** Rows to learn from, at most. */
const SAMPLE = 8000;
/** Rows that are turned into codes in one turn, between those of others. */
const CHUNK = 512;
/** Rows that are not linked yet when searches change over, at most; and as a share of all. */
const UNLINKED = 10_000;
const UNLINKED_SHARE = 0.05;
/** Milliseconds between two looks at how far the threads are. */
const PATIENCE_MS = 50;

/** An index of codes that may take the place of another. */
export interface Grown {
  readonly index: HnswIndex;
  readonly fit: Fit;
}

export interface Growth {
  readonly plan: LeanVecPlan;
  readonly current: HnswIndex;
  readonly queries: Float32Array;
  readonly signal: AbortSignal;
  /** From now on all changes reach the successor too. */
  begin(successor: HnswIndex): Promise<void>;
  /** Runs work while nothing changes, unless the successor was given up. */
  inTurn<T>(work: () => Promise<T>): Promise<T | undefined>;
  /** Lets searches change over. */
  end(grown: Grown): Promise<void>;
}

/** Shares of their squared length that the codes of rows lost. */
export function lostOf(rows: Rows, list: ArrayLike<number>): number[] {
  return Array.from(list, (row) => rows.lost(row));
}

/** Learns, copies, and changes over. Throws `OUT_OF_MEMORY` and what learning throws. */
export async function grow({ plan, current, queries, signal, begin, inTurn, end }: Growth): Promise<void> {
  const { dimension, distance, settings } = plan;
  const sample = pick(presentRows(current.rows), settings.seed);
  const vectors = await gather(current, sample);
  if (signal.aborted || vectors.length < 2 * dimension) return;
  const coding = await learnInThread(
    { module: '@fletch/search/learn', here: learnCoding },
    { dimension, distance, settings, vectors, queries },
    signal,
  );
  if (signal.aborted) return;
  const index = await createGeneration(plan, coding);
  await begin(index);
  const rows = presentRows(current.rows);
  for (let from = 0; from < rows.length && !signal.aborted; from += CHUNK) {
    const chunk = rows.slice(from, from + CHUNK);
    await inTurn(async () => {
      const missing = chunk.filter((row) => current.has(row) && !index.has(row));
      await index.add(missing, await gather(current, missing));
    });
  }
  const taught = sample.filter((row) => index.has(row));
  const lost = lostOf(index.rows, taught).reduce((sum, share) => sum + share, 0) / Math.max(1, taught.length);
  while (!signal.aborted && unlinked(index) > Math.max(UNLINKED, UNLINKED_SHARE * index.size))
    await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  await end({ index, fit: { learned: lost, count: 0, lost: 0 } });
}

function unlinked(index: HnswIndex): number {
  const { size, linked } = index.stats();
  return size - linked;
}

function presentRows(rows: Rows): number[] {
  const present: number[] = [];
  for (let row = 0; row < rows.reach; row++) if (rows.has(row)) present.push(row);
  return present;
}

/** A seeded choice of the rows, in their order. */
function pick(rows: readonly number[], seed: number): number[] {
  if (rows.length <= SAMPLE) return [...rows];
  return Array.from(rng(seed).sample(rows.length, SAMPLE).sort(), (i) => rows[i]!);
}

/** The vectors of rows that are present, in turns, so that nobody waits for long. */
async function gather(index: HnswIndex, list: readonly number[]): Promise<Float32Array> {
  const { dimension } = index;
  const vectors = new Float32Array(list.length * dimension);
  for (let i = 0; i < list.length; i++) {
    if (i % CHUNK === CHUNK - 1) await new Promise((resolve) => setImmediate(resolve));
    const row = list[i]!;
    if (index.has(row)) vectors.set(index.vector(row), i * dimension);
  }
  return vectors;
}

/**
 * Searching codes: partitions, signs, lower bounds, in turns that are short.
 *
 * @module
 */
import { Top } from '../../query/top.js';
import { nearestByBits } from '../../squash/binary.js';
import { choosePartitions } from '../../squash/choose.js';
import { centroidDistances } from '../../squash/squash.js';
import type { Bitset } from '../bitset.js';
import { type Distance, type IndexHits, largerIsBetter } from '../types.js';
import type { CodeRows } from './code-rows.js';
import type { Decoded } from './coded-partition.js';

/** Partitions within this multiple of the nearest one's distance are always searched. */
const CENTROID_FACTOR = 1.15;
/** With so few candidates all of them are compared. */
const FEW = 4096;
/** Slots that are looked at in one turn. */
const TURN = 4096;
/** What float32 may add to a cosine or a share of a dot product. */
const ROUNDING = 1e-6;

/** What is looked for. */
export interface CodeQuery {
  readonly query: Float32Array;
  readonly k: number;
  readonly filter?: Bitset | undefined;
  /** Percent of candidates that signs leave. */
  readonly percent: number;
  /**
   * By what the best are chosen: lower bounds of their distances (and scored by what codes stand for), those scores,
   * or bounds of scores, which are then what comes back. The last two look at all candidates.
   */
  readonly by: 'distance' | 'score' | 'bound';
}

const sum = (values: ArrayLike<number>): number => {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  return squares;
};

/** The best rows, best first. A turn ends wherever this yields. */
export function* searchCodes(codes: CodeRows, asked: CodeQuery): Generator<void, IndexHits> {
  const { query, filter, k, by } = asked;
  const { distance } = codes;
  const matching = Math.min(codes.size, filter?.count ?? codes.size);
  // A dot product is not largest where the distance is least: neither signs nor centroids tell of it.
  const all = by !== 'distance' || distance === 'Dot' || matching <= FEW;
  const distances = centroidDistances(query, codes.centroids);
  const issues = choosePartitions(
    all ? distances.fill(0) : distances,
    (partition) => codes.candidates(partition, filter),
    { needed: Math.min(k, matching), factor: CENTROID_FACTOR },
  );
  const sign = largerIsBetter(distance) ? 1 : -1;
  const length = sum(query);
  const top = new Top(k);
  for (const { partition, rows: slots } of issues) {
    yield;
    const one = codes.partitions[partition]!;
    const seen = one.codes.see(query);
    const keep = Math.max(k, Math.floor((asked.percent / 100) * slots.length));
    const left = all ? slots : nearestByBits(one.signs, seen.signs, slots, keep);
    for (let from = 0; from < left.length; from += TURN) {
      if (from > 0) yield;
      const turn = left.subarray(from, from + TURN);
      if (by === 'score') {
        const scores = scoresOf(distance, one.decoded(query, turn), () => manhattan(query, one, turn));
        turn.forEach((slot, i) => {
          top.offer(one.rows[slot]!, sign * scores[i]!);
        });
        continue;
      }
      const squares = one.codes.squares(seen, turn);
      turn.forEach((slot, i) => {
        const least = by === 'bound' ? Math.max(0, Math.sqrt(squares[i]!) - seen.slack) ** 2 : squares[i]!;
        const bound = boundOf(distance, least, length, one.norm(slot));
        top.offer(one.rows[slot]!, sign * bound);
      });
    }
  }
  yield;
  const { rows, scores } = top.hits();
  if (by !== 'distance') return { rows, scores: scores.map((score) => (sign < 0 ? 0 - score : score)) };
  return sorted(rows, compareCodes(codes, query, rows), sign);
}

/** The best score that a row can have whose squared distance from the query is at least `least`. */
function boundOf(distance: Distance, least: number, length: number, norm: number): number {
  if (distance === 'Dot') return (length + norm - least) / 2 + ROUNDING * (length + norm);
  if (distance === 'Cosine') return 1 - least / 2 + ROUNDING;
  // A Manhattan distance is at least the Euclidean one.
  return Math.sqrt(least) * (1 - ROUNDING);
}

/** Scores of what the codes of rows stand for. Throws `NOT_FOUND`. */
export function compareCodes(codes: CodeRows, query: Float32Array, rows: Uint32Array): Float32Array {
  const scores = new Float32Array(rows.length);
  for (const { partition, slots, at } of codes.locate(rows)) {
    const one = codes.partitions[partition]!;
    const found = scoresOf(codes.distance, one.decoded(query, slots), () => manhattan(query, one, slots));
    at.forEach((place, i) => {
      scores[place] = found[i]!;
    });
  }
  return scores;
}

function scoresOf(
  distance: Distance,
  { dots, squares, distances }: Decoded,
  absolute: () => Float64Array,
): Float64Array {
  if (distance === 'Dot') return dots;
  if (distance === 'Cosine')
    return dots.map((dot, i) => (squares[i]! > 0 ? dot / Math.sqrt(squares[i]!) : 0));
  if (distance === 'Euclid') return distances.map((square) => Math.sqrt(Math.max(0, square)));
  return absolute();
}

function manhattan(
  query: Float32Array,
  one: CodeRows['partitions'][number],
  slots: Uint32Array,
): Float64Array {
  return Float64Array.from(slots, (slot) => {
    const vector = one.decode(slot);
    let total = 0;
    for (let i = 0; i < vector.length; i++) total += Math.abs(vector[i]! - query[i]!);
    return total;
  });
}

function sorted(rows: Uint32Array, scores: Float32Array, sign: number): IndexHits {
  const order = Uint32Array.from(rows.keys()).sort(
    (a, b) => sign * (scores[b]! - scores[a]!) || rows[a]! - rows[b]!,
  );
  return { rows: order.map((i) => rows[i]!), scores: Float32Array.from(order, (i) => scores[i]!) };
}

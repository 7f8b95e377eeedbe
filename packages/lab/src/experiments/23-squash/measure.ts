/**
 * How much each profile of system 23 does, and how a search is measured.
 *
 * @module
 */
import type { SquashIndex, SquashSearchOptions } from '@fletch/search';
import type { Profile, Row } from '../../experiment.js';
import { K, recall, type Setting } from './data.js';

interface Plan {
  /** Pictures, and those that baselines get which are only compared with their like. */
  readonly n: number;
  readonly few: number;
  readonly queries: number;
  /** Words of the data without preferred directions. */
  readonly words: number;
  /** Of the whole, and of the functions. */
  readonly partitions: number;
  readonly functions: number;
}

export const plans: { readonly [P in Profile]: Plan } = {
  smoke: { n: 1500, few: 600, queries: 10, words: 0, partitions: 3, functions: 1 },
  quick: { n: 20_000, few: 6000, queries: 200, words: 6000, partitions: 10, functions: 4 },
  full: { n: 60_000, few: 6000, queries: 200, words: 6000, partitions: 10, functions: 4 },
};

/** Bits of a vector: 49 times smaller than 784 numbers of float32. */
export const BUDGET = 512;

/** One way to build and search, measured. */
export interface Measured {
  readonly recall: number;
  readonly milliseconds: number;
  readonly funnel: { readonly [stage: string]: number };
}

export function measure(
  index: SquashIndex,
  { questions }: Setting,
  right: readonly (readonly number[])[],
  options: SquashSearchOptions = {},
): Measured {
  const started = performance.now();
  const found = questions.map(({ query, where }) => index.search(query, K, { where, ...options }));
  const milliseconds = (performance.now() - started) / questions.length;
  const funnel: { [stage: string]: number } = {};
  for (const hits of found)
    for (const [stage, count] of Object.entries(hits.funnel))
      funnel[stage] = (funnel[stage] ?? 0) + count / questions.length;
  return {
    recall: recall(
      found.map(({ ids }) => ids),
      right,
    ),
    milliseconds,
    funnel,
  };
}

export const short = (value: number): number => Number(value.toPrecision(4));

export function rowOf(
  method: string,
  data: string,
  bytes: number | null,
  { recall, milliseconds, funnel }: Measured,
): Row {
  return {
    method,
    data,
    bytes_per_vector: bytes,
    recall: short(recall),
    reached_lb: funnel.matched ? short(funnel.hamming! / funnel.matched) : null,
    read: funnel.exact === undefined ? null : short(funnel.exact),
    partitions: funnel.partitions === undefined ? null : short(funnel.partitions),
    ms: short(milliseconds),
  };
}

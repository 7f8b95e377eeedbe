/**
 * From the seeds' figures to verdicts.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { ClaimSpec, Profile, Relation, Row, Trial } from './experiment.js';

/** A claim with what was measured. */
export interface ClaimResult {
  readonly id: string;
  readonly text: string;
  readonly metric: string;
  readonly value: number;
  /** Standard deviation over the seeds; 0 for one. */
  readonly spread: number;
  readonly relation: Relation;
  readonly threshold: number;
  readonly holds: boolean;
}

const relations: { readonly [R in Relation]: (value: number, threshold: number) => boolean } = {
  '>=': (value, threshold) => value >= threshold,
  '<=': (value, threshold) => value <= threshold,
  '>': (value, threshold) => value > threshold,
  '<': (value, threshold) => value < threshold,
  '==': (value, threshold) => value === threshold,
};

/**
 * Judges the claims that are measured in a profile. A figure that is not a number fails its claim.
 *
 * @throws FletchError `INVALID_ARGUMENT` when no seed gave a claim's metric
 */
export function judge(
  claims: readonly ClaimSpec[],
  trials: readonly Trial[],
  profile: Profile,
): ClaimResult[] {
  return claims
    .filter(({ profiles }) => profiles === undefined || profiles.includes(profile))
    .map(({ id, text, metric, relation, threshold, over = 'mean' }) => {
      const values = trials.flatMap(({ metrics }) =>
        Object.hasOwn(metrics, metric) ? metrics[metric]! : [],
      );
      if (values.length === 0)
        throw new FletchError('INVALID_ARGUMENT', `No run measured "${metric}", which claim ${id} is about.`);
      const value = over === 'worst' ? worst(values, relation, threshold) : mean(values);
      const holds = relations[relation](value, threshold);
      return { id, text, metric, value, spread: deviation(values), relation, threshold, holds };
    });
}

/** The value that is furthest on the wrong side. */
function worst(values: readonly number[], relation: Relation, threshold: number): number {
  if (values.some(Number.isNaN)) return Number.NaN;
  if (relation === '==')
    return values.reduce((a, b) => (Math.abs(b - threshold) > Math.abs(a - threshold) ? b : a));
  return relation.startsWith('>') ? Math.min(...values) : Math.max(...values);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample; 0 for a single value. */
function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** Joins rows that are alike in everything but their numbers: means over the seeds, in order of appearance. */
export function joinRows(trials: readonly Trial[]): Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of trials.flatMap(({ rows }) => rows)) {
    const names = Object.entries(row).map(([column, value]) => [
      column,
      typeof value === 'number' ? null : value,
    ]);
    const key = JSON.stringify(names);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((rows) =>
    Object.fromEntries(
      Object.entries(rows[0]!).map(([column, value]) => [
        column,
        typeof value === 'number' ? mean(rows.map((row) => row[column] as number)) : value,
      ]),
    ),
  );
}

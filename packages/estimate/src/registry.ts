/**
 * The estimators that the command line and saved models know by name. A new one is one line in the table.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { logitEntry, proportionalOddsEntry } from './cumulative/entries.js';
import type { EstimatorEntry } from './entry.js';
import type { Estimator, EstimatorJson } from './estimator.js';
import { prestoEntry } from './presto/entry.js';
import { quantileRegressionEntry } from './quantile-aggregation/entry.js';
import { sketchedRegressionEntry } from './sketched-regression/entry.js';

/** The table: one line each. */
export const estimators: readonly EstimatorEntry[] = [
  prestoEntry,
  logitEntry,
  proportionalOddsEntry,
  sketchedRegressionEntry,
  quantileRegressionEntry,
];

/**
 * The estimator of a name.
 *
 * @throws FletchError `NOT_FOUND` listing the names there are
 */
export function estimatorEntry(name: string): EstimatorEntry {
  const found = estimators.find((entry) => entry.name === name);
  if (found) return found;
  throw new FletchError(
    'NOT_FOUND',
    `There is no estimator "${name}". There are: ${estimators.map((entry) => entry.name).join(', ')}.`,
    { details: { name } },
  );
}

/**
 * A fitted estimator from what `toJSON` gave.
 *
 * @throws FletchError `CORRUPT`, `NOT_FOUND` for an unknown kind, `FORMAT_TOO_NEW`
 */
export function loadEstimator(json: unknown): Estimator {
  const kind = (json as { readonly kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string') throw new FletchError('CORRUPT', 'This is no saved model: it has no kind.');
  return estimatorEntry(kind).fromJSON(json as EstimatorJson);
}

/**
 * The estimators that the command line and saved models know by name. A new one is one line in the table.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Estimator, EstimatorJson } from './estimator.js';
import type { EncodingOptions } from './frame/design.js';
import type { Label } from './frame/target.js';
import type { Chart } from './summary.js';
import type { HeldOut } from './validation/cross-validate.js';

/** An option of an estimator, as the command line offers it. */
export type OptionSpec = {
  /** Property of the estimator's options. */
  readonly name: string;
  /** `--lambdas <number>`; a switch has no value: `--linear`. */
  readonly flag: string;
  readonly help: string;
} & (
  | { readonly type: 'integer' | 'number'; readonly min?: number; readonly max?: number }
  | { readonly type: 'numbers' | 'names' | 'switch' }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
);

/** What every estimator of the registry takes besides options of its own. */
export interface SharedOptions extends EncodingOptions {
  /** The classes in their order, where the target has classes. */
  readonly levels?: readonly Label[];
  readonly seed?: number;
}

/** One estimator. */
export interface EstimatorEntry {
  /** In command lines and models. */
  readonly name: string;
  readonly title: string;
  /** What the target holds. */
  readonly target: 'ordered classes' | 'two classes' | 'numbers';
  readonly options: readonly OptionSpec[];
  create(options: SharedOptions & { readonly [option: string]: unknown }): Estimator;
  fromJSON(json: EstimatorJson): Estimator;
  /** Further scores of predictions for rows that were held out, with their names. */
  scores?(heldOut: readonly HeldOut[]): Promise<readonly (readonly [name: string, value: number])[]>;
  /** Charts of predictions for rows that were held out. */
  charts?(heldOut: readonly HeldOut[]): Promise<readonly Chart[]>;
}

/** The table: one line each. */
export const estimators: readonly EstimatorEntry[] = [];

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

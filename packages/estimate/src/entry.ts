/**
 * What the registry knows of an estimator.
 *
 * @module
 */
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
  | { readonly type: 'text' | 'numbers' | 'names' | 'switch' }
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
  /** Charts of a fitted estimator, and of predictions for rows that were held out. */
  charts?(estimator: Estimator, heldOut: readonly HeldOut[]): Promise<readonly Chart[]>;
}

/**
 * What SQUASH asks of its arguments.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import { checkInteger, MAX_K } from '../index/validate.js';
import type { SquashSearchOptions } from './types.js';

export function invalid(message: string, details: Record<string, unknown> = {}): FletchError {
  return new FletchError('INVALID_ARGUMENT', message, { details });
}

/** @throws FletchError `INVALID_ARGUMENT` unless `value` is one of `choices` */
export function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value))
    throw invalid(`Unknown ${name} "${value}": use ${choices.join(', ')}.`, { name, value });
}

/** @throws FletchError `NON_FINITE` with row and column */
export function checkVectors(x: Matrix<Float32Array>): void {
  const at = x.data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw new FletchError(
      'NON_FINITE',
      `Vector ${Math.floor(at / x.cols)} has ${x.data[at]} at column ${at % x.cols}: leave it out or repair it.`,
      { details: { row: Math.floor(at / x.cols), column: at % x.cols } },
    );
}

/** @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE` */
export function checkQuery(query: ArrayLike<number>, dimension: number): void {
  if (query.length !== dimension)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The query has ${query.length} values, but the index has dimension ${dimension}.`,
      { details: { actual: query.length, expected: dimension } },
    );
  for (let j = 0; j < dimension; j++)
    if (!Number.isFinite(query[j]))
      throw new FletchError('NON_FINITE', `The query has ${query[j]} at column ${j}.`, {
        details: { column: j },
      });
}

/** The options of a search with their defaults. @throws FletchError `INVALID_ARGUMENT` */
export function searchOptions(k: number, options: SquashSearchOptions): Required<SquashSearchOptions> {
  const { where = [], hammingPercent = 10, refine = 2, centroidFactor = 1.15, mode = 'approx' } = options;
  checkInteger('k', k, 1, MAX_K);
  if (!(hammingPercent > 0 && hammingPercent <= 100))
    throw invalid(`hammingPercent must be above 0 and at most 100, but is ${hammingPercent}.`);
  if (!(refine >= 1)) throw invalid(`refine must be at least 1, but is ${refine}.`);
  if (!(centroidFactor >= 1)) throw invalid(`centroidFactor must be at least 1, but is ${centroidFactor}.`);
  checkChoice('mode', mode, ['approx', 'exact']);
  return { where, hammingPercent, refine, centroidFactor, mode };
}

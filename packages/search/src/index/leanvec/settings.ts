/**
 * What a LeanVec index is made with.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type ProjectionMethod, projectionMethods } from '../../leanvec/projection.js';
import type { FlatOptions } from '../create.js';
import type { Fit } from '../drift.js';
import { checkDistance, checkInteger, MAX_DIMENSION } from '../validate.js';

/** A linear map that was learned elsewhere, such as by `learnProjection`. */
export interface GivenProjection {
  /** `dimension × reduced` values, row-major: reduces queries. */
  readonly A: { readonly data: Float32Array; readonly cols: number };
  /** The same for data. */
  readonly B: { readonly data: Float32Array; readonly cols: number };
  /**
   * Subtracted from data and queries first, `dimension` values. Default: zeros, which is right for data around zero: what the map
   * loses of a mean that all share would count as distance.
   */
  readonly mean?: Float32Array;
}

/** What a LeanVec index is made with. */
export interface LeanVecOptions extends FlatOptions {
  /**
   * Components of the reduced vectors, 1 to `dimension`. Default: as few as lose less than a seventh of the squared
   * length of the sample.
   */
  readonly reduced?: number;
  /** Bits of each of them, 8 or 4. Default: 8. */
  readonly bits?: 8 | 4;
  /**
   * What candidates are compared by in the end, and what {@link VectorIndex.vector} gives back: 8-bit codes of whole
   * vectors, or the vectors. Default: `lvq8`; `f32` under `Manhattan`, which codes cannot tell.
   */
  readonly secondary?: 'lvq8' | 'f32';
  /** How the linear map is learned. All but `id` learn from queries too, of which the index keeps a sample. Default: `id`. */
  readonly method?: ProjectionMethod;
  /** A map that was learned before: rows become codes from the first on. */
  readonly projection?: GivenProjection;
  /** Rows from which on the map is learned, at least 2; until then vectors are kept as they are. Default: 10,000. */
  readonly trainAt?: number;
  /**
   * How much more of the vectors' squared length may be lost in rows that were added later than in the sample before
   * the map is learned anew: at least 1. Default: 1.5.
   */
  readonly driftLimit?: number;
  /** Links per node on the upper levels, twice as many on the lowest; 2 to 256. Default: 32. */
  readonly m?: number;
  /** Candidate list while linking, 1 to 8192. Default: 200. */
  readonly efConstruction?: number;
  /** Candidate list of searches that do not give their own. Default: 96. */
  readonly efSearch?: number;
  /** Decides levels, samples and rotations. Default: 0. */
  readonly seed?: number;
}

/** Settings that are kept in snapshots. */
export interface LeanVecSettings {
  readonly reduced?: number;
  readonly bits: 8 | 4;
  readonly secondary: 'lvq8' | 'f32';
  readonly method: ProjectionMethod;
  readonly trainAt: number;
  readonly driftLimit: number;
  readonly m: number;
  readonly efConstruction: number;
  readonly efSearch: number;
  readonly seed: number;
}

/** What a snapshot says of a LeanVec index besides its rows. */
export interface LeanVecFacts {
  readonly settings: LeanVecSettings;
  /** Absent while vectors are kept as they are. */
  readonly fit?: Fit;
}

/** @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH` for a projection of another dimension */
export function readSettings(options: LeanVecOptions): LeanVecSettings {
  const { dimension, distance, reduced, method = 'id', projection, bits = 8, driftLimit = 1.5 } = options;
  const { secondary = distance === 'Manhattan' ? 'f32' : 'lvq8', trainAt = 10_000 } = options;
  const { m = 32, efConstruction = 200, efSearch = 96, seed = 0 } = options;
  checkInteger('dimension', dimension, 1, MAX_DIMENSION);
  checkDistance(distance);
  if (reduced !== undefined) checkInteger('reduced', reduced, 1, dimension);
  choose('bits', bits, [4, 8]);
  choose('secondary', secondary, distance === 'Manhattan' ? ['f32'] : ['lvq8', 'f32']);
  choose('method', method, projectionMethods);
  checkInteger('trainAt', trainAt, 2, 2 ** 32 - 1);
  if (!(driftLimit >= 1))
    throw new FletchError('INVALID_ARGUMENT', `driftLimit must be at least 1, but is ${driftLimit}.`);
  checkInteger('m', m, 2, 256);
  checkInteger('efConstruction', efConstruction, 1, 8192);
  checkInteger('efSearch', efSearch, 1, 8192);
  checkInteger('seed', seed, 0, 2 ** 32 - 1);
  if (projection) checkProjection(projection, dimension);
  return {
    ...(reduced !== undefined && { reduced }),
    ...{ bits, secondary, method, trainAt, driftLimit, m, efConstruction, efSearch, seed },
  };
}

function choose<T>(name: string, value: T, of: readonly T[]): void {
  if (!of.includes(value))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${name} must be one of ${of.join(', ')}, but is ${String(value)}.`,
    );
}

function checkProjection({ A, B, mean }: GivenProjection, dimension: number): void {
  checkInteger('columns of the projection', A.cols, 1, dimension);
  for (const { data, cols } of [A, B])
    if (cols !== A.cols || data.length !== dimension * A.cols)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `A projection of ${dimension} dimensions to ${A.cols} has two matrices of ${dimension * A.cols} values, but one has ${data.length}.`,
      );
  if (mean && mean.length !== dimension)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The mean has ${mean.length} values, but the index has dimension ${dimension}.`,
    );
  for (const values of [A.data, B.data, mean ?? new Float32Array(0)])
    if (!values.every(Number.isFinite))
      throw new FletchError('NON_FINITE', 'The projection has a value that is not finite.');
}

/**
 * What fixed dimensional encodings are made with.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { checkInteger, MAX_DIMENSION } from '../index/validate.js';

/**
 * How vectors are projected inside a cell: by random signs over √d_proj (the paper's), by a count-sketch (one random
 * output and sign per component: the reference code's), or not at all.
 */
export type InnerProjection = 'rademacher' | 'countsketch' | 'identity';

/** Options of an {@link FDE}. */
export interface FdeOptions {
  /** Components of the vectors. */
  readonly dim: number;
  /** Independent partitions of the space, each with its own blocks. Default: 20. */
  readonly repetitions?: number;
  /** Hyperplanes of a partition, 0 to 20: it has 2^simhash cells. Default: 5. */
  readonly simhash?: number;
  /** Components that a cell's block has; `null` or `dim` does not project. Default: 16, or `dim` when that is smaller. */
  readonly projDim?: number | null;
  /** Default: `rademacher`. */
  readonly projType?: InnerProjection;
  /**
   * Whether a document's empty cell takes its vector that is nearest by bits. It suits vectors that are all alike
   * (typical similarity 0.4 and more); on centred vectors it adds noise. Default: true.
   */
  readonly fillEmpty?: boolean;
  /** Components after a last count-sketch of the whole encoding. Default: none is made. */
  readonly finalDim?: number;
  /**
   * The mean of the vectors: cells are chosen by the difference from it, and documents are encoded without it. That
   * lowers all Chamfer similarities of a query by one number, so their order stays. Default: zero.
   */
  readonly mean?: ArrayLike<number>;
  /** Queries and documents must be encoded with one seed. Default: 1. */
  readonly seed?: number;
}

/** {@link FdeOptions} with nothing left open. Two encoders with the same parameters are the same map. */
export interface FdeParameters {
  readonly dim: number;
  readonly repetitions: number;
  readonly simhash: number;
  readonly projDim: number;
  readonly projType: InnerProjection;
  readonly fillEmpty: boolean;
  /** Absent when there is no final projection. */
  readonly finalDim?: number;
  /** `dim` numbers; absent for zero. */
  readonly mean?: readonly number[];
  readonly seed: number;
}

/** Most hyperplanes of a partition. */
export const MAX_SIMHASH = 20;
/** Most components before the final projection. */
const MAX_BLOCKS_DIM = 2 ** 26;

/**
 * Fills in defaults and checks.
 *
 * @throws FletchError `INVALID_ARGUMENT` naming the option, `DIMENSION_MISMATCH` or `NON_FINITE` for a bad mean
 */
export function readFdeOptions(options: FdeOptions): FdeParameters {
  const { dim, repetitions = 20, simhash = 5, fillEmpty = true, finalDim, seed = 1 } = options;
  checkInteger('dim', dim, 1, MAX_DIMENSION);
  checkInteger('repetitions', repetitions, 1, 10_000);
  if (!Number.isInteger(simhash) || simhash < 0 || simhash > MAX_SIMHASH)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `simhash is ${simhash}: a partition has 2^simhash blocks, of 0 to ${MAX_SIMHASH} hyperplanes.`,
      { details: { simhash: String(simhash) } },
    );
  checkInteger('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  const parameters = {
    dim,
    repetitions,
    simhash,
    ...readProjection(options),
    fillEmpty,
    ...(options.mean && { mean: readMean(options.mean, dim) }),
    seed,
  };
  const blocks = blocksDim(parameters);
  if (blocks > MAX_BLOCKS_DIM)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The encoding would have ${blocks} components (${repetitions} repetitions of ${2 ** simhash} blocks of ` +
        `${parameters.projDim}); at most ${MAX_BLOCKS_DIM} are possible.`,
      { details: { components: blocks } },
    );
  if (finalDim === undefined) return parameters;
  checkInteger(`finalDim (of an encoding of ${blocks})`, finalDim, 1, blocks);
  return { ...parameters, finalDim };
}

/** Components before the final projection. */
export function blocksDim(of: Pick<FdeParameters, 'repetitions' | 'simhash' | 'projDim'>): number {
  return of.repetitions * 2 ** of.simhash * of.projDim;
}

function readProjection({
  dim,
  projDim,
  projType = 'rademacher',
}: FdeOptions): Pick<FdeParameters, 'projDim' | 'projType'> {
  if (!['rademacher', 'countsketch', 'identity'].includes(projType))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Unknown projType "${projType}": use rademacher, countsketch or identity.`,
    );
  if (projDim === null) return { projDim: dim, projType: 'identity' };
  if (projType === 'identity') {
    if (projDim !== undefined) checkInteger('projDim (projType is identity)', projDim, dim, dim);
    return { projDim: dim, projType };
  }
  const size = projDim ?? Math.min(16, dim);
  checkInteger('projDim', size, 1, MAX_DIMENSION);
  return size === dim ? { projDim: dim, projType: 'identity' } : { projDim: size, projType };
}

function readMean(mean: ArrayLike<number>, dim: number): number[] {
  if (mean.length !== dim)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The mean has ${mean.length} components, the vectors have ${dim}.`,
      { details: { expected: dim, actual: mean.length } },
    );
  const bad = Array.from(mean).findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new FletchError('NON_FINITE', `Component ${bad} of the mean is ${mean[bad]}.`, {
      details: { column: bad },
    });
  return Array.from(mean);
}

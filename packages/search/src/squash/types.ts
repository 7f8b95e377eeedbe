/**
 * What SQUASH is asked and what it answers.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';

/** How an attribute is compared. `between` is the half-open interval `(a, b]`. */
export const operators = ['<', '<=', '=', '>', '>=', 'between'] as const;
export type SquashOperator = (typeof operators)[number];

/** A condition on one attribute; those of a list must all hold. */
export interface SquashPredicate {
  /** Its name, or its place among the attributes. */
  readonly attr: number | string;
  readonly op: SquashOperator;
  readonly a: number;
  /** Upper end of `between`. */
  readonly b?: number;
}

/** What the one bit of a dimension says of a vector, in the first stage of a partition's search. */
export const binaryBases = ['rotated', 'klt', 'axes'] as const;
/** `rotated`: coordinates of a random rotation; `klt`: principal coordinates; `axes`: the vector's own. */
export type BinaryBasis = (typeof binaryBases)[number];

/** How bits are given to dimensions: by greedy choice of the largest remaining energy, or all alike. */
export const allocations = ['greedy', 'uniform'] as const;
export type Allocation = (typeof allocations)[number];

/** Options of {@link buildSquash}. */
export interface SquashOptions extends LongWork {
  /** Default 10, fewer where there are not 20 vectors for each. */
  readonly partitions?: number;
  /** Bits of a vector in all, from 1 to 8 a dimension; default 4 a dimension. */
  readonly bitBudget?: number;
  /** Bits of an attribute, from 1 to 8; default 8. */
  readonly attrBits?: number;
  /** Names of the attributes; default: none, they go by their places. */
  readonly attributeNames?: readonly string[];
  /** Default `rotated`. */
  readonly binaryBasis?: BinaryBasis;
  /** Default `greedy`; `uniform` is what it is compared with. */
  readonly allocation?: Allocation;
  /** When the improvement of cells ends: relative change of their error, and rounds. Default 0.005 and 250. */
  readonly lloyd?: { readonly tol?: number; readonly maxIter?: number };
  /** The largest number of hits that will be asked for, by which partitions must not be too small. Default 10. */
  readonly k?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Options of a search that say how much of the index is looked at. */
export interface FunnelOptions {
  /** Percent of a partition's candidates that the comparison of bits leaves; 100 leaves all. Default 10. */
  readonly hammingPercent?: number;
  /** Vectors that are read for each hit, in each partition. Default 2. */
  readonly refine?: number;
  /** Partitions within this multiple of the nearest one's distance are always searched. Default 1.15. */
  readonly centroidFactor?: number;
}

/** Options of one search. */
export interface SquashSearchOptions extends FunnelOptions {
  /** Conditions that every hit satisfies. Default: none. */
  readonly where?: readonly SquashPredicate[];
  /** `exact` reads vectors by rising lower bound until no other can be nearer. Default `approx`. */
  readonly mode?: 'approx' | 'exact';
}

/** How many vectors reached each stage of a search. */
export interface Funnel {
  /** Satisfied the conditions. */
  readonly matched: number;
  /** … and lie in a partition that was searched. */
  readonly issued: number;
  /** … and were left by the comparison of bits. */
  readonly hamming: number;
  /** … and by lower bounds. */
  readonly lb: number;
  /** Vectors that were read. */
  readonly exact: number;
  /** Partitions that were searched. */
  readonly partitions: number;
}

/** Hits, nearest first; equal distances by id. */
export interface SquashHits {
  readonly ids: Uint32Array;
  /** Euclidean distances. */
  readonly dists: Float32Array;
  readonly funnel: Funnel;
}

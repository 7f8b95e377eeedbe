/** What the codes of an index are made with, and where a thread keeps what it makes of a query. */
import { H_DATA_ROWS, H_MEAN, H_QUERY_ROWS, H_QUERY_SCALES, bits, padded, reduced, secondOffset, vectorsOffset } from '../layout';
import { QUERY_HEAD, queryLength } from './dot';

/** Components of an unfolded query that was not reduced. */
@inline
export function wideLength(): u32 {
  return (padded + 15) & ~15;
}

/** Whether rows have one code, of the whole vector, for both purposes. */
@inline
export function single(): bool {
  return bits != 0 && secondOffset == vectorsOffset;
}

@inline
export function mean(): usize { return load<u32>(H_MEAN); }
@inline
export function queryRows(): usize { return load<u32>(H_QUERY_ROWS); }
@inline
export function queryScales(): usize { return load<u32>(H_QUERY_SCALES); }
@inline
export function dataRows(): usize { return load<u32>(H_DATA_ROWS); }

/** Bytes of an unfolded query that was reduced, and of one that was not. */
@inline
export function narrowBytes(): u32 { return bits == 0 ? 0 : QUERY_HEAD + (queryLength(reduced, bits) << 1); }
@inline
export function wideBytes(): u32 { return bits == 0 ? 0 : QUERY_HEAD + (wideLength() << 1); }
/** Bytes of the floats of a vector while it is worked on: centred, then reduced. */
@inline
export function floatBytes(): u32 { return bits == 0 ? 0 : (wideLength() + queryLength(reduced, bits) + 4) << 2; }

/** Bytes that a slot of an index of codes needs besides. */
export function codeScratchBytes(): u32 {
  return 4 * narrowBytes() + wideBytes() + floatBytes();
}

/** The query, reduced and unfolded. */
export let narrowQuery: usize = 0;
/** The query, unfolded as it is. */
export let wideQuery: usize = 0;
/** Rows that others are compared with: while linking three at a time. */
export let basis: usize = 0;
/** The centred vector, then the reduced one. */
export let floats: usize = 0;

export function openCodes(at: usize): void {
  narrowQuery = at;
  basis = at + narrowBytes();
  wideQuery = basis + 3 * narrowBytes();
  floats = wideQuery + wideBytes();
}

/**
 * Where things lie in an index's memory: the host's side of assembly/layout.ts.
 *
 * @module
 */

const HEADER = 1024;

/** Addresses of the header's u32 fields. */
export const Header = {
  padded: HEADER + 4,
  metric: HEADER + 8,
  shift: HEADER + 12,
  vectors: HEADER + 16,
  vectorStride: HEADER + 20,
  links: HEADER + 24,
  linkStride: HEADER + 28,
  state: HEADER + 32,
  upper: HEADER + 36,
  m: HEADER + 40,
  efConstruction: HEADER + 44,
  seed: HEADER + 48,
  blocks: HEADER + 52,
  /** Two words: the row, and its level + 1 (0 while the graph is empty). */
  entryRow: HEADER + 56,
  entryLevel: HEADER + 60,
  tail: HEADER + 64,
  tailCount: HEADER + 68,
  live: HEADER + 72,
  leaving: HEADER + 76,
  /** A float. */
  alpha: HEADER + 80,
  flat: HEADER + 84,
  bits: HEADER + 88,
  reduced: HEADER + 92,
  squared: HEADER + 96,
  second: HEADER + 100,
  secondStride: HEADER + 104,
  secondBits: HEADER + 108,
  mean: HEADER + 112,
  queryRows: HEADER + 116,
  queryScales: HEADER + 120,
  dataRows: HEADER + 124,
} as const;

/** Fields of a thread's slot, as offsets. */
export const Slot = {
  visited: 0,
  visitedBytes: 4,
  buffer: 8,
  bufferKeys: 12,
  frontier: 16,
  frontierKeys: 20,
  scratch: 24,
} as const;

/** Bits of a row's state. */
export const State = { locked: 1, present: 2, linked: 4, tail: 8 } as const;

/** How the kernels compare: cosine is `dot` of normalised vectors. */
export const Metric = { dot: 0, euclid: 1, manhattan: 2 } as const;

const SLOTS = 2048;
const SLOT_BYTES = 64;

/** Threads that may build on one memory, and as many that may search it, besides the one that owns it. */
export const MAX_THREADS = 256;

/** Address of the directory of blocks, and how many it can name. */
export const DIRECTORY = 65536;
export const MAX_BLOCKS = 65536;

/** First address that an {@link Arena} gives out. */
export const ARENA_START = DIRECTORY + 4 * MAX_BLOCKS;

/** Slot 0 is the owner's, slot n + 1 that of thread n of the pool: first those that build, then those that search. */
export function slotAddress(slot: number): number {
  return SLOTS + slot * SLOT_BYTES;
}

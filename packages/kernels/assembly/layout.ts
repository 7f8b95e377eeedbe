/**
 * Where things lie in memory. One memory holds one index; every thread has its own instance of this module on it.
 *
 * No managed objects and no static data are used, so that instances need no runtime and cannot disturb each other:
 * what they share lies in memory, what is theirs lies in WebAssembly globals (filled by `bind`) and in their slot.
 * The offsets are mirrored by packages/kernels/src/layout.ts.
 */

// --- header: u32 fields -------------------------------------------------------------------------------------
export const HEADER: usize = 1024;
export const H_PADDED: usize = HEADER + 4; // floats of a stored vector, a multiple of 4; the rest is zero
export const H_METRIC: usize = HEADER + 8;
export const H_SHIFT: usize = HEADER + 12; // 2^shift rows to a block
export const H_VECTORS: usize = HEADER + 16; // offset of a region inside a block, then its stride
export const H_VECTOR_STRIDE: usize = HEADER + 20;
export const H_LINKS: usize = HEADER + 24;
export const H_LINK_STRIDE: usize = HEADER + 28;
export const H_STATE: usize = HEADER + 32; // u32 to a row
export const H_UPPER: usize = HEADER + 36; // u32 to a row: address of its links of levels >= 1
export const H_M: usize = HEADER + 40;
export const H_EF_CONSTRUCTION: usize = HEADER + 44;
export const H_SEED: usize = HEADER + 48;
export const H_BLOCKS: usize = HEADER + 52; // entries of the directory in use
export const H_ENTRY: usize = HEADER + 56; // u64: (level + 1) << 32 | row; 0 while the graph is empty
export const H_TAIL: usize = HEADER + 64; // u32 list of the rows that are not linked yet
export const H_TAIL_COUNT: usize = HEADER + 68;
export const H_LIVE: usize = HEADER + 72; // rows that may be returned
export const H_LEAVING: usize = HEADER + 76; // rows that are being taken out of the graph
export const H_ALPHA: usize = HEADER + 80; // f32: how much nearer a chosen neighbour must be to shadow another; 1 in HNSW
export const H_FLAT: usize = HEADER + 84; // 1: all rows are on the lowest level
// Of rows that are kept as codes (see codes/):
export const H_BITS: usize = HEADER + 88; // of a component of the reduced vector: 8 or 4; 0: rows are f32 vectors
export const H_REDUCED: usize = HEADER + 92; // components of the reduced vector
export const H_SQUARED: usize = HEADER + 96; // 1: codes are compared by squared Euclidean distance; 0: by dot product
export const H_SECOND: usize = HEADER + 100; // region of what candidates are compared by in the end, and its stride
export const H_SECOND_STRIDE: usize = HEADER + 104;
export const H_SECOND_BITS: usize = HEADER + 108; // of its components: 8 or 32
export const H_MEAN: usize = HEADER + 112; // f32 × padded: subtracted from data and queries
export const H_QUERY_ROWS: usize = HEADER + 116; // i16: reduced × wide, what reduces a query
export const H_QUERY_SCALES: usize = HEADER + 120; // f32 × reduced: what they are to be multiplied with
export const H_DATA_ROWS: usize = HEADER + 124; // f32: reduced × padded, what reduces a stored vector

// --- slots: one to a thread ---------------------------------------------------------------------------------
export const SLOTS: usize = 2048;
export const SLOT_BYTES: usize = 64;
export const S_VISITED: usize = 0; // bits, one to a row
export const S_VISITED_BYTES: usize = 4; // a multiple of 64
export const S_BUFFER: usize = 8; // u64 keys
export const S_BUFFER_KEYS: usize = 12;
export const S_FRONTIER: usize = 16; // u64 keys
export const S_FRONTIER_KEYS: usize = 20;
export const S_SCRATCH: usize = 24; // what `scratchBytes` asks for

// --- block directory: address of each block, 0 when it is not allocated --------------------------------------
export const DIRECTORY: usize = 65536;

// --- state of a row -----------------------------------------------------------------------------------------
export const LOCKED: u32 = 1;
export const PRESENT: u32 = 2; // holds a vector that may be returned
export const LINKED: u32 = 4; // is a node of the graph
export const TAIL: u32 = 8; // is found through the tail list; the walk leaves it out

export const MAX_LEVEL: u32 = 15;

export let padded: u32 = 0;
export let metric: u32 = 0;
export let shift: u32 = 0;
export let mask: u32 = 0;
export let vectorsOffset: usize = 0;
export let vectorStride: u32 = 0;
export let linksOffset: usize = 0;
export let linkStride: u32 = 0;
export let stateOffset: usize = 0;
export let upperOffset: usize = 0;
export let m: u32 = 0;
export let m0: u32 = 0;
export let efConstruction: u32 = 0;
export let seed: u32 = 0;
export let alpha: f32 = 1;
export let flat: bool = false;
export let bits: u32 = 0;
export let reduced: u32 = 0;
export let squared: bool = false;
export let secondOffset: usize = 0;
export let secondStride: u32 = 0;
export let secondBits: u32 = 0;
export let slot: usize = 0;

/** Reads the parameters of the memory's index; `index` is this thread's slot. */
export function bindLayout(index: u32): void {
  padded = load<u32>(H_PADDED);
  metric = load<u32>(H_METRIC);
  shift = load<u32>(H_SHIFT);
  mask = (1 << shift) - 1;
  vectorsOffset = load<u32>(H_VECTORS);
  vectorStride = load<u32>(H_VECTOR_STRIDE);
  linksOffset = load<u32>(H_LINKS);
  linkStride = load<u32>(H_LINK_STRIDE);
  stateOffset = load<u32>(H_STATE);
  upperOffset = load<u32>(H_UPPER);
  m = load<u32>(H_M);
  m0 = 2 * m;
  efConstruction = load<u32>(H_EF_CONSTRUCTION);
  seed = load<u32>(H_SEED);
  alpha = load<f32>(H_ALPHA);
  flat = load<u32>(H_FLAT) != 0;
  bits = load<u32>(H_BITS);
  reduced = load<u32>(H_REDUCED);
  squared = load<u32>(H_SQUARED) != 0;
  secondOffset = load<u32>(H_SECOND);
  secondStride = load<u32>(H_SECOND_STRIDE);
  secondBits = load<u32>(H_SECOND_BITS);
  slot = SLOTS + index * <u32>SLOT_BYTES;
}

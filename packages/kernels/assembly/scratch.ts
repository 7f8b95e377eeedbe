/** What a thread works with: its visited set, its key arrays and small fixed lists, all in its slot's memory. */
import { codeScratchBytes, openCodes } from './codes/tables';
import {
  S_BUFFER, S_BUFFER_KEYS, S_FRONTIER, S_FRONTIER_KEYS, S_SCRATCH, S_VISITED, S_VISITED_BYTES,
  MAX_LEVEL, m, m0, padded, slot,
} from './layout';

/** Candidates that one neighbour selection looks at, at most. */
export const MAX_CANDIDATES: u32 = 2048;
/** Queries that one pass over the rows answers. */
export const PASS: u32 = 8;

export let visited: usize = 0;
export let buffer: usize = 0;
export let bufferKeys: u32 = 0;
export let frontier: usize = 0;
export let frontierKeys: u32 = 0;
/** The query, padded. */
export let queryAt: usize = 0;
/** Rows met by the last `gather`, and the addresses of their vectors; room for a group of four past the end. */
export let gathered: usize = 0;
export let gatheredAt: usize = 0;
/** Rows chosen by the last neighbour selection, and the addresses of their vectors. */
export let chosen: usize = 0;
export let chosenAt: usize = 0;
/** Keys that the neighbour selection chooses from. */
export let candidates: usize = 0;
/** A row's own links per level while it is being linked. */
export let own: usize = 0;

/** Rows of a gather: a neighbour list, or a group while scanning. */
@inline
function listBytes(): u32 {
  return (m0 + 16) << 2;
}

/** Bytes of scratch that a slot of the bound index needs. */
export function scratchBytes(): u32 {
  return (padded << 2) * PASS + 4 * listBytes() + (MAX_CANDIDATES << 3) + (MAX_LEVEL + 1) * ((m0 + 1) << 2) + codeScratchBytes() + 64;
}

/** Reads the slot: the main thread may have enlarged its arrays since the last call. */
export function openScratch(): void {
  visited = load<u32>(slot + S_VISITED);
  buffer = load<u32>(slot + S_BUFFER);
  bufferKeys = load<u32>(slot + S_BUFFER_KEYS);
  frontier = load<u32>(slot + S_FRONTIER);
  frontierKeys = load<u32>(slot + S_FRONTIER_KEYS);
  let at: usize = load<u32>(slot + S_SCRATCH);
  queryAt = at;
  at += (padded << 2) * PASS;
  openCodes(at);
  at += codeScratchBytes();
  candidates = at;
  at += MAX_CANDIDATES << 3;
  gathered = at;
  at += listBytes();
  gatheredAt = at;
  at += listBytes();
  chosen = at;
  at += listBytes();
  chosenAt = at;
  at += listBytes();
  own = at;
}

export function clearVisited(): void {
  const zero = i64x2.splat(0);
  const end = visited + load<u32>(slot + S_VISITED_BYTES);
  for (let at = visited; at < end; at += 64) {
    v128.store(at, zero);
    v128.store(at, zero, 16);
    v128.store(at, zero, 32);
    v128.store(at, zero, 48);
  }
}

/** Marks a row as visited; false when it was already. */
@inline
export function visit(row: u32): bool {
  const at = visited + ((row >> 5) << 2);
  const word = load<u32>(at);
  const bit: u32 = 1 << (row & 31);
  store<u32>(at, word | bit);
  return (word & bit) == 0;
}

/** Rows: where each one's vector, links and state are, and what its state says. */
import {
  DIRECTORY, H_BLOCKS, LINKED, LOCKED, MAX_LEVEL, PRESENT, TAIL,
  flat, linkStride, linksOffset, m, m0, mask, secondOffset, secondStride, seed, shift, stateOffset, upperOffset, vectorStride, vectorsOffset,
} from './layout';

@inline
export function blockOf(row: u32): usize {
  return load<u32>(DIRECTORY + ((row >> shift) << 2));
}

@inline
export function vectorAt(row: u32): usize {
  return blockOf(row) + vectorsOffset + (row & mask) * vectorStride;
}

/** What the row is compared by in the end, where rows are kept as codes. */
@inline
export function secondAt(row: u32): usize {
  return blockOf(row) + secondOffset + (row & mask) * secondStride;
}

@inline
export function stateAt(row: u32): usize {
  return blockOf(row) + stateOffset + ((row & mask) << 2);
}

/** Links of a row on a level: row + 1 each, ended by 0 or by the capacity. */
@inline
export function linksAt(row: u32, level: u32): usize {
  if (level == 0) return blockOf(row) + linksOffset + (row & mask) * linkStride;
  return load<u32>(blockOf(row) + upperOffset + ((row & mask) << 2)) + (level - 1) * (m << 2);
}

@inline
export function linkCapacity(level: u32): u32 {
  return level == 0 ? m0 : m;
}

/** Whether a walk may return the row (tail rows are found through the tail list). */
@inline
export function walkable(row: u32): bool {
  return (load<u32>(stateAt(row)) & (PRESENT | TAIL)) == PRESENT;
}

@inline
export function inBits(bits: usize, row: u32): bool {
  return (load<u32>(bits + ((row >> 5) << 2)) & (1 << (row & 31))) != 0;
}

/** Number of rows that the directory can name. */
@inline
export function rowLimit(): u32 {
  return load<u32>(H_BLOCKS) << shift;
}

/** Level of a row: a hash of (seed, row) makes level l as likely as m^-l. */
export function levelOf(row: u32): u32 {
  if (flat) return 0;
  let h = row * 0x9e3779b1 + seed * 0x85ebca77 + 0xc2b2ae3d;
  h = (h ^ (h >> 16)) * 0x7feb352d;
  h = (h ^ (h >> 15)) * 0x846ca68b;
  h ^= h >> 16;
  let level: u32 = 0;
  for (let t = u32(0xffffffff) / m; h < t && level < MAX_LEVEL; t /= m) level++;
  return level;
}

/** Takes the lock of a row's links. Threads that wait sleep: the holder may have lost its core. */
export function lock(row: u32): void {
  const at = stateAt(row);
  let spins = 0;
  while (true) {
    const old = atomic.or<u32>(at, LOCKED);
    if ((old & LOCKED) == 0) return;
    if (++spins > 100) memory.atomic.wait32(at, <i32>old, 50_000);
  }
}

@inline
export function unlock(row: u32): void {
  atomic.and<u32>(stateAt(row), ~LOCKED);
}

@inline
export function setLinked(row: u32): void {
  atomic.or<u32>(stateAt(row), LINKED);
}

/**
 * A distance and a row packed into one u64 that sorts by distance, then by row. The lowest bit is a mark
 * ("already expanded") that does not disturb the order, as every row occurs once.
 */

export const MARK: u64 = 1;

@inline
export function keyOf(distance: f32, row: u32): u64 {
  const bits = reinterpret<i32>(distance);
  return (u64(<u32>(bits ^ ((bits >> 31) | 0x80000000))) << 32) | (u64(row) << 1);
}

@inline
export function rowOf(key: u64): u32 {
  return <u32>key >> 1;
}

@inline
export function distanceOf(key: u64): f32 {
  const bits = <i32>(key >> 32);
  return reinterpret<f32>(bits ^ (~(bits >> 31) | 0x80000000));
}

/** Position of the first of `count` sorted keys that is not smaller than `key`. */
@inline
function lowerBound(keys: usize, count: u32, key: u64): u32 {
  let low: u32 = 0;
  while (count > 0) {
    const half = count >> 1;
    const smaller = load<u64>(keys + ((low + half) << 3)) < key;
    low = select(low + half + 1, low, smaller);
    count = select(count - half - 1, half, smaller);
  }
  return low;
}

/**
 * Inserts into a sorted array that keeps at most `capacity` keys, dropping the largest. The caller has checked
 * that the key belongs in. Returns the position.
 */
@inline
export function insertSorted(keys: usize, count: u32, capacity: u32, key: u64): u32 {
  const position = lowerBound(keys, count, key);
  const from = keys + (position << 3);
  let end = keys + ((count < capacity ? count : capacity - 1) << 3);
  for (; end >= from + 16; end -= 16) v128.store(end - 8, v128.load(end - 16));
  if (end > from) store<u64>(end, load<u64>(end - 8));
  store<u64>(from, key);
  return position;
}

/** Max-heap: puts `key` at `hole` and lets it sink. */
function sinkLargest(heap: usize, count: u32, hole: u32, key: u64): void {
  while (true) {
    let child: u32 = 2 * hole + 1;
    if (child >= count) break;
    if (child + 1 < count && load<u64>(heap + (child << 3)) < load<u64>(heap + ((child + 1) << 3))) child++;
    const at = load<u64>(heap + (child << 3));
    if (at <= key) break;
    store<u64>(heap + (hole << 3), at);
    hole = child;
  }
  store<u64>(heap + (hole << 3), key);
}

/** Keeps the `capacity` smallest keys seen in a max-heap; returns the new count. */
@inline
export function keepSmallest(heap: usize, count: u32, capacity: u32, key: u64): u32 {
  if (count == capacity) {
    if (key < load<u64>(heap)) sinkLargest(heap, count, 0, key);
    return count;
  }
  let hole = count;
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    const at = load<u64>(heap + (parent << 3));
    if (at >= key) break;
    store<u64>(heap + (hole << 3), at);
    hole = parent;
  }
  store<u64>(heap + (hole << 3), key);
  return count + 1;
}

/** Sorts a max-heap ascending, in place. */
export function sortHeap(heap: usize, count: u32): void {
  for (let end = count; end > 1; end--) {
    const last = load<u64>(heap + ((end - 1) << 3));
    store<u64>(heap + ((end - 1) << 3), load<u64>(heap));
    sinkLargest(heap, end - 1, 0, last);
  }
}

/** Min-heap push. */
@inline
export function pushSmallest(heap: usize, count: u32, key: u64): void {
  let hole = count;
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    const at = load<u64>(heap + (parent << 3));
    if (at <= key) break;
    store<u64>(heap + (hole << 3), at);
    hole = parent;
  }
  store<u64>(heap + (hole << 3), key);
}

/** Min-heap pop of `heap[0]`; `count` includes it. */
export function popSmallest(heap: usize, count: u32): u64 {
  const top = load<u64>(heap);
  const rest = count - 1;
  const key = load<u64>(heap + (rest << 3));
  let hole: u32 = 0;
  while (true) {
    let child: u32 = 2 * hole + 1;
    if (child >= rest) break;
    if (child + 1 < rest && load<u64>(heap + ((child + 1) << 3)) < load<u64>(heap + (child << 3))) child++;
    const at = load<u64>(heap + (child << 3));
    if (at >= key) break;
    store<u64>(heap + (hole << 3), at);
    hole = child;
  }
  store<u64>(heap + (hole << 3), key);
  return top;
}

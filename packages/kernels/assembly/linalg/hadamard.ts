// The Walsh-Hadamard transform, depth first: what fits into the first cache is finished before the next part is touched,
// and three levels at a time, so that each number is read and written a third as often.

/** Bytes that stay in the first cache. */
const NEAR: usize = 16384;

// @ts-ignore: decorator
@inline
function two(at: usize, span: usize): void {
  for (const end = at + span; at < end; at += 16) {
    const a = v128.load(at);
    const b = v128.load(at + span);
    v128.store(at, f64x2.add(a, b));
    v128.store(at + span, f64x2.sub(a, b));
  }
}

// @ts-ignore: decorator
@inline
function four(at: usize, span: usize): void {
  for (const end = at + span; at < end; at += 16) {
    const a = v128.load(at);
    const b = v128.load(at + span);
    const c = v128.load(at + 2 * span);
    const d = v128.load(at + 3 * span);
    const ab = f64x2.add(a, b);
    const cd = f64x2.add(c, d);
    const aB = f64x2.sub(a, b);
    const cD = f64x2.sub(c, d);
    v128.store(at, f64x2.add(ab, cd));
    v128.store(at + span, f64x2.add(aB, cD));
    v128.store(at + 2 * span, f64x2.sub(ab, cd));
    v128.store(at + 3 * span, f64x2.sub(aB, cD));
  }
}

// @ts-ignore: decorator
@inline
function eight(at: usize, span: usize): void {
  for (const end = at + span; at < end; at += 16) {
    let a = v128.load(at);
    let b = v128.load(at + span);
    let c = v128.load(at + 2 * span);
    let d = v128.load(at + 3 * span);
    let e = v128.load(at + 4 * span);
    let f = v128.load(at + 5 * span);
    let g = v128.load(at + 6 * span);
    let h = v128.load(at + 7 * span);
    let t = f64x2.add(a, b);
    b = f64x2.sub(a, b);
    a = t;
    t = f64x2.add(c, d);
    d = f64x2.sub(c, d);
    c = t;
    t = f64x2.add(e, f);
    f = f64x2.sub(e, f);
    e = t;
    t = f64x2.add(g, h);
    h = f64x2.sub(g, h);
    g = t;
    t = f64x2.add(a, c);
    c = f64x2.sub(a, c);
    a = t;
    t = f64x2.add(b, d);
    d = f64x2.sub(b, d);
    b = t;
    t = f64x2.add(e, g);
    g = f64x2.sub(e, g);
    e = t;
    t = f64x2.add(f, h);
    h = f64x2.sub(f, h);
    f = t;
    v128.store(at, f64x2.add(a, e));
    v128.store(at + span, f64x2.add(b, f));
    v128.store(at + 2 * span, f64x2.add(c, g));
    v128.store(at + 3 * span, f64x2.add(d, h));
    v128.store(at + 4 * span, f64x2.sub(a, e));
    v128.store(at + 5 * span, f64x2.sub(b, f));
    v128.store(at + 6 * span, f64x2.sub(c, g));
    v128.store(at + 7 * span, f64x2.sub(d, h));
  }
}

function transform(at: usize, bytes: usize, span: usize): void {
  if (bytes > NEAR && bytes >= 64 * span) {
    const part = bytes >> 3;
    for (let k: usize = 0; k < 8; k++) transform(at + k * part, part, span);
    eight(at, part);
    return;
  }
  const end = at + bytes;
  const first = ctz(bytes / span) % 3;
  if (first == 1) for (let block = at; block < end; block += 2 * span) two(block, span);
  if (first == 2) for (let block = at; block < end; block += 4 * span) four(block, span);
  for (let near = span << first; near < bytes; near <<= 3)
    for (let block = at; block < end; block += 8 * near) eight(block, near);
}

/** Transforms the columns of a `rows` x `cols` matrix of float64 in place; rows is a power of 2, cols even. */
export function hadamard64(rows: i32, cols: i32, at: usize): void {
  const span = (<usize>cols) << 3;
  transform(at, (<usize>rows) * span, span);
}

/**
 * Adds to row i of `target` row `picks[i] mod 2^bits` of `source`, with the sign that the transform of the blocks gives to
 * block `block`: that of entry (picks[i] / 2^bits, block) of the Hadamard matrix. `cols` is even.
 */
export function hadamardPick64(
  count: i32, cols: i32, block: i32, bits: i32, picks: usize, source: usize, target: usize,
): void {
  const span = (<usize>cols) << 3;
  const mask = (1 << bits) - 1;
  for (let i = 0; i < count; i++) {
    const pick = load<i32>(picks + ((<usize>i) << 2));
    let from = source + (<usize>(pick & mask)) * span;
    const end = from + span;
    if (popcnt((pick >>> bits) & block) & 1) {
      for (; from < end; from += 16) {
        v128.store(target, f64x2.sub(v128.load(target), v128.load(from)));
        target += 16;
      }
    } else {
      for (; from < end; from += 16) {
        v128.store(target, f64x2.add(v128.load(target), v128.load(from)));
        target += 16;
      }
    }
  }
}

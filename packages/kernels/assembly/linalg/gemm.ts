// C += alpha * A * B in the manner of Goto and van de Geijn (ACM TOMS 34(3), 2008): blocks of A and B are packed
// into panels that stay in the caches, and a 4 x (2 vectors) tile of C lives in registers. Plain SIMD without
// fused multiply-add: the same bits on every machine.

/** Depth of a packed block. */
const KC: i32 = 256;
/** Rows of A in a packed block (it stays in the second-level cache). */
const MC: i32 = 128;
/** Bytes of one row of the packed block of B. */
const NC_BYTES: i32 = 4096;
/** Rows of a register tile. */
const MR: i32 = 4;

/** Bytes of packing space that {@link gemm} needs. */
export const PACK_BYTES: usize = <usize>KC * (MC * 8 + NC_BYTES);

/** Static packing space, 16-byte aligned. */
const packing: usize = memory.data(<i32>PACK_BYTES, 16);
const tile: usize = memory.data(128, 16);

// @ts-ignore: decorator
@inline
function lanes<T>(): i32 {
  return 16 / <i32>sizeof<T>();
}

/**
 * Packs `count` lines of depth `depth` into panels of `width` lines: panel after panel, depth index outside, line
 * index inside; missing lines of the last panel become zeros. Strides are in bytes.
 */
function pack<T>(width: i32, count: i32, depth: i32, source: usize, line: usize, deep: usize, target: usize): void {
  const size = sizeof<T>();
  for (let i = 0; i < count; i += width) {
    const panel = source + <usize>i * line;
    const left = min(width, count - i);
    if (left == width && line == size) {
      packContiguous(width * <i32>size, depth, panel, deep, target);
    } else if (left == width && deep == size) {
      packAcross<T>(width, depth, panel, line, target);
    } else {
      packEdge<T>(width, left, depth, panel, line, deep, target);
    }
    target += <usize>(width * depth) * size;
  }
}

/** The lines lie side by side: copy `bytes` (16 or 32) per depth step. */
function packContiguous(bytes: i32, depth: i32, source: usize, deep: usize, target: usize): void {
  if (bytes == 16) {
    for (let k = 0; k < depth; k++) {
      v128.store(target, v128.load(source));
      source += deep;
      target += 16;
    }
    return;
  }
  for (let k = 0; k < depth; k++) {
    v128.store(target, v128.load(source));
    v128.store(target, v128.load(source, 16), 16);
    source += deep;
    target += 32;
  }
}

/** Each line is contiguous in depth: transpose squares of the vector width. */
function packAcross<T>(width: i32, depth: i32, source: usize, line: usize, target: usize): void {
  const step = <usize>width * sizeof<T>();
  for (let first = 0; first < width; first += lanes<T>()) {
    const p0 = source + <usize>first * line;
    let out = target + <usize>first * sizeof<T>();
    let k = 0;
    if (sizeof<T>() == 4) {
      for (; k + 4 <= depth; k += 4) {
        const at = p0 + ((<usize>k) << 2);
        const r0 = v128.load(at);
        const r1 = v128.load(at + line);
        const r2 = v128.load(at + 2 * line);
        const r3 = v128.load(at + 3 * line);
        const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
        const b = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const c = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
        const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        v128.store(out, v128.shuffle<f64>(a, c, 0, 2));
        v128.store(out + step, v128.shuffle<f64>(a, c, 1, 3));
        v128.store(out + 2 * step, v128.shuffle<f64>(b, d, 0, 2));
        v128.store(out + 3 * step, v128.shuffle<f64>(b, d, 1, 3));
        out += 4 * step;
      }
    } else {
      for (; k + 2 <= depth; k += 2) {
        const at = p0 + ((<usize>k) << 3);
        const r0 = v128.load(at);
        const r1 = v128.load(at + line);
        v128.store(out, v128.shuffle<f64>(r0, r1, 0, 2));
        v128.store(out + step, v128.shuffle<f64>(r0, r1, 1, 3));
        out += 2 * step;
      }
    }
    for (; k < depth; k++) {
      for (let i = 0; i < lanes<T>(); i++) {
        store<T>(out + <usize>i * sizeof<T>(), load<T>(p0 + <usize>i * line + <usize>k * sizeof<T>()));
      }
      out += step;
    }
  }
}

/** Any strides, `left` lines of `width` present. */
function packEdge<T>(
  width: i32, left: i32, depth: i32, source: usize, line: usize, deep: usize, target: usize,
): void {
  for (let k = 0; k < depth; k++) {
    let at = source + <usize>k * deep;
    for (let i = 0; i < width; i++) {
      store<T>(target, i < left ? load<T>(at) : <T>0);
      at += line;
      target += sizeof<T>();
    }
  }
}

/** One register tile: `C[0..4, 0..2 vectors] += alpha * A panel * B panel`; `ldc` in bytes. */
function kernel<T>(depth: i32, alpha: T, a: usize, b: usize, c: usize, ldc: usize): void {
  const zero = v128.splat<T>(<T>0);
  let c00 = zero;
  let c01 = zero;
  let c10 = zero;
  let c11 = zero;
  let c20 = zero;
  let c21 = zero;
  let c30 = zero;
  let c31 = zero;
  const end = a + <usize>(depth * MR) * sizeof<T>();
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<T>(a);
    c00 = v128.add<T>(c00, v128.mul<T>(a0, b0));
    c01 = v128.add<T>(c01, v128.mul<T>(a0, b1));
    const a1 = v128.load_splat<T>(a, sizeof<T>());
    c10 = v128.add<T>(c10, v128.mul<T>(a1, b0));
    c11 = v128.add<T>(c11, v128.mul<T>(a1, b1));
    const a2 = v128.load_splat<T>(a, 2 * sizeof<T>());
    c20 = v128.add<T>(c20, v128.mul<T>(a2, b0));
    c21 = v128.add<T>(c21, v128.mul<T>(a2, b1));
    const a3 = v128.load_splat<T>(a, 3 * sizeof<T>());
    c30 = v128.add<T>(c30, v128.mul<T>(a3, b0));
    c31 = v128.add<T>(c31, v128.mul<T>(a3, b1));
    a += MR * sizeof<T>();
    b += 32;
  }
  const f = v128.splat<T>(alpha);
  let at = c;
  v128.store(at, v128.add<T>(v128.load(at), v128.mul<T>(f, c00)));
  v128.store(at, v128.add<T>(v128.load(at, 16), v128.mul<T>(f, c01)), 16);
  at += ldc;
  v128.store(at, v128.add<T>(v128.load(at), v128.mul<T>(f, c10)));
  v128.store(at, v128.add<T>(v128.load(at, 16), v128.mul<T>(f, c11)), 16);
  at += ldc;
  v128.store(at, v128.add<T>(v128.load(at), v128.mul<T>(f, c20)));
  v128.store(at, v128.add<T>(v128.load(at, 16), v128.mul<T>(f, c21)), 16);
  at += ldc;
  v128.store(at, v128.add<T>(v128.load(at), v128.mul<T>(f, c30)));
  v128.store(at, v128.add<T>(v128.load(at, 16), v128.mul<T>(f, c31)), 16);
}

/** {@link kernel} for the first vector of each row only, into a tile of zeros with rows of 32 bytes. */
function narrowKernel<T>(depth: i32, alpha: T, a: usize, b: usize, c: usize): void {
  const zero = v128.splat<T>(<T>0);
  let c0 = zero;
  let c1 = zero;
  let c2 = zero;
  let c3 = zero;
  const end = a + <usize>(depth * MR) * sizeof<T>();
  while (a < end) {
    const b0 = v128.load(b);
    c0 = v128.add<T>(c0, v128.mul<T>(v128.load_splat<T>(a), b0));
    c1 = v128.add<T>(c1, v128.mul<T>(v128.load_splat<T>(a, sizeof<T>()), b0));
    c2 = v128.add<T>(c2, v128.mul<T>(v128.load_splat<T>(a, 2 * sizeof<T>()), b0));
    c3 = v128.add<T>(c3, v128.mul<T>(v128.load_splat<T>(a, 3 * sizeof<T>()), b0));
    a += MR * sizeof<T>();
    b += 32;
  }
  const f = v128.splat<T>(alpha);
  v128.store(c, v128.mul<T>(f, c0));
  v128.store(c, v128.mul<T>(f, c1), 32);
  v128.store(c, v128.mul<T>(f, c2), 64);
  v128.store(c, v128.mul<T>(f, c3), 96);
}

/** A tile at the edge of C: computed whole in `tile`, then the part that exists is added. */
function edge<T>(rows: i32, cols: i32, depth: i32, alpha: T, a: usize, b: usize, c: usize, ldc: usize): void {
  if (cols <= lanes<T>()) {
    narrowKernel<T>(depth, alpha, a, b, tile);
  } else {
    memory.fill(tile, 0, 128);
    kernel<T>(depth, alpha, a, b, tile, 32);
  }
  for (let i = 0; i < rows; i++) {
    const from = tile + <usize>i * 32;
    const to = c + <usize>i * ldc;
    for (let j: usize = 0; j < <usize>cols; j++) {
      const at = to + j * sizeof<T>();
      store<T>(at, load<T>(at) + load<T>(from + j * sizeof<T>()));
    }
  }
}

/**
 * `C += alpha A B` with `A` m x k and `B` k x n at any strides (row stride, column stride) and `C` m x n with
 * unit column stride. All strides are in elements.
 */
export function gemm<T>(
  m: i32, n: i32, k: i32, alpha: T,
  a: usize, aRow: i32, aCol: i32, b: usize, bRow: i32, bCol: i32, c: usize, ldc: i32,
): void {
  const size = sizeof<T>();
  const ar = <usize>aRow * size;
  const ac = <usize>aCol * size;
  const br = <usize>bRow * size;
  const bc = <usize>bCol * size;
  const lc = <usize>ldc * size;
  const width = 2 * lanes<T>();
  const nc = NC_BYTES / <i32>size;
  const packedA = packing;
  const packedB = packing + <usize>(KC * MC * 8);
  for (let jc = 0; jc < n; jc += nc) {
    const nb = min(nc, n - jc);
    for (let pc = 0; pc < k; pc += KC) {
      const kb = min(KC, k - pc);
      pack<T>(width, nb, kb, b + <usize>pc * br + <usize>jc * bc, bc, br, packedB);
      for (let ic = 0; ic < m; ic += MC) {
        const mb = min(MC, m - ic);
        pack<T>(MR, mb, kb, a + <usize>ic * ar + <usize>pc * ac, ar, ac, packedA);
        for (let j = 0; j < nb; j += width) {
          const pb = packedB + <usize>(j * kb) * size;
          for (let i = 0; i < mb; i += MR) {
            const pa = packedA + <usize>(i * kb) * size;
            const pcTile = c + <usize>(ic + i) * lc + <usize>(jc + j) * size;
            const rows = min(MR, mb - i);
            const cols = min(width, nb - j);
            if (rows == MR && cols == width) kernel<T>(kb, alpha, pa, pb, pcTile, lc);
            else edge<T>(rows, cols, kb, alpha, pa, pb, pcTile, lc);
          }
        }
      }
    }
  }
}

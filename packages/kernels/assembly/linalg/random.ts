// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011) and what is made
// of its words. Integer arithmetic, IEEE operations and software logarithms only: identical on every machine.

/**
 * Writes the words of `blocks` counters from `(c0, c1, c2, c3)` on (the first two words are counted up as one 64-bit
 * number): 16 bytes a block.
 */
export function philox(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32, blocks: i32, target: usize): void {
  let counter = ((<u64>c1) << 32) | <u64>c0;
  for (let b = 0; b < blocks; b++) {
    let x0 = <u32>counter;
    let x1 = <u32>(counter >> 32);
    let x2 = c2;
    let x3 = c3;
    let a = k0;
    let z = k1;
    for (let round = 0; round < 10; round++) {
      const p = <u64>x0 * 0xd2511f53;
      const q = <u64>x2 * 0xcd9e8d57;
      x0 = <u32>(q >> 32) ^ x1 ^ a;
      x1 = <u32>q;
      x2 = <u32>(p >> 32) ^ x3 ^ z;
      x3 = <u32>p;
      a += 0x9e3779b9;
      z += 0xbb67ae85;
    }
    store<u32>(target, x0);
    store<u32>(target, x1, 4);
    store<u32>(target, x2, 8);
    store<u32>(target, x3, 12);
    target += 16;
    counter++;
  }
}

/** A 53-bit number in [0, 1) of two words. */
// @ts-ignore: decorator
@inline
function unit(at: usize): f64 {
  return <f64>(load<u64>(at) >> 11) * (1.0 / 9007199254740992.0);
}

/** Turns pairs of words into uniform float64 in [0, 1), in place. */
export function uniforms(n: i32, at: usize): void {
  for (let i = 0; i < n; i++) {
    store<f64>(at, unit(at));
    at += 8;
  }
}

/** Turns pairs of words into standard normal float64, in place. */
export function normals(n: i32, at: usize): void {
  for (let i = 0; i < n; i++) {
    store<f64>(at, quantile(<f64>((load<u64>(at) >> 12) * 2 + 1) * (1.0 / 9007199254740992.0)));
    at += 8;
  }
}

/** Quantile of the standard normal distribution for 0 < p < 1: Wichura, algorithm AS 241 (PPND16), 1988. */
export function quantile(p: f64): f64 {
  const q = p - 0.5;
  if (abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    const num = (((((((r * 2509.0809287301226727 + 33430.575583588128105) * r + 67265.770927008700853) * r +
      45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r +
      133.14166789178437745) * r + 3.387132872796366608);
    const den = (((((((r * 5226.495278852545925 + 28729.085735721942674) * r + 39307.89580009271061) * r +
      21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r +
      42.313330701600911252) * r + 1);
    return q * num / den;
  }
  let r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  let value: f64;
  if (r <= 5) {
    r -= 1.6;
    const num = (((((((r * 7.7454501427834140764e-4 + 0.0227238449892691845833) * r + 0.24178072517745061177) * r +
      1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r +
      4.6303378461565452959) * r + 1.42343711074968357734);
    const den = (((((((r * 1.05075007164441684324e-9 + 5.475938084995344946e-4) * r +
      0.0151986665636164571966) * r + 0.14810397642748007459) * r + 0.68976733498510000455) * r +
      1.6763848301838038494) * r + 2.05319162663775882187) * r + 1);
    value = num / den;
  } else {
    r -= 5;
    const num = (((((((r * 2.01033439929228813265e-7 + 2.71155556874348757815e-5) * r +
      0.0012426609473880784386) * r + 0.026532189526576123093) * r + 0.29656057182850489123) * r +
      1.7848265399172913358) * r + 5.4637849111641143699) * r + 6.6579046435011037772);
    const den = (((((((r * 2.04426310338993978564e-15 + 1.4215117583164458887e-7) * r +
      1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r + 0.0148753612908506148525) * r +
      0.13692988092273580531) * r + 0.59983220655588793769) * r + 1);
    value = num / den;
  }
  return q < 0 ? -value : value;
}

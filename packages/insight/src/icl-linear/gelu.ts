/**
 * The exact GELU in 64-bit, and products made of it.
 *
 * @module
 */

/** erf by its Taylor series below 2, by the continued fraction of erfc above; absolute error below 1e-15. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2) {
    let term = x;
    let sum = x;
    for (let k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
      term *= (-x * x) / k;
      sum += term / (2 * k + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = size;
  for (let k = 120; k >= 1; k--) fraction = size + k / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-size * size) / (fraction * Math.sqrt(Math.PI)));
}

/** x Φ(x). */
export function gelu(x: number): number {
  return (x / 2) * (1 + erf(x / Math.SQRT2));
}

/**
 * xy ≈ √(π/2) / ε² · (GELU(ε (x + y)) − GELU(ε x) − GELU(ε y)): what a feed-forward layer can multiply. The error is
 * of order ε² until rounding, of order 1e-16 / ε², takes over.
 */
export function geluProduct(x: number, y: number, epsilon: number): number {
  const sum = gelu(epsilon * (x + y)) - gelu(epsilon * x) - gelu(epsilon * y);
  return (Math.sqrt(Math.PI / 2) / epsilon ** 2) * sum;
}

/**
 * Hashes by whole-number arithmetic that never rounds.
 *
 * @module
 */
import type { Rng } from '@fletch/linalg';

/** The prime of ROBE's hashes. */
export const ROBE_PRIME = 2_038_074_743;

/**
 * `a · x mod p` exactly.
 *
 * @param a - below p
 * @param x - below 2^32
 * @param p - below 2^31
 */
export function multiplyModulo(a: number, x: number, p: number): number {
  // No product exceeds 2^48: x is taken in two halves of 16 bits.
  const upper = Math.floor(x / 65536);
  return (((a * upper) % p) * 65536 + a * (x % 65536)) % p;
}

/** Whether a number below 2^31 is prime. */
function isPrime(value: number): boolean {
  if (value % 2 === 0) return value === 2;
  for (let d = 3; d * d <= value; d += 2) if (value % d === 0) return false;
  return value > 1;
}

/** A universal hash ((a x + b) mod p) mod buckets (Carter and Wegman, 1979). */
export interface UniversalHash {
  readonly a: number;
  readonly b: number;
  readonly p: number;
}

/** Buckets of DHE's hashes. */
export const DHE_BUCKETS = 1_000_000;

/** `count` hashes with primes from 10^6 to 2 · 10^6. */
export function universalHashes(count: number, random: Rng): UniversalHash[] {
  return Array.from({ length: count }, () => {
    let p = DHE_BUCKETS + random.integer(DHE_BUCKETS);
    while (!isPrime(p)) p++;
    return { a: 1 + random.integer(p - 1), b: random.integer(p), p };
  });
}

/** The bucket of an id. */
export const bucketOf = ({ a, b, p }: UniversalHash, id: number): number =>
  ((multiplyModulo(a, id, p) + b) % p) % DHE_BUCKETS;

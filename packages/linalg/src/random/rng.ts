/**
 * Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2,
 * 3, SC 2011).
 *
 * Every draw takes one 64-bit number of the stream, and what is made of it uses integers, the exactly rounded IEEE
 * operations and a software logarithm only: the same seed gives the same bits on every machine and engine.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { requireInteger } from '../checks.js';
import { type Arena, withArena } from '../core/arena.js';
import type { Real } from '../matrix.js';
import { cumulative, search } from './weights.js';

/** 64-bit draws that are made ahead for single calls. */
const AHEAD = 256;
const TWO_53 = 2 ** 53;
/** Draws that a bulk call makes at a time. */
const CHUNK = 1 << 16;

/**
 * The ten-round Philox4x32 function itself: four words of a counter and two of a key to four random words.
 *
 * @param counter - four 32-bit words
 * @param key - two 32-bit words
 */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>): Uint32Array {
  return withArena((arena) => {
    const at = arena.bytes(16);
    const [c0, c1, c2, c3] = Array.from(counter) as [number, number, number, number];
    arena.shared.philox(c0, c1, c2, c3, key[0]!, key[1]!, 1, at);
    return Uint32Array.from(arena.integers(at, 4));
  });
}

const high = (value: number) => Math.floor(value / 2 ** 32);

/** A stream of random numbers. Two with the same seed, stream and number of draws before are the same. */
export class Rng {
  readonly #key: readonly [number, number];
  readonly #stream: number;
  /** 64-bit numbers drawn so far. */
  #position = 0;
  #children = 0;
  #words = new Uint32Array(0);
  #wordsFrom = 0;

  /** Use {@link rng}. */
  constructor(key: readonly [number, number], stream: number) {
    this.#key = key;
    this.#stream = stream;
  }

  /** How many 64-bit numbers were drawn; setting it jumps there. */
  get position(): number {
    return this.#position;
  }

  set position(value: number) {
    requireInteger('position', value, 0);
    this.#position = value;
  }

  /** Two words of the next draw, low first. */
  #next(): readonly [number, number] {
    let offset = this.#position - this.#wordsFrom;
    if (offset < 0 || 2 * offset >= this.#words.length) {
      this.#wordsFrom = this.#position;
      this.#words = this.#generate(AHEAD, (arena, at) => Uint32Array.from(arena.integers(at, 2 * AHEAD)));
      offset = 0;
    }
    this.#position++;
    return [this.#words[2 * offset]!, this.#words[2 * offset + 1]!];
  }

  /** Makes `count` draws from the position on (which stays) in the kernels' memory, and reads them there. */
  #generate<R>(count: number, read: (arena: Arena, address: number) => R): R {
    const block = Math.floor(this.#position / 2);
    const blocks = Math.ceil((this.#position + count) / 2) - block;
    const [k0, k1] = this.#key;
    return withArena((arena) => {
      const address = arena.bytes(blocks * 16);
      arena.shared.philox(block, high(block), this.#stream, high(this.#stream), k0, k1, blocks, address);
      return read(arena, address + (this.#position - 2 * block) * 8);
    });
  }

  /** 32 random bits, as an integer from 0 to 2^32 - 1. */
  bits(): number {
    return this.#next()[1];
  }

  /** A 53-bit integer. */
  #integer53(): number {
    const [low, up] = this.#next();
    return up * 2097152 + (low >>> 11);
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  uniform(): number {
    return this.#integer53() / TWO_53;
  }

  /** Standard normal: the quantile function of a uniform number (Wichura's AS 241, 16 digits). */
  normal(): number {
    const [low, up] = this.#next();
    const p = (2 * (up * 1048576 + (low >>> 12)) + 1) / TWO_53;
    return withArena((arena) => arena.shared.quantile(p));
  }

  /**
   * Uniform integer from 0 to `below - 1`, without bias.
   *
   * @throws FletchError `INVALID_ARGUMENT` unless `below` is an integer from 1 to 2^53 - 1
   */
  integer(below: number): number {
    requireInteger('below', below, 1);
    const limit = TWO_53 - (TWO_53 % below);
    for (;;) {
      const value = this.#integer53();
      if (value < limit) return value % below;
    }
  }

  /** Fills `target` with what as many calls of {@link uniform} would give (rounded down for float32). */
  fillUniform<T extends Real>(target: T): T {
    this.#fill(target, 'uniforms');
    // Rounding to float32 may reach 1, which is not in the interval.
    if (target instanceof Float32Array)
      for (let i = 0; i < target.length; i++) if (target[i] === 1) target[i] = 1 - 2 ** -24;
    return target;
  }

  /** Fills `target` with what as many calls of {@link normal} would give. */
  fillNormal<T extends Real>(target: T): T {
    this.#fill(target, 'normals');
    return target;
  }

  #fill(target: Real, kind: 'uniforms' | 'normals'): void {
    for (let done = 0; done < target.length; done += CHUNK) {
      const count = Math.min(CHUNK, target.length - done);
      this.#generate(count, (arena, at) => {
        arena.shared[kind](count, at);
        target.set(arena.doubles(at, count), done);
      });
      this.#position += count;
    }
  }

  /**
   * An index, drawn with probability proportional to its weight.
   *
   * @param weights - not negative, finite, at least one positive
   * @throws FletchError `INVALID_ARGUMENT` naming the first bad weight, or when all are zero
   */
  categorical(weights: ArrayLike<number>): number {
    return this.categoricals(weights, 1)[0]!;
  }

  /** `count` independent draws of {@link categorical}. */
  categoricals(weights: ArrayLike<number>, count: number): Uint32Array {
    requireInteger('count', count, 0);
    const sums = cumulative(weights);
    const total = sums[sums.length - 1]!;
    return Uint32Array.from({ length: count }, () => search(sums, this.uniform() * total));
  }

  /** The numbers 0 to n - 1 in random order (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    requireInteger('n', n, 0, 2 ** 32 - 1);
    return this.shuffle(Uint32Array.from({ length: n }, (_, i) => i));
  }

  /** Brings an array into random order, in place. */
  shuffle<A extends { [index: number]: unknown; readonly length: number }>(array: A): A {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const keep = array[i];
      array[i] = array[j];
      array[j] = keep;
    }
    return array;
  }

  /**
   * `count` different numbers from 0 to n - 1, in random order.
   *
   * @throws FletchError `INVALID_ARGUMENT` when `count` exceeds `n`
   */
  sample(n: number, count: number): Uint32Array {
    requireInteger('n', n, 0, 2 ** 32 - 1);
    requireInteger('count', count, 0, n);
    // Fisher and Yates, remembering only what moved.
    const moved = new Map<number, number>();
    return Uint32Array.from({ length: count }, (_, i) => {
      const j = i + this.integer(n - i);
      const value = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
      return value;
    });
  }

  /**
   * An independent stream of its own: the i-th call gives the i-th child, whatever was drawn before.
   *
   * @param child - index of the child; default: the next one
   */
  split(child = this.#children++): Rng {
    requireInteger('child', child, 0);
    // The top bit of the last counter word is set here only: draws never use these counters.
    const words = philox4x32(
      [child, high(child), this.#stream, (high(this.#stream) | 0x80000000) >>> 0],
      this.#key,
    );
    return new Rng([words[0]!, words[1]!], 0);
  }
}

/**
 * A seeded stream of random numbers.
 *
 * @param seed - any safe integer that is not negative
 * @param stream - streams of one seed are independent; default 0
 * @throws FletchError `INVALID_ARGUMENT` for other seeds
 * @example
 * ```ts
 * const random = rng(42);
 * random.uniform(); // the same number everywhere, every time
 * ```
 */
export function rng(seed: number, stream = 0): Rng {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new FletchError('INVALID_ARGUMENT', `seed must be an integer from 0 to 2^53 - 1, not ${seed}.`, {
      details: { seed },
    });
  requireInteger('stream', stream, 0);
  return new Rng([seed % 2 ** 32, high(seed)], stream);
}

/**
 * Hands out parts of a growing shared WebAssembly memory. Only the thread that owns an index allocates; nothing
 * that was handed out ever moves.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { ARENA_START } from './layout.js';

const PAGE = 65536;
const ALIGNMENT = 64;
/** Pages that memory grows by at least. */
const STEP = 16;

/** The most pages a WebAssembly memory can have: 4 GiB. */
export const MAX_PAGES = 65536;

/** An allocator on a shared memory, with free lists by size. */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly #maximum: number;
  readonly #free = new Map<number, number[]>();
  #next = ARENA_START;
  #bytes!: Uint8Array;
  #words!: Uint32Array;
  #floats!: Float32Array;

  /** Most bytes that the memory may have. */
  get maximumBytes(): number {
    return this.#maximum * PAGE;
  }

  /** @param maximumPages - most 64 KiB pages the memory may grow to */
  constructor(maximumPages = MAX_PAGES) {
    this.#maximum = maximumPages;
    this.memory = new WebAssembly.Memory({
      initial: Math.ceil(ARENA_START / PAGE),
      maximum: maximumPages,
      shared: true,
    });
    this.#view();
  }

  /** The memory as bytes, words and floats; ask anew after every allocation. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get words(): Uint32Array {
    return this.#words;
  }

  get floats(): Float32Array {
    return this.#floats;
  }

  /**
   * Bytes at a multiple of 64, zeroed.
   *
   * @param spare - bytes that must still be free afterwards, for those who need less but cannot do without
   * @throws FletchError `OUT_OF_MEMORY` with the sizes
   */
  allocate(bytes: number, spare = 0): number {
    const size = roundUp(bytes);
    const reused = this.#free.get(size)?.pop();
    if (reused !== undefined) {
      this.#bytes.fill(0, reused, reused + size);
      return reused;
    }
    const address = this.#next;
    this.#grow(address + size, spare);
    this.#next += size;
    return address;
  }

  /** Takes back what {@link allocate} gave for `bytes`. */
  release(address: number, bytes: number): void {
    const size = roundUp(bytes);
    const list = this.#free.get(size);
    if (list) list.push(address);
    else this.#free.set(size, [address]);
  }

  #grow(end: number, spare: number): void {
    const have = this.memory.buffer.byteLength / PAGE;
    const need = Math.ceil(end / PAGE);
    const fits = need + Math.ceil(spare / PAGE) <= this.#maximum;
    if (need <= have && fits) return;
    try {
      if (!fits) throw new RangeError('maximum reached');
      this.memory.grow(Math.min(Math.max(need - have, STEP), this.#maximum - have));
    } catch (cause) {
      throw new FletchError(
        'OUT_OF_MEMORY',
        `The index needs ${end + spare} bytes of WebAssembly memory but may have ${this.#maximum * PAGE}: ` +
          'split the vectors over several indexes.',
        { details: { needed: end + spare, maximum: this.#maximum * PAGE }, cause },
      );
    }
    this.#view();
  }

  #view(): void {
    const { buffer } = this.memory;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#floats = new Float32Array(buffer);
  }
}

function roundUp(bytes: number): number {
  return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
}

/** A part of an arena that grows by replacing itself; its content is lost then. */
export class Area {
  readonly #arena: Arena;
  address = 0;
  bytes = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** At least `bytes` of room; returns the address. */
  ensure(bytes: number): number {
    if (bytes <= this.bytes) return this.address;
    const size = Math.max(ALIGNMENT, 2 ** Math.ceil(Math.log2(bytes)));
    const address = this.#arena.allocate(size);
    this.free();
    this.address = address;
    this.bytes = size;
    return address;
  }

  free(): void {
    if (this.bytes > 0) this.#arena.release(this.address, this.bytes);
    this.address = 0;
    this.bytes = 0;
  }
}

/**
 * Reads a file from front to back, a window at a time, and trusts no length that it is told.
 *
 * @module
 */
import type { FileBytes } from '@fletch/data';

/** Bytes that are read at once. */
const WINDOW = 2 ** 16;

/** Makes the error for what is wrong. */
export type Refuse = (what: string) => Error;

/** A place in a file from which is read on. */
export class Reader {
  readonly #bytes: FileBytes;
  readonly #refuse: Refuse;
  #window: Buffer = Buffer.alloc(0);
  /** Where the window begins. */
  #start = 0;
  #offset: number;
  /** Where reading must end. */
  #end: number;

  /** @param end - nothing beyond is read. Default: the end of the file */
  constructor(bytes: FileBytes, refuse: Refuse, begin = 0, end = bytes.size) {
    this.#bytes = bytes;
    this.#refuse = refuse;
    this.#offset = begin;
    this.#end = end;
  }

  get offset(): number {
    return this.#offset;
  }

  get left(): number {
    return this.#end - this.#offset;
  }

  /** Goes `length` bytes on. */
  skip(length: number): void {
    this.#check(length);
    this.#offset += length;
  }

  /** The next `length` bytes, as a view that holds until the next call. */
  async take(length: number): Promise<Buffer> {
    this.#check(length);
    const at = this.#offset - this.#start;
    this.#offset += length;
    if (at >= 0 && at + length <= this.#window.length) return this.#window.subarray(at, at + length);
    this.#start = this.#offset - length;
    const size = Math.min(Math.max(WINDOW, length), this.#bytes.size - this.#start);
    this.#window = await this.#bytes.read(this.#start, size);
    return this.#window.subarray(0, length);
  }

  async u32(): Promise<number> {
    return (await this.take(4)).readUInt32LE();
  }

  /** A 64-bit number that is a safe integer: sizes, counts, places. */
  async size(what: string): Promise<number> {
    const value = (await this.take(8)).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.#refuse(`${what} is ${value}`);
    return Number(value);
  }

  #check(length: number): void {
    if (length <= this.left) return;
    throw this.#refuse(
      `${length} bytes are needed at ${this.#offset}, but it ends at ${this.#end}: it was cut off, or a length in it lies`,
    );
  }
}

/** Text, or null for bytes that are no UTF-8. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

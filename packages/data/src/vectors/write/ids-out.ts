/**
 * Ids as an array of NumPy: 64-bit integers as long as there is no UUID, else strings of 36 bytes.
 *
 * @module
 */
import { npyHeader, npyHeaderSize } from './npy-out.js';
import type { StagedFile } from './staged.js';

/** Ids copied at once. */
const PIECE = 65_536;

const WIDTH = 36;

const text = (ids: readonly (number | string | bigint)[]): Buffer => {
  const bytes = Buffer.alloc(ids.length * WIDTH);
  for (const [i, id] of ids.entries()) bytes.write(String(id), i * WIDTH, 'latin1');
  return bytes;
};

/** Writes ids as they come. */
export class IdsWriter {
  readonly #file: StagedFile;
  #count = 0;
  #strings = false;

  constructor(file: StagedFile) {
    this.#file = file;
  }

  async write(ids: readonly (number | string)[]): Promise<void> {
    if (this.#count === 0) await this.#file.append(Buffer.alloc(npyHeaderSize));
    if (!this.#strings && ids.some((id) => typeof id === 'string')) await this.#becomeStrings();
    if (this.#strings) await this.#file.append(text(ids));
    else {
      const numbers = BigUint64Array.from(ids as number[], BigInt);
      await this.#file.append(new Uint8Array(numbers.buffer));
    }
    this.#count += ids.length;
  }

  async finish(): Promise<void> {
    const header = npyHeader(this.#strings ? `|S${WIDTH}` : '<u8', [this.#count]);
    if (this.#count === 0) await this.#file.append(header);
    else await this.#file.patch(header, 0);
  }

  /** Rewrites what is there from its end on, so that nothing is overwritten before it is read. */
  async #becomeStrings(): Promise<void> {
    this.#strings = true;
    if (this.#count === 0) return;
    for (let end = this.#count; end > 0; ) {
      const start = Math.max(0, end - PIECE);
      const raw = await this.#file.read(npyHeaderSize + 8 * start, 8 * (end - start));
      const ids = Array.from({ length: end - start }, (_, i) => raw.readBigUInt64LE(8 * i));
      await this.#file.patch(text(ids), npyHeaderSize + WIDTH * start);
      end = start;
    }
    this.#file.extendTo(npyHeaderSize + WIDTH * this.#count);
  }
}

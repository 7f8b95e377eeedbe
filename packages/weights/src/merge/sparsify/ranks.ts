/**
 * Which numbers stand at given places when all are sorted by size, found in two looks at pieces without sorting.
 *
 * @module
 */

const LOW = 16;
const bits = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** One place: its key and how many are smaller. */
interface Found {
  readonly key: number;
  readonly below: number;
}

/** Finds the keys at some places of the ascending order. */
export class RankFinder {
  static readonly looks = 2;
  readonly #ranks: readonly number[];
  readonly #high = new Uint32Array(1 << (31 - LOW));
  #bins: { readonly bin: number; readonly below: number; readonly low: Uint32Array }[] = [];

  /** @param ranks - places from 0 */
  constructor(ranks: readonly number[]) {
    this.#ranks = ranks;
  }

  /** Round 0 counts by the upper bits of the size, round 1 the rest within the bins that matter. */
  look(round: number, values: Float32Array): void {
    const words = bits(values);
    if (round === 0) {
      const high = this.#high;
      for (let i = 0; i < words.length; i++) high[(words[i]! & 0x7fffffff) >>> LOW]!++;
      return;
    }
    if (this.#bins.length === 0) for (const rank of this.#ranks) this.#bins.push(this.#locate(rank));
    for (const bin of new Set(this.#bins)) {
      const { bin: wanted, low } = bin;
      for (let i = 0; i < words.length; i++) {
        const key = words[i]! & 0x7fffffff;
        if (key >>> LOW === wanted) low[key & 0xffff]!++;
      }
    }
  }

  #locate(rank: number) {
    let below = 0;
    let bin = 0;
    while (bin < this.#high.length - 1 && below + this.#high[bin]! <= rank) below += this.#high[bin++]!;
    const same = this.#bins.find((one) => one.bin === bin);
    return same ?? { bin, below, low: new Uint32Array(1 << LOW) };
  }

  /** After both looks. */
  found(): Found[] {
    return this.#ranks.map((rank, i) => {
      const { bin, low, below: start } = this.#bins[i]!;
      let below = start;
      let at = 0;
      while (at < low.length - 1 && below + low[at]! <= rank) below += low[at++]!;
      return { key: bin * 2 ** LOW + at, below };
    });
  }
}

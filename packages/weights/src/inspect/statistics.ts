/**
 * The size and the spread of a tensor's numbers, and a sketch by which tensors that are alike are found.
 *
 * @module
 */

/** What the numbers of a tensor are like; NaN and infinite ones are counted and left out of everything else. */
export interface TensorStatistics {
  /** Root of the sum of squares. */
  readonly norm: number;
  /** The largest magnitude. */
  readonly largest: number;
  readonly mean: number;
  /** Standard deviation of the numbers, divided by their count. */
  readonly deviation: number;
  readonly zeros: number;
  readonly nan: number;
  readonly infinite: number;
}

/** Numbers in a sketch. */
const CELLS = 64;

/** Adds up statistics piece by piece. */
export class StatisticsSum {
  #count = 0;
  #sum = 0;
  #squares = 0;
  #largest = 0;
  #zeros = 0;
  #nan = 0;
  #infinite = 0;
  /**
   * Sums of the numbers with signs, number i into cell i mod 64 (Charikar, Chen and Farach-Colton, Theoretical Computer Science
   * 312, 2004): the sketch of a difference is the difference of the sketches.
   */
  readonly sketch = new Float64Array(CELLS);

  add(values: Float32Array): void {
    const { sketch } = this;
    let at = this.#count + this.#nan + this.#infinite;
    let [sum, squares, largest, zeros, bad] = [0, 0, this.#largest, 0, 0];
    for (let i = 0; i < values.length; i++, at++) {
      const value = values[i]!;
      // NaN and the infinite ones are the numbers of which this is not 0.
      if (value - value !== 0) {
        if (Number.isNaN(value)) this.#nan++;
        else this.#infinite++;
        bad++;
        continue;
      }
      sum += value;
      squares += value * value;
      const size = value < 0 ? -value : value;
      if (size > largest) largest = size;
      if (value === 0) zeros++;
      // The top bit of a product with an odd number of many ones: a sign for each place.
      if (Math.imul(at, 0x9e37_79b1) < 0) sketch[at & (CELLS - 1)]! += value;
      else sketch[at & (CELLS - 1)]! -= value;
    }
    this.#count += values.length - bad;
    this.#sum += sum;
    this.#squares += squares;
    this.#largest = largest;
    this.#zeros += zeros;
  }

  /** Of all that was added. */
  finish(): TensorStatistics {
    const count = Math.max(1, this.#count);
    const mean = this.#sum / count;
    return {
      norm: Math.sqrt(this.#squares),
      largest: this.#largest,
      mean,
      deviation: Math.sqrt(Math.max(0, this.#squares / count - mean * mean)),
      zeros: this.#zeros,
      nan: this.#nan,
      infinite: this.#infinite,
    };
  }
}

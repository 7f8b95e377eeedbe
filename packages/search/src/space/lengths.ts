/**
 * Lengths of vectors that an index keeps at unit length though they were stored as they are.
 *
 * @module
 */
import type { DenseSpec, MultiSpec } from './spec.js';

/** Integers compared by cosine: divided by their length in the index, and had back exactly by multiplying. */
export class Lengths {
  #lengths = new Float64Array(0);

  /** One for those specs whose index cannot give back what was stored. */
  static for({
    distance,
    datatype,
  }: Pick<DenseSpec | MultiSpec, 'distance' | 'datatype'>): Lengths | undefined {
    return distance === 'Cosine' && datatype === 'uint8' ? new Lengths() : undefined;
  }

  set(row: number, vector: Float32Array): void {
    if (row >= this.#lengths.length) {
      const grown = new Float64Array(Math.max(row + 1, this.#lengths.length * 2));
      grown.set(this.#lengths);
      this.#lengths = grown;
    }
    let squares = 0;
    for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
    this.#lengths[row] = Math.sqrt(squares);
  }

  /** Turns a row's unit vector into what was stored, in place. */
  restore(row: number, unit: Float32Array): void {
    const length = this.#lengths[row]!;
    for (let i = 0; i < unit.length; i++) unit[i] = Math.round(unit[i]! * length);
  }
}

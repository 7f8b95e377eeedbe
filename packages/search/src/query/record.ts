/**
 * Points as they are returned.
 *
 * @module
 */
import { payloadOf } from '../store/environment.js';
import { type PayloadCut, payloadCut, vectorNames } from '../store/select.js';
import type { View } from '../store/view.js';
import type {
  PayloadSelector,
  PointRecord,
  ScoredPoint,
  VectorOutput,
  VectorSelector,
  VectorStructOutput,
} from '../types/index.js';
import type { Hits } from './hits.js';

/** Which parts of points are asked for. */
export interface Selectors {
  readonly with_payload?: PayloadSelector | null | undefined;
  readonly with_vector?: VectorSelector | null | undefined;
}

/** Fills in what a caller asked of points. */
export class Recorder {
  readonly #view: View;
  readonly #cut: PayloadCut;
  readonly #names: readonly string[];

  /** Throws `INVALID_ARGUMENT` for selectors that are none. */
  constructor(view: View, { with_payload, with_vector }: Selectors, payloadByDefault: boolean) {
    this.#view = view;
    this.#cut = payloadCut(with_payload, payloadByDefault);
    this.#names = vectorNames(with_vector, view.vectorNames);
  }

  /** A point without a score. */
  record(row: number, value?: number): PointRecord {
    const cut = this.#cut;
    return {
      id: this.#view.id(row),
      ...(cut && { payload: cut(payloadOf(this.#view.point(row))) }),
      ...(this.#names.length > 0 && { vector: this.#vectors(row) }),
      ...(value !== undefined && { order_value: value }),
    };
  }

  /** A hit. */
  scored({ rows, scores, values }: Hits, i: number): ScoredPoint {
    const { id, ...rest } = this.record(rows[i]!, values?.[i]);
    return { id, version: this.#view.point(rows[i]!).version, score: scores[i]!, ...rest };
  }

  all(hits: Hits): ScoredPoint[] {
    return Array.from(hits.rows, (_, i) => this.scored(hits, i));
  }

  #vectors(row: number): VectorStructOutput {
    const found: [name: string, vector: VectorOutput][] = [];
    for (const name of this.#names) {
      const space = this.#view.space(name, 'with_vector');
      if (space.has(row)) found.push([name, space.output(space.vector(row))]);
    }
    // The unnamed vector stands alone where there is no other.
    if (found.length === 1 && found[0]![0] === '') return found[0]![1] as number[] | number[][];
    return Object.fromEntries(found);
  }
}

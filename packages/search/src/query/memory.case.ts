/**
 * A collection in memory whose spaces compare plainly, for tests of queries over vectors of every kind.
 *
 * @module
 */
import { Columns } from '../filter/columns.js';
import { compileFilter } from '../filter/compile.js';
import { Bitset } from '../index/bitset.js';
import type { Distance, IndexHits } from '../index/types.js';
import type { MultiValue, NearestOptions, SparseValue, VectorSpace, VectorValue } from '../space/types.js';
import { compareIds } from '../store/ids.js';
import type { View } from '../store/view.js';
import type { Payload, PayloadFieldSchema, PointId, VectorOutput } from '../types/index.js';
import { Reader } from './reader.js';

export type Written = number[] | number[][] | { indices: number[]; values: number[] };

export interface MemoryPoint {
  id: PointId;
  payload?: Payload;
  vectors: { [name: string]: Written };
}

const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
const unit = (values: number[], distance: Distance) =>
  distance === 'Cosine' && norm(values) > 0 ? values.map((value) => value / norm(values)) : values;

function dense(distance: Distance, a: ArrayLike<number>, b: ArrayLike<number>): number {
  const pairs = Array.from(a, (value, i) => [value, b[i]!] as const);
  if (distance === 'Euclid') return Math.sqrt(pairs.reduce((sum, [x, y]) => sum + (x - y) ** 2, 0));
  if (distance === 'Manhattan') return pairs.reduce((sum, [x, y]) => sum + Math.abs(x - y), 0);
  return pairs.reduce((sum, [x, y]) => sum + x * y, 0);
}

/** Qdrant's score of a stored vector for a query. */
export function scoreOf(distance: Distance, query: Written, stored: Written): number {
  if ('indices' in query) {
    const other = stored as { indices: number[]; values: number[] };
    return query.indices.reduce((sum, index, i) => {
      const at = other.indices.indexOf(index);
      return at < 0 ? sum : sum + query.values[i]! * other.values[at]!;
    }, 0);
  }
  if (Array.isArray(query[0])) {
    // Under Euclid squares of distances are summed.
    const near = (token: number[], other: number[]) => {
      const score = dense(distance, unit(token, distance), unit(other, distance));
      return distance === 'Euclid' ? -(score ** 2) : distance === 'Manhattan' ? -score : score;
    };
    const sum = (query as number[][]).reduce(
      (total, token) => total + Math.max(...(stored as number[][]).map((other) => near(token, other))),
      0,
    );
    return distance === 'Euclid' ? Math.sqrt(-sum) : distance === 'Manhattan' ? -sum : sum;
  }
  return dense(distance, unit(query as number[], distance), unit(stored as number[], distance));
}

/** The same, so that the larger is always the nearer: as it is, or minus the (squared) distance. */
export function rawOf(distance: Distance, query: Written, stored: Written): number {
  const score = scoreOf(distance, query, stored);
  return distance === 'Euclid' ? -(score ** 2) : distance === 'Manhattan' ? -score : score;
}

class MemorySpace implements VectorSpace {
  readonly name: string;
  readonly distance: Distance;
  readonly #rows: readonly (Written | undefined)[];
  /** What the last search was told. */
  options: NearestOptions | undefined;

  constructor(name: string, distance: Distance, rows: readonly (Written | undefined)[]) {
    this.name = name;
    this.distance = distance;
    this.#rows = rows;
  }

  get size(): number {
    return this.#rows.filter((row) => row !== undefined).length;
  }

  has(row: number): boolean {
    return this.#rows[row] !== undefined;
  }

  vector(row: number): VectorValue {
    return this.readQuery(this.#rows[row]);
  }

  readQuery(input: unknown): VectorValue {
    const written = input as Written;
    if ('indices' in written) {
      const order = Array.from(written.indices.keys()).sort(
        (a, b) => written.indices[a]! - written.indices[b]!,
      );
      return {
        indices: Uint32Array.from(order, (i) => written.indices[i]!),
        values: Float32Array.from(order, (i) => written.values[i]!),
      };
    }
    if (typeof written[0] === 'number')
      return Float32Array.from(unit([...(written as number[])], this.distance));
    const tokens = written as number[][];
    return {
      tokens: tokens.length,
      values: Float32Array.from(tokens.flatMap((token) => unit([...token], this.distance))),
    };
  }

  async nearest(query: VectorValue, k: number, options: NearestOptions = {}): Promise<IndexHits> {
    this.options = options;
    const rows = [...this.#rows.keys()].filter(
      (row) => this.has(row) && (options.filter === undefined || options.filter.has(row)),
    );
    const scores = await this.compare(query, Uint32Array.from(rows));
    const sign = this.distance === 'Cosine' || this.distance === 'Dot' ? -1 : 1;
    const best = [...rows.keys()]
      .sort((a, b) => sign * (scores[a]! - scores[b]!) || rows[a]! - rows[b]!)
      .slice(0, k);
    return {
      rows: Uint32Array.from(best, (i) => rows[i]!),
      scores: Float32Array.from(best, (i) => scores[i]!),
    };
  }

  async compare(query: VectorValue, rows: Uint32Array, options?: NearestOptions): Promise<Float32Array> {
    if (options) this.options = options;
    const written = this.output(query) as Written;
    return Float32Array.from(rows, (row) => scoreOf(this.distance, written, this.#rows[row]!));
  }

  output(vector: VectorValue): VectorOutput {
    if ('tokens' in vector) {
      const { tokens, values } = vector as MultiValue;
      const dimension = values.length / tokens;
      return Array.from({ length: tokens }, (_, i) => [...values.slice(i * dimension, (i + 1) * dimension)]);
    }
    if ('indices' in vector) {
      const { indices, values } = vector as SparseValue;
      return { indices: [...indices], values: [...values] };
    }
    return [...vector];
  }
}

export interface MemoryOptions {
  name?: string;
  /** Distance of each vector name. */
  spaces?: { [name: string]: Distance };
  schema?: { [field: string]: PayloadFieldSchema };
  others?: { [name: string]: MemoryCollection };
}

/** Points that can be read, and nothing else. */
export class MemoryCollection {
  readonly reader: Reader;
  readonly points: readonly MemoryPoint[];
  readonly spaces: ReadonlyMap<string, MemorySpace>;
  /** Views that were given out and not released. */
  held = 0;

  constructor(points: readonly MemoryPoint[], options: MemoryOptions = {}) {
    const { name = 'test', spaces = { '': 'Dot' }, schema = {}, others = {} } = options;
    this.points = points;
    this.spaces = new Map(
      Object.entries(spaces).map(([vector, distance]) => [
        vector,
        new MemorySpace(
          vector,
          distance,
          points.map(({ vectors }) => vectors[vector]),
        ),
      ]),
    );
    this.reader = new Reader({
      name,
      view: () => this.view(),
      schema: () => schema,
      resolve: (other) => others[other],
    });
  }

  view(): View {
    const { points } = this;
    this.held++;
    const live = Bitset.of(points.keys());
    const payloadOf = (row: number) => points[row]!.payload ?? {};
    const columns = new Columns(() => points.map((_, row) => ({ row, payload: payloadOf(row) })));
    const matching = async (filter: object) => {
      const compiled = compileFilter(filter);
      return Bitset.of([...points.keys()].filter((row) => compiled.matches(payloadOf(row), points[row]!.id)));
    };
    const row = (id: PointId) => {
      const found = points.findIndex((point) => point.id === id);
      return found < 0 ? undefined : found;
    };
    return {
      live,
      count: points.length,
      vectorNames: [...this.spaces.keys()],
      row,
      id: (at) => points[at]!.id,
      point: (at) => ({ version: at + 1, json: JSON.stringify(payloadOf(at)) }),
      matching,
      searchable: async (filter) => (filter ? matching(filter) : undefined),
      column: async (path) => columns.get(path),
      ordered: (start) =>
        points
          .map(({ id }, at) => ({ id, row: at }))
          .filter(({ id }) => start === undefined || compareIds(id, start) >= 0)
          .sort((a, b) => compareIds(a.id, b.id)),
      space: (vector) => {
        const space = this.spaces.get(vector);
        if (!space) throw new Error(`no vector ${vector}`);
        return space;
      },
      release: () => {
        this.held--;
      },
    };
  }
}

/** Points 1, 2, 3, … with these vectors, unnamed. */
export function numbered(vectors: readonly Written[], payloads: readonly Payload[] = []): MemoryPoint[] {
  return vectors.map((vector, i) => ({
    id: i + 1,
    vectors: { '': vector },
    ...(payloads[i] && { payload: payloads[i] }),
  }));
}

/** Ids of hits. */
export const ids = (hits: readonly { id: PointId }[]) => hits.map(({ id }) => id);

/** Ids and scores of hits, the latter to so many digits. */
export const scored = (hits: readonly { id: PointId; score: number }[], digits = 5) =>
  hits.map(({ id, score }) => [id, Number(score.toFixed(digits)) + 0]);

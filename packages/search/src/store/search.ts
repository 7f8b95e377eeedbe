/**
 * Reading points: by id, by vector, in order.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Bitset } from '../index/bitset.js';
import { largerIsBetter } from '../index/types.js';
import { vectorsOutput } from '../space/output.js';
import type { VectorSpace } from '../space/types.js';
import type {
  Filter,
  PayloadSelector,
  PointId,
  PointRecord,
  QueryRequest,
  ScoredPoint,
  ScrollRequest,
  ScrollResult,
  VectorSelector,
} from '../types/index.js';
import { payloadOf } from './environment.js';
import { compareIds, parseId } from './ids.js';
import type { VectorIndexes } from './indexes.js';
import type { Points } from './points.js';
import { readCount, readIds, readNumber, readTarget, type Target } from './read.js';
import { type PayloadCut, payloadCut, vectorNames } from './select.js';
import { specFor, type VectorSpec } from './vectors.js';

interface Selectors {
  readonly with_payload?: PayloadSelector | null | undefined;
  readonly with_vector?: VectorSelector | null | undefined;
}

/** Fills in what a caller asked of a point. */
type Record = (id: PointId, row: number) => PointRecord;

/** The reads of one collection. */
export class Reader {
  readonly #points: Points;
  readonly #indexes: VectorIndexes;
  readonly #specs: ReadonlyMap<string, VectorSpec>;

  constructor(points: Points, indexes: VectorIndexes, specs: ReadonlyMap<string, VectorSpec>) {
    this.#points = points;
    this.#indexes = indexes;
    this.#specs = specs;
  }

  retrieve(ids: readonly PointId[], selectors: Selectors): PointRecord[] {
    const record = this.#recorder(selectors, true);
    return readIds(ids, 'ids').flatMap((id) => {
      const row = this.#points.row(id);
      return row === undefined ? [] : [record(id, row)];
    });
  }

  async query(request: QueryRequest): Promise<ScoredPoint[]> {
    const target = readTarget(request.query);
    const limit = readCount(request.limit, 'limit', 1, 10);
    const offset = readCount(request.offset, 'offset', 0, 0);
    const record = this.#recorder(request, false);
    const hits = target
      ? await this.#nearest(target, request, offset + limit)
      : this.#inOrder(request.filter, undefined, offset + limit).map(({ row }) => ({ row, score: 0 }));
    return hits.slice(offset, offset + limit).map(({ row, score }) => {
      const { id, ...rest } = record(this.#points.rows.id(row)!, row);
      return { id, version: this.#points.point(row).version, score, ...rest };
    });
  }

  scroll(request: ScrollRequest): ScrollResult {
    const limit = readCount(request.limit, 'limit', 1, 10);
    const start =
      request.offset === undefined || request.offset === null ? undefined : parseId(request.offset, 'offset');
    const record = this.#recorder(request, true);
    const found = this.#inOrder(request.filter, start, limit + 1);
    return {
      points: found.slice(0, limit).map(({ id, row }) => record(id, row)),
      next_page_offset: found[limit]?.id ?? null,
    };
  }

  async #nearest(
    target: NonNullable<Target>,
    request: QueryRequest,
    count: number,
  ): Promise<{ row: number; score: number }[]> {
    const space = this.#indexes.space(specFor(this.#specs, request.using ?? '', 'using').name);
    const threshold = readNumber(request.score_threshold, 'score_threshold');
    const ef = readCount(request.params?.hnsw_ef, 'params.hnsw_ef', 1, 0);
    const own = 'id' in target ? this.#rowWith(target.id, space) : undefined;
    const vector = 'id' in target ? space.vector(own!) : space.readQuery(target.vector, 'query');
    const filter = this.#points.searchable(request.filter);
    const most = Math.min(count + (own === undefined ? 0 : 1), space.size);
    if (most === 0) return [];
    const found = await space.nearest(vector, most, {
      ...(filter && { filter }),
      ...(ef > 0 && { ef }),
      ...(request.params?.exact && { exact: true }),
    });
    const larger = largerIsBetter(space.distance);
    const hits: { row: number; score: number }[] = [];
    found.rows.forEach((row, i) => {
      const score = found.scores[i]!;
      const enough = threshold === undefined || (larger ? score >= threshold : score <= threshold);
      if (row !== own && enough) hits.push({ row, score });
    });
    return hits;
  }

  #rowWith(id: PointId, space: VectorSpace): number {
    const row = this.#points.row(id);
    if (row === undefined || !space.has(row))
      throw new FletchError(
        'NOT_FOUND',
        row === undefined
          ? `There is no point with id ${id}.`
          : `Point ${id} has no vector named "${space.name}".`,
        { details: { id } },
      );
    return row;
  }

  /** The first `count` matching points from the id `start` on. */
  #inOrder(
    filter: Filter | null | undefined,
    start: PointId | undefined,
    count: number,
  ): { id: PointId; row: number }[] {
    const matching = filter ? this.#points.matching(filter) : undefined;
    if (matching && matching.count * 8 < this.#points.rows.size)
      return this.#sorted(matching, start).slice(0, count);
    const found: { id: PointId; row: number }[] = [];
    for (const point of this.#points.ordered(start)) {
      if (found.length === count) break;
      if (!matching || matching.has(point.row)) found.push(point);
    }
    return found;
  }

  #sorted(rows: Bitset, start: PointId | undefined): { id: PointId; row: number }[] {
    return Array.from(rows, (row) => ({ id: this.#points.rows.id(row)!, row }))
      .filter(({ id }) => start === undefined || compareIds(id, start) >= 0)
      .sort((a, b) => compareIds(a.id, b.id));
  }

  #recorder(selectors: Selectors, payloadByDefault: boolean): Record {
    const cut: PayloadCut = payloadCut(selectors.with_payload, payloadByDefault);
    const names = vectorNames(selectors.with_vector, [...this.#specs.keys()]);
    const spaces = names.map((name) => this.#indexes.space(name));
    return (id, row) => ({
      id,
      ...(cut && { payload: cut(payloadOf(this.#points.point(row))) }),
      ...(names.length > 0 && { vector: vectorsOutput(spaces, row) }),
    });
  }
}

/**
 * A collection as a plain map of points, and what changes it.
 *
 * @module
 */
import type {
  CreateCollection,
  Filter,
  Payload,
  PayloadFieldSchema,
  PointId,
  PointStruct,
  PointsSelector,
  PointVectors,
  TextIndexParams,
  UpdateOperation,
  UpsertOptions,
} from '@fletch/search';
import type { Doubts } from './doubts.case.js';
import { matches, type Subject } from './filter.case.js';
import { canonicalId, compareIds } from './ids.case.js';
import { mergedAt, parsePath, removedAt } from './path.case.js';
import type { TextIndex } from './value.case.js';
import { type Kind, kindsOf, namedVectors, prepared, type Stored } from './vectors.case.js';

export interface OraclePoint {
  readonly id: PointId;
  payload: Payload;
  readonly vectors: Map<string, Stored>;
}

export class OracleCollection {
  readonly kinds: Map<string, Kind>;
  readonly points = new Map<PointId, OraclePoint>();
  readonly indexes = new Map<string, PayloadFieldSchema>();

  constructor(
    readonly name: string,
    config: CreateCollection,
  ) {
    this.kinds = kindsOf(config);
  }

  /** All points in the order of their ids. */
  sorted(): OraclePoint[] {
    return [...this.points.values()].sort((a, b) => compareIds(a.id, b.id));
  }

  /** Points that match, in the order of their ids. */
  matching(filter: Filter | null | undefined, doubts: Doubts): OraclePoint[] {
    const points = this.sorted();
    return filter ? points.filter((point) => this.holds(filter, point, doubts)) : points;
  }

  holds(filter: Filter, point: OraclePoint, doubts: Doubts): boolean {
    const subject: Subject = { payload: point.payload, point, texts: this.texts(), doubts };
    return matches(filter, subject);
  }

  indexType(field: string): string | undefined {
    const schema = this.indexes.get(field);
    return typeof schema === 'object' ? schema.type : schema;
  }

  private texts(): TextIndex[] {
    const texts: TextIndex[] = [];
    for (const [field, schema] of this.indexes) {
      if (this.indexType(field) !== 'text') continue;
      const params = (typeof schema === 'object' ? schema : { type: 'text' }) as TextIndexParams;
      texts.push({ path: parsePath(field), params, whole: true });
    }
    return texts;
  }

  /** Carries out one operation of a batch. */
  update(operation: UpdateOperation, doubts: Doubts): void {
    if ('upsert' in operation) {
      this.upsert(operation.upsert.points, operation.upsert, doubts);
      return;
    }
    if ('update_vectors' in operation) {
      this.updateVectors(operation.update_vectors.points, operation.update_vectors.update_filter, doubts);
      return;
    }
    if ('delete' in operation) {
      for (const { id } of this.selected(operation.delete, doubts)) this.points.delete(id);
      return;
    }
    if ('delete_vectors' in operation) {
      for (const point of this.selected(operation.delete_vectors, doubts))
        for (const name of operation.delete_vectors.vector) point.vectors.delete(name);
      return;
    }
    if ('set_payload' in operation) {
      const { payload, key } = operation.set_payload;
      const steps = key == null ? [] : parsePath(key);
      for (const point of this.selected(operation.set_payload, doubts))
        point.payload = mergedAt(point.payload, steps, payload) as Payload;
      return;
    }
    if ('overwrite_payload' in operation) {
      for (const point of this.selected(operation.overwrite_payload, doubts))
        point.payload = structuredClone(operation.overwrite_payload.payload);
      return;
    }
    if ('delete_payload' in operation) {
      for (const point of this.selected(operation.delete_payload, doubts))
        for (const key of operation.delete_payload.keys)
          point.payload = removedAt(point.payload, parsePath(key)) as Payload;
      return;
    }
    for (const point of this.selected(operation.clear_payload, doubts)) point.payload = {};
  }

  /** The points there are among the selected ones. */
  private selected(selector: PointsSelector, doubts: Doubts): OraclePoint[] {
    if ('filter' in selector) return this.matching(selector.filter, doubts);
    return selector.points.flatMap((id) => this.points.get(canonicalId(id)) ?? []);
  }

  /** Which are written is decided before the first is; each replaces the whole point. */
  private upsert(points: readonly PointStruct[], options: UpsertOptions, doubts: Doubts): void {
    const mode = options.update_mode ?? 'upsert';
    const written = points.filter(({ id }) => {
      const old = this.points.get(canonicalId(id));
      if (mode === 'insert_only') return old === undefined;
      if (old === undefined) return mode === 'upsert';
      return !options.update_filter || this.holds(options.update_filter, old, doubts);
    });
    for (const point of written) {
      const id = canonicalId(point.id);
      this.points.set(id, {
        id,
        payload: structuredClone(point.payload ?? {}),
        vectors: this.read(point.vector),
      });
    }
  }

  private updateVectors(
    points: readonly PointVectors[],
    filter: Filter | null | undefined,
    doubts: Doubts,
  ): void {
    const written = points.filter(({ id }) => {
      const old = this.points.get(canonicalId(id));
      return old !== undefined && (!filter || this.holds(filter, old, doubts));
    });
    for (const { id, vector } of written)
      for (const [name, value] of this.read(vector))
        this.points.get(canonicalId(id))!.vectors.set(name, value);
  }

  private read(input: PointStruct['vector']): Map<string, Stored> {
    return new Map(
      namedVectors(input).map(([name, vector]) => [name, prepared(vector, this.kinds.get(name)!)]),
    );
  }
}

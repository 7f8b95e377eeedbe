/**
 * What a collection tells about itself, in Qdrant's shape.
 *
 * @module
 */
import type { CollectionInfo, Payload, SparseVectorParams, VectorParams } from '../types/index.js';
import type { VectorIndexes } from './indexes.js';
import type { Points } from './points.js';
import { countIndexed, indexUse, type Schema, typeOf } from './schema.js';
import { defaultHnsw, type VectorSpec } from './vectors.js';

/** What {@link collectionInfo} draws on. */
export interface InfoSource {
  readonly specs: readonly VectorSpec[];
  readonly indexes: VectorIndexes;
  readonly points: Points;
  readonly schema: Schema;
  readonly metadata: Payload | undefined;
}

export function collectionInfo({ specs, indexes, points, schema, metadata }: InfoSource): CollectionInfo {
  const stats = [...indexes.all()].map((space) => space.stats());
  const sparse = sparseParams(specs);
  return {
    status: stats.every(({ linked, size }) => linked === size) ? 'green' : 'yellow',
    optimizer_status: 'ok',
    indexed_vectors_count: stats.reduce((sum, { linked }) => sum + linked, 0),
    points_count: points.rows.size,
    segments_count: 1,
    config: {
      params: {
        vectors: vectorParams(specs),
        ...(sparse && { sparse_vectors: sparse }),
        shard_number: 1,
        replication_factor: 1,
        write_consistency_factor: 1,
        on_disk_payload: true,
      },
      hnsw_config: specs.find((spec) => spec.kind !== 'sparse')?.hnsw ?? defaultHnsw,
      optimizer_config: {
        deleted_threshold: 0.2,
        vacuum_min_vector_number: 1000,
        default_segment_number: 1,
        flush_interval_sec: 0,
      },
      wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0 },
      ...(metadata !== undefined && { metadata }),
    },
    payload_schema: payloadSchema(schema, points),
  };
}

function vectorParams(specs: readonly VectorSpec[]): VectorParams | { [name: string]: VectorParams } {
  const params = specs.flatMap((spec): [string, VectorParams][] =>
    spec.kind === 'sparse'
      ? []
      : [[spec.name, spec.params ?? { size: spec.dimension, distance: spec.distance }]],
  );
  return params.length === 1 && params[0]![0] === '' ? params[0]![1] : Object.fromEntries(params);
}

function sparseParams(specs: readonly VectorSpec[]): { [name: string]: SparseVectorParams } | undefined {
  const params = specs.flatMap((spec): [string, SparseVectorParams][] =>
    spec.kind === 'sparse' ? [[spec.name, spec.params ?? {}]] : [],
  );
  return params.length === 0 ? undefined : Object.fromEntries(params);
}

function payloadSchema(schema: Schema, points: Points): CollectionInfo['payload_schema'] {
  const fields = Object.entries(schema).map(([field, index]) => ({
    field,
    index,
    use: indexUse(field, index),
  }));
  points.columns.prepare(fields.map(({ use }) => use));
  return Object.fromEntries(
    fields.map(({ field, index, use }) => {
      const type = typeOf(index);
      const column = points.column(use);
      return [
        field,
        {
          data_type: type,
          ...(typeof index !== 'string' && { params: index }),
          points: column ? countIndexed(column, type) : 0,
        },
      ];
    }),
  );
}

/**
 * What a collection tells about itself, in Qdrant's shape.
 *
 * @module
 */
import type { CollectionInfo, Payload, SparseVectorParams, VectorParams } from '../types/index.js';
import { ownOf } from './config/bounds.js';
import { type CollectionConfig, readVectorParams } from './config/read.js';
import type { VectorIndexes } from './indexes.js';
import type { Points } from './points.js';
import { countIndexed, indexUse, type Schema, typeOf } from './schema.js';
import type { VectorSpec } from './vectors.js';

/** What {@link collectionInfo} draws on. */
export interface InfoSource {
  readonly specs: readonly VectorSpec[];
  readonly indexes: VectorIndexes;
  readonly points: Points;
  readonly schema: Schema;
  readonly config: CollectionConfig;
  readonly metadata: Payload | undefined;
}

export function collectionInfo({
  specs,
  indexes,
  points,
  schema,
  config,
  metadata,
}: InfoSource): CollectionInfo {
  const stats = [...indexes.all()].map((space) => space.stats());
  const sparse = sparseParams(specs, config);
  const { params, hnsw_config, optimizer_config, wal_config, quantization_config, strict_mode_config } =
    config;
  return {
    status: stats.every(({ linked, size }) => linked === size) ? 'green' : 'yellow',
    optimizer_status: 'ok',
    indexed_vectors_count: stats.reduce((sum, { linked }) => sum + linked, 0),
    points_count: points.rows.size,
    segments_count: 1,
    config: {
      params: {
        vectors: vectorParams(specs, config),
        ...(sparse && { sparse_vectors: sparse }),
        ...params,
      },
      hnsw_config,
      optimizer_config,
      wal_config,
      quantization_config,
      ...(strict_mode_config && { strict_mode_config }),
      ...(metadata !== undefined && { metadata }),
    },
    payload_schema: payloadSchema(schema, points),
    update_queue: { length: 0 },
  };
}

function vectorParams(
  specs: readonly VectorSpec[],
  { vectors }: CollectionConfig,
): VectorParams | { [name: string]: VectorParams } {
  const params = specs.flatMap((spec): [string, VectorParams][] => {
    if (spec.kind === 'sparse') return [];
    const { name, dimension: size, distance } = spec;
    return [
      [name, { size, distance, ...(ownOf(vectors, name) ?? readVectorParams(spec.params, 'vectors')) }],
    ];
  });
  return params.length === 1 && params[0]![0] === '' ? params[0]![1] : Object.fromEntries(params);
}

function sparseParams(
  specs: readonly VectorSpec[],
  { sparse_vectors: set }: CollectionConfig,
): { [name: string]: SparseVectorParams } | undefined {
  const params = specs.flatMap((spec): [string, SparseVectorParams][] =>
    spec.kind === 'sparse' ? [[spec.name, ownOf(set, spec.name) ?? spec.params ?? {}]] : [],
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

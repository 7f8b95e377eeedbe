/**
 * What a collection tells about itself, in Qdrant's shape.
 *
 * @module
 */
import { parsePath } from '../filter/path.js';
import type { CollectionInfo, Payload, VectorParams } from '../types/index.js';
import { ownOf } from './config/bounds.js';
import type { CollectionConfig } from './config/read.js';
import type { VectorIndexes } from './indexes.js';
import type { Points } from './points.js';
import { indexTest, type Schema } from './schema.js';
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
  const stats = [...indexes.all()].map((index) => index.stats());
  const { params, hnsw_config, optimizer_config, wal_config, quantization_config, strict_mode_config } =
    config;
  return {
    status: stats.every(({ linked, size }) => linked === size) ? 'green' : 'yellow',
    optimizer_status: 'ok',
    indexed_vectors_count: stats.reduce((sum, { linked }) => sum + linked, 0),
    points_count: points.rows.size,
    segments_count: 1,
    config: {
      params: { vectors: vectorParams(specs, config), ...params },
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
  const params = ({ name, dimension, distance }: VectorSpec): VectorParams => ({
    size: dimension,
    distance,
    ...ownOf(vectors, name),
  });
  if (specs[0]?.name === '') return params(specs[0]);
  return Object.fromEntries(specs.map((spec) => [spec.name, params(spec)]));
}

function payloadSchema(schema: Schema, points: Points): CollectionInfo['payload_schema'] {
  const fields = Object.entries(schema).map(([field, type]) => ({ field, type, path: parsePath(field) }));
  points.columns.prepare(fields.map(({ path }) => path));
  return Object.fromEntries(
    fields.map(({ field, type, path }) => [
      field,
      { data_type: type, points: points.column(path)?.countRows(indexTest(type)) ?? 0 },
    ]),
  );
}

/**
 * What a collection is set to: its configuration and metadata, kept as facts beside its points, and the limits that
 * follow from them.
 *
 * @module
 */
import type { CollectionInfo, HnswConfig, Payload, UpdateCollection } from '../types/index.js';
import { optionalObject, ownOf } from './config/bounds.js';
import { type CollectionConfig, defaultConfig } from './config/read.js';
import { mergedMetadata, updatedConfig, type VectorNames } from './config/update.js';
import type { Environment } from './environment.js';
import { collectionInfo, type InfoSource } from './info.js';
import { encodePayload } from './payload.js';
import type { Points } from './points.js';
import { StrictMode } from './strict/guard.js';
import { HeldSizes } from './strict/held.js';
import type { VectorSpec } from './vectors.js';
import type { Writer } from './writer.js';

/** What {@link Administration} works on. */
export interface AdministrationContext {
  readonly environment: Environment;
  readonly points: Points;
  readonly writer: Writer;
  readonly indexes: InfoSource['indexes'];
  readonly specs: () => readonly VectorSpec[];
  readonly names: () => VectorNames;
  readonly schema: () => InfoSource['schema'];
}

export class Administration {
  /** The limits that the configuration sets. */
  readonly strict: StrictMode;
  readonly #context: AdministrationContext;
  #config: CollectionConfig;

  constructor(context: AdministrationContext) {
    const { environment, points } = context;
    this.#context = context;
    this.#config = storedConfig(environment, context.specs());
    this.strict = new StrictMode({
      strictMode: () => this.#config.strict_mode_config,
      held: new HeldSizes(
        environment,
        () => points.version,
        () => points.rows.size,
      ),
      indexes: context.schema,
      hnsw: (vector) => this.#hnsw(vector),
      matching: async (filter) => points.matching(filter as never).count,
    });
  }

  info(): CollectionInfo {
    const { specs, indexes, points, schema } = this.#context;
    return collectionInfo({
      specs: specs(),
      indexes,
      points,
      schema: schema(),
      config: this.#config,
      metadata: this.#metadata,
    });
  }

  /** Merges a change into the configuration, all of it or, when it throws `INVALID_ARGUMENT`, nothing. */
  async update(change: UpdateCollection): Promise<void> {
    const { environment, writer, names } = this.#context;
    const metadata = optionalObject(change.metadata, 'metadata') && plain(change.metadata!);
    updatedConfig(this.#config, change, names());
    await writer.exclusively(async () => {
      // Again, as another change may have come before.
      const config = updatedConfig(this.#config, change, names());
      const merged = metadata && mergedMetadata(this.#metadata, metadata);
      await environment.commit(() => {
        environment.setFact('config', config as never);
        if (merged) environment.setFact('metadata', merged);
      });
      this.#config = config;
    });
  }

  async setMetadata(metadata: Payload): Promise<void> {
    const { environment, writer } = this.#context;
    const copy = plain(metadata);
    await writer.exclusively(() => environment.commit(() => environment.setFact('metadata', copy)));
  }

  /** What it is set to. */
  get settings(): { config: CollectionConfig; metadata: Payload | undefined } {
    return { config: this.#config, metadata: this.#metadata };
  }

  get #metadata(): Payload | undefined {
    return this.#context.environment.fact('metadata') as Payload | undefined;
  }

  #hnsw(vector: string): HnswConfig | undefined {
    if (!this.#context.names().dense.includes(vector)) return undefined;
    return { ...this.#config.hnsw_config, ...ownOf(this.#config.vectors, vector)?.hnsw_config } as HnswConfig;
  }
}

/** The configuration in the tables; collections of earlier versions kept only what their graphs are built by. */
export function storedConfig(environment: Environment, specs: readonly VectorSpec[]): CollectionConfig {
  const stored = environment.fact('config') as unknown as CollectionConfig | undefined;
  if (stored) return stored;
  return { ...defaultConfig, hnsw_config: { ...defaultConfig.hnsw_config, ...specs[0]?.hnsw } };
}

/** What a graph is built by: the vector's own parameters before the collection's, within what can be built. */
export function buildConfig({ hnsw_config, vectors }: CollectionConfig, name: string): HnswConfig {
  const hnsw = { ...hnsw_config, ...ownOf(vectors, name)?.hnsw_config } as HnswConfig;
  const within = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
  return {
    ...hnsw,
    m: hnsw.m === 0 ? defaultConfig.hnsw_config.m : within(hnsw.m, 2, 256),
    ef_construct: within(hnsw.ef_construct, 4, 8192),
    max_indexing_threads: within(hnsw.max_indexing_threads, 0, 1024),
  };
}

function plain(metadata: Payload): Payload {
  return JSON.parse(encodePayload(metadata, 'metadata')) as Payload;
}

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
  /** The collection's own, which everything else reads. */
  readonly specs: Map<string, VectorSpec>;
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
    this.#config = storedConfig(environment, context.specs.values());
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
      specs: [...specs.values()],
      indexes,
      points,
      schema: schema(),
      config: this.#config,
      metadata: this.#metadata,
    });
  }

  /** Merges a change into the configuration, all of it or, when it throws `INVALID_ARGUMENT`, nothing. */
  async update(change: UpdateCollection): Promise<void> {
    const { environment, writer, specs } = this.#context;
    const names = (): VectorNames => namesOf(specs.values());
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
      configureSpecs(specs, config);
    });
  }

  /** Forgets what a vector was set to, as there is none of that name any more. No write may be under way. */
  async forgetVector(name: string): Promise<void> {
    const { environment } = this.#context;
    const without = <T>(map: { readonly [name: string]: T }) =>
      Object.fromEntries(Object.entries(map).filter(([each]) => each !== name));
    const { vectors, sparse_vectors: sparse } = this.#config;
    const config = { ...this.#config, vectors: without(vectors), sparse_vectors: without(sparse) };
    await environment.commit(() => environment.setFact('config', config as never));
    this.#config = config;
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
    const spec = this.#context.specs.get(vector);
    return spec && spec.kind !== 'sparse' ? spec.hnsw : undefined;
  }
}

/** The configuration in the tables; collections of earlier versions kept only what their graphs are built by. */
export function storedConfig(environment: Environment, specs: Iterable<VectorSpec>): CollectionConfig {
  const stored = environment.fact('config') as unknown as CollectionConfig | undefined;
  if (stored) return stored;
  const first = [...specs].find((spec) => spec.kind !== 'sparse');
  return { ...defaultConfig, hnsw_config: { ...defaultConfig.hnsw_config, ...first?.hnsw } };
}

/** Gives specs what the configuration says of them: graphs' parameters, and how sparse vectors are weighted. */
export function configureSpecs(specs: Map<string, VectorSpec>, config: CollectionConfig): void {
  for (const [name, spec] of specs)
    if (spec.kind !== 'sparse') {
      const { quantization: _before, ...rest } = spec;
      const quantization = ownOf(config.vectors, name)?.quantization_config ?? config.quantization_config;
      specs.set(name, { ...rest, hnsw: buildConfig(config, name), ...(quantization && { quantization }) });
    } else {
      const set = ownOf(config.sparse_vectors, name)?.modifier;
      const { modifier: _before, ...rest } = spec;
      if (set != null) specs.set(name, set === 'idf' ? { ...rest, modifier: 'idf' } : rest);
    }
}

function namesOf(specs: Iterable<VectorSpec>): VectorNames {
  const all = [...specs];
  const names = (sparse: boolean) =>
    all.filter(({ kind }) => (kind === 'sparse') === sparse).map(({ name }) => name);
  return { dense: names(false), sparse: names(true) };
}

/** What a graph is built by: the vector's own parameters before the collection's, within what can be built. */
function buildConfig({ hnsw_config, vectors }: CollectionConfig, name: string): HnswConfig {
  const hnsw = { ...hnsw_config, ...ownOf(vectors, name)?.hnsw_config } as HnswConfig;
  const within = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
  return {
    ...hnsw,
    // Without links there is no graph.
    m: hnsw.m === 0 ? 0 : within(hnsw.m, 2, 256),
    ef_construct: within(hnsw.ef_construct, 4, 8192),
    max_indexing_threads: within(hnsw.max_indexing_threads, 0, 1024),
  };
}

function plain(metadata: Payload): Payload {
  return JSON.parse(encodePayload(metadata, 'metadata')) as Payload;
}

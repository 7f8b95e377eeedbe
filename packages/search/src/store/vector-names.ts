/**
 * Vectors that are added to a living collection, and removed from it.
 *
 * What a collection has is what its manifest says. A table or a snapshot without a vector there is left over from
 * work that was cut short, and is emptied before its number is used again.
 *
 * @module
 */
import { join } from 'node:path';
import { FletchError } from '@fletch/base';
import type { VectorSpec } from '../space/spec.js';
import type { HnswConfig, VectorNameConfig } from '../types/index.js';
import type { Environment } from './environment.js';
import type { VectorIndexes } from './indexes.js';
import { writeManifest } from './manifest.js';
import { checkVectorName } from './names.js';
import { defaultHnsw, dimensionedSpec, sparseSpec } from './vectors.js';

/** What {@link VectorNames} works on. */
export interface VectorNamesContext {
  readonly folder: string;
  /** The manifest but for its vectors. */
  readonly manifest: object;
  readonly environment: Environment;
  readonly indexes: VectorIndexes;
  /** The collection's own, which everything else reads. */
  readonly specs: Map<string, VectorSpec>;
}

/** Changes which vectors a collection has. No write may be under way. */
export class VectorNames {
  readonly #context: VectorNamesContext;

  constructor(context: VectorNamesContext) {
    this.#context = context;
  }

  /**
   * Adds a vector that no point has; the same one again changes nothing.
   *
   * @param version - number of the last write
   * @throws FletchError `INVALID_ARGUMENT` when there is another one of that name
   */
  async create(name: string, config: VectorNameConfig, version: number): Promise<void> {
    const { specs, environment, indexes } = this.#context;
    checkVectorName(name);
    const slot = Math.max(-1, ...Array.from(specs.values(), (spec) => spec.slot)) + 1;
    const spec = readConfig(name, slot, config, this.#hnsw);
    const known = specs.get(name);
    if (known) {
      if (isSame(known, spec)) return;
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Vector \`${name}\` already exists ${(known.kind === 'sparse') === (spec.kind === 'sparse') ? 'with a different configuration' : known.kind === 'sparse' ? 'as a sparse vector' : 'as a dense vector'}.`,
        { details: { vector: name } },
      );
    }
    await environment.addVectors(spec);
    try {
      await indexes.create(spec, version);
      try {
        await this.#write([...specs.values(), spec]);
      } catch (error) {
        await indexes.drop(spec);
        throw error;
      }
    } catch (error) {
      await environment.dropVectors(name);
      throw error;
    }
    specs.set(name, spec);
  }

  /** Removes a vector from the collection and from every point. Whether there was one. */
  async delete(name: string): Promise<boolean> {
    const { specs, environment, indexes } = this.#context;
    const spec = specs.get(name);
    if (!spec) return false;
    await this.#write([...specs.values()].filter((other) => other !== spec));
    specs.delete(name);
    await indexes.drop(spec);
    await environment.dropVectors(name);
    return true;
  }

  /** The graph's parameters of a new vector: those of the collection's others. */
  get #hnsw(): HnswConfig {
    for (const spec of this.#context.specs.values()) if (spec.kind !== 'sparse') return spec.hnsw;
    return defaultHnsw;
  }

  async #write(vectors: readonly VectorSpec[]): Promise<void> {
    const { folder, manifest } = this.#context;
    await writeManifest(join(folder, 'collection.json'), { ...manifest, vectors });
  }
}

function readConfig(name: string, slot: number, config: VectorNameConfig, hnsw: HnswConfig): VectorSpec {
  if (typeof config === 'object' && config !== null) {
    if ('dense' in config && typeof config.dense === 'object')
      return dimensionedSpec(name, slot, config.dense, hnsw);
    if ('sparse' in config && typeof config.sparse === 'object') {
      const { datatype, ...params } = config.sparse;
      return sparseSpec(name, slot, datatype == null ? params : { ...params, index: { datatype } });
    }
  }
  throw new FletchError('INVALID_ARGUMENT', 'A vector is {dense: {size, distance}} or {sparse: {}}.');
}

/** Whether two vectors hold and compare alike; what only tunes them may differ. */
function isSame(a: VectorSpec, b: VectorSpec): boolean {
  if (a.kind === 'sparse' || b.kind === 'sparse')
    return a.kind === 'sparse' && b.kind === 'sparse' && a.modifier === b.modifier;
  return (
    a.kind === b.kind && a.dimension === b.dimension && a.distance === b.distance && a.datatype === b.datatype
  );
}

/**
 * An embedding table that is compressed while it is trained.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { requireRatio } from './budget.js';
import { type Fields, fieldsOf } from './fields.js';
import { FrozenEmbedding } from './frozen.js';
import { type MethodName, methodOf } from './methods.js';
import type { Compression, MethodOptions, Stage } from './types.js';

/** What {@link createEmbedding} is told, besides what single methods take. */
export interface CreateEmbeddingOptions extends MethodOptions {
  /** Rows of each field. */
  readonly fields: readonly number[];
  /** Numbers of an embedding. Default 16. */
  readonly dim?: number;
  /** Budget: bytes that are stored over those of the full table. */
  readonly cr: number;
  /** How often each id occurs in the training data, field by field. */
  readonly freq?: readonly Uint32Array[];
  /** Default 0. */
  readonly seed?: number;
}

/** A compressed embedding in training: `trainCTR` runs its stages. */
export interface CompressedEmbedding {
  readonly method: MethodName;
  readonly fields: Fields;
  readonly dim: number;
  /** Phases of training, each begun when the one before ended. */
  readonly stages: readonly (() => Stage)[];
  /** Bytes of what would be stored now. */
  memoryBytes(): number;
  /** What is stored, copied: it changes no more. */
  freeze(): FrozenEmbedding;
}

/** Numbers of each row over all fields. */
function joined({ sizes, rows }: Fields, freq: readonly Uint32Array[]): Uint32Array {
  const bad = sizes.findIndex((size, f) => freq[f]?.length !== size);
  if (bad >= 0 || freq.length !== sizes.length)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `freq has ${freq[bad]?.length ?? 'no'} counts for field ${Math.max(bad, 0)}: each field needs one count for each of its rows.`,
    );
  const all = new Uint32Array(rows);
  let at = 0;
  for (const counts of freq) {
    all.set(counts, at);
    at += counts.length;
  }
  return all;
}

/**
 * A table of embeddings for categorical fields, under a budget of memory.
 *
 * @throws FletchError `INVALID_ARGUMENT` for an unknown method, `cr` outside 0 … 1, an empty field, options that the method does
 *   not take, and a budget below the method's floor (`details.floor` is the smallest share that it reaches)
 * @example
 * ```ts
 * const embedding = createEmbedding('compo', { fields: [1000, 50], cr: 0.25 });
 * ```
 */
export function createEmbedding(method: MethodName, options: CreateEmbeddingOptions): CompressedEmbedding {
  const { fields: sizes, dim = 16, cr, freq, seed = 0, ...own } = options;
  const spec = methodOf(method);
  requireRatio(cr);
  const fields = fieldsOf(sizes);
  if (!Number.isSafeInteger(dim) || dim < 1)
    throw new FletchError('INVALID_ARGUMENT', `dim is ${dim}: embeddings have at least one number.`);
  const frequencies = freq && joined(fields, freq);
  const compression: Compression = spec.start({ fields, dim, cr, frequencies, seed }, own);
  const freeze = () => {
    const { kind, facts, tensors } = compression.store();
    const copied = Object.entries(tensors).map(([name, tensor]) => [
      name,
      { ...tensor, data: tensor.data.slice() },
    ]);
    return new FrozenEmbedding(method, fields, dim, { kind, facts, tensors: Object.fromEntries(copied) });
  };
  return {
    method,
    fields,
    dim,
    stages: compression.stages,
    memoryBytes: () => freeze().memoryBytes(),
    freeze,
  };
}

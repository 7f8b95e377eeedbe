/**
 * The collection that fits a point's vectors.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { invalidFile } from './bytes.js';

type Config = { [key: string]: Json };

const isNumbers = (value: Json): value is number[] => Array.isArray(value) && typeof value[0] === 'number';

function isSparse(value: Json): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Array.isArray(value.indices) && Array.isArray(value.values);
}

/** Parameters of one dense vector or multi-vector; undefined when it is none. */
function params(value: Json): Config | undefined {
  if (isNumbers(value)) return { size: value.length, distance: 'Cosine' };
  if (Array.isArray(value) && value[0] !== undefined && isNumbers(value[0]))
    return { size: value[0].length, distance: 'Cosine', multivector_config: { comparator: 'max_sim' } };
  return undefined;
}

/**
 * Body of a collection's creation for a point with `vector`, as the Qdrant dialect writes it: one dense vector, a list of
 * them, or an object of named ones, sparse ones among them.
 *
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export function wireConfig(vector: Json | undefined, path: string, line: number): Config {
  const single = vector === undefined ? undefined : params(vector);
  if (single) return { vectors: single };
  if (typeof vector !== 'object' || vector === null || Array.isArray(vector))
    throw invalidFile(path, `line ${line}: the vector is neither numbers nor an object of named vectors.`, {
      line,
    });
  const dense: Config = {};
  const sparse: Config = {};
  for (const [name, value] of Object.entries(vector)) {
    const found = params(value);
    if (found) dense[name] = found;
    else if (isSparse(value)) sparse[name] = {};
    else throw invalidFile(path, `line ${line}: "${name}" is no vector.`, { line });
  }
  return { vectors: dense, ...(Object.keys(sparse).length > 0 ? { sparse_vectors: sparse } : {}) };
}

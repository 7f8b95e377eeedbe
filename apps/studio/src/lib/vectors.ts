/**
 * Vectors of a collection and of a point, said in a few words.
 *
 * @module
 */
import type { CollectionInfo, PointRecord, VectorOutput, VectorStructOutput } from '@fletch/search';

/** A vector that queries may use. */
export interface VectorName {
  /** Empty for the unnamed one. */
  readonly name: string;
  readonly kind: 'dense' | 'multi' | 'sparse';
  /** `384 · Cosine` */
  readonly about: string;
}

/** All vectors of a collection, the unnamed one or the dense ones first. */
export function vectorNames({ config }: CollectionInfo): VectorName[] {
  const { vectors, sparse_vectors } = config.params;
  const dense = typeof vectors.size === 'number' ? { '': vectors } : vectors;
  return [
    ...Object.entries(dense as Exclude<typeof vectors, { size: number }>).map(
      ([name, params]): VectorName => {
        const multi = params.multivector_config != null;
        return {
          name,
          kind: multi ? 'multi' : 'dense',
          about: `${multi ? 'n × ' : ''}${params.size} · ${params.distance}`,
        };
      },
    ),
    ...Object.entries(sparse_vectors ?? {}).map(
      ([name, params]): VectorName => ({
        name,
        kind: 'sparse',
        about: `sparse · Dot${params.modifier === 'idf' ? ' · IDF' : ''}`,
      }),
    ),
  ];
}

/** A vector with its first components. */
export interface VectorGlance {
  readonly name: string;
  /** `384 components`, `12 × 128 components`, `31 entries` */
  readonly size: string;
  readonly start: string;
}

const SHOWN = 6;

const numbers = (values: readonly number[]): string => {
  const start = values.slice(0, SHOWN).map((value) => String(Number(value.toPrecision(4))));
  return `[${start.join(', ')}${values.length > SHOWN ? ', …' : ''}]`;
};

function glance(name: string, vector: VectorOutput): VectorGlance {
  if (!Array.isArray(vector)) {
    const { indices, values } = vector;
    const start = indices.slice(0, 4).map((index, i) => `${index}: ${Number(values[i]!.toPrecision(4))}`);
    const more = indices.length > 4 ? ', …' : '';
    return { name, size: `${indices.length} entries`, start: `{${start.join(', ')}${more}}` };
  }
  const first = vector[0];
  if (!Array.isArray(first)) {
    return { name, size: `${vector.length} components`, start: numbers(vector as number[]) };
  }
  return { name, size: `${vector.length} × ${first.length} components`, start: `[${numbers(first)}, …]` };
}

/** The vectors that came with a point; none when it has none, or they were not asked for. */
export function glances({ vector }: Pick<PointRecord, 'vector'>): VectorGlance[] {
  if (vector == null) return [];
  if (Array.isArray(vector)) return [glance('', vector)];
  return Object.entries(vector as Exclude<VectorStructOutput, unknown[]>).map(([name, one]) =>
    glance(name, one),
  );
}

/**
 * The average of examples, which `recommend` searches near to.
 *
 * @module
 */
import type { AnyVectorInput, DenseVectorInput, MultiVectorInput, SparseVector } from '../types/index.js';
import { refuse } from './refuse.js';

/** What can be done with vectors that are written in one form. */
interface Form<V> {
  is(vector: AnyVectorInput): boolean;
  /** The mean of vectors; token vectors are put together instead. */
  mean(vectors: readonly V[]): V;
  /** `2 · positive − negative`; of token vectors, the negative ones with their signs turned are added. */
  away(positive: V, negative: V): V;
}

const dense: Form<DenseVectorInput> = {
  is: (vector) => ArrayBuffer.isView(vector) || (Array.isArray(vector) && !isList(vector[0])),
  mean(vectors) {
    const sum = new Float32Array(vectors[0]!.length);
    for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!;
    return sum.map((value) => value / vectors.length);
  },
  away: (positive, negative) => Float32Array.from(positive, (value, i) => value + value - negative[i]!),
};

const multi: Form<MultiVectorInput> = {
  is: (vector) => Array.isArray(vector) && isList(vector[0]),
  mean: (vectors) => vectors.flat(),
  away: (positive, negative) => [
    ...positive,
    ...negative.map((token) => Float32Array.from(token, (value) => -value)),
  ],
};

const sparse: Form<SparseVector> = {
  is: (vector) => !Array.isArray(vector) && !ArrayBuffer.isView(vector) && 'indices' in vector,
  mean: (vectors) =>
    joined(
      vectors.map((vector) => ({ vector, weight: 1 })),
      (sum) => sum / vectors.length,
    ),
  away: (positive, negative) =>
    joined(
      [
        { vector: positive, weight: 2 },
        { vector: negative, weight: -1 },
      ],
      (sum) => sum,
    ),
};

const forms = [dense, multi, sparse] as readonly Form<AnyVectorInput>[];

/**
 * The average of the positive examples, moved away from that of the negative ones: `2 · positive − negative`.
 *
 * @param at - where the examples stood, for messages
 */
export function averageVector(
  positive: readonly AnyVectorInput[],
  negative: readonly AnyVectorInput[],
  at: string,
): AnyVectorInput {
  const form = forms.find(({ is }) => [...positive, ...negative].every(is));
  if (!form) throw refuse(at, "Can't average vectors with different types.");
  const mean = form.mean(positive);
  return negative.length === 0 ? mean : form.away(mean, form.mean(negative));
}

/** The weighted sum of sparse vectors, at all indices that any of them has. */
function joined(
  parts: readonly { vector: SparseVector; weight: number }[],
  finish: (sum: number) => number,
): SparseVector {
  const sums = new Map<number, number>();
  for (const { vector, weight } of parts)
    for (let i = 0; i < vector.indices.length; i++) {
      const index = vector.indices[i]!;
      sums.set(index, Math.fround((sums.get(index) ?? 0) + weight * vector.values[i]!));
    }
  const indices = Uint32Array.from(sums.keys()).sort();
  return { indices, values: Float32Array.from(indices, (index) => finish(sums.get(index)!)) };
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

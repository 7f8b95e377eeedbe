/**
 * Collections: their vectors, their points.
 *
 * @module
 */
import type {
  AnyVectorInput,
  CreateCollection,
  PointStruct,
  VectorInput,
  VectorParams,
} from '@fletch/search';
import fc from 'fast-check';
import { available, capabilities } from '../capabilities.case.js';
import { type Kind, kindsOf } from '../oracle/vectors.case.js';
import { one, pointId, record } from './basic.case.js';
import { payload } from './payloads.case.js';

/** A collection, and what its vectors look like. */
export interface Shape {
  readonly config: CreateCollection;
  readonly kinds: readonly Kind[];
  /** Multiples of a quarter, whose sums are exact and tie; or any numbers, which do not. */
  readonly grid: boolean;
}

const distance = one('Cosine' as const, 'Dot' as const, 'Euclid' as const, 'Manhattan' as const);
const dense: fc.Arbitrary<VectorParams> = fc.record({ size: fc.integer({ min: 2, max: 6 }), distance });
const multi: fc.Arbitrary<VectorParams> = dense.map((params) => ({
  ...params,
  multivector_config: { comparator: 'max_sim' as const },
}));

const configs: fc.Arbitrary<CreateCollection> = fc.oneof(
  ...available<{ weight: number; arbitrary: fc.Arbitrary<CreateCollection> }>(
    { weight: 2, arbitrary: dense.map((vectors) => ({ vectors })) },
    capabilities.multi && { weight: 1, arbitrary: multi.map((vectors) => ({ vectors })) },
    capabilities.named && {
      weight: 4,
      arbitrary: fc.record({
        vectors: fc.record({ a: dense, b: dense, ...(capabilities.multi && { m: multi }) }),
        ...(capabilities.sparse && {
          sparse_vectors: fc.constant({ s: {}, i: { modifier: 'idf' as const } }),
        }),
      }),
    },
    capabilities.sparse && {
      weight: 1,
      arbitrary: dense.map((vectors) => ({ vectors, sparse_vectors: { s: {} } })),
    },
  ),
);

export const shapes: fc.Arbitrary<Shape> = fc
  .tuple(configs, fc.nat(3))
  .map(([config, style]) => ({ config, kinds: [...kindsOf(config).values()], grid: style === 0 }));

/** A vector that the kind takes. */
export function vectorOf({ type, size, distance: by }: Kind, grid: boolean): fc.Arbitrary<AnyVectorInput> {
  const component = grid
    ? fc.integer({ min: -8, max: 8 }).map((n) => n / 4)
    : fc.integer({ min: -4_000_000, max: 4_000_000 }).map((n) => n / 1_000_000);
  if (type === 'sparse')
    return fc
      .uniqueArray(
        fc.tuple(
          one(0, 1, 2, 3, 5, 8, 4_294_967_295),
          component.filter((value) => value !== 0),
        ),
        {
          minLength: 1,
          maxLength: 5,
          selector: ([index]) => index,
        },
      )
      .map((pairs) => ({ indices: pairs.map(([index]) => index), values: pairs.map(([, value]) => value) }));
  const row = fc
    .array(component, { minLength: size, maxLength: size })
    .map((values) =>
      by === 'Cosine' && values.every((value) => Math.abs(value) < 0.1)
        ? values.map((_, i) => i + 1)
        : values,
    );
  return type === 'multi' ? fc.array(row, { minLength: 1, maxLength: 3 }) : row;
}

/** The vectors of a point; some of them where that is allowed. */
export function vectorsOf({ kinds, grid }: Shape, least: 'all' | 'some' | 'none'): fc.Arbitrary<VectorInput> {
  const [only] = kinds;
  if (kinds.length === 1 && only!.name === '' && least !== 'none')
    return vectorOf(only!, grid) as fc.Arbitrary<VectorInput>;
  const named = record<{ [name: string]: AnyVectorInput }>(
    Object.fromEntries(
      kinds.map((kind) => {
        const vector = vectorOf(kind, grid);
        if (least === 'all') return [kind.name, vector];
        const missing = fc.constant(undefined as unknown as AnyVectorInput);
        return [kind.name, fc.oneof({ weight: 4, arbitrary: vector }, { weight: 1, arbitrary: missing })];
      }),
    ),
  );
  return least === 'some' ? named.filter((vectors) => Object.keys(vectors).length > 0) : named;
}

export function pointOf(shape: Shape): fc.Arbitrary<PointStruct> {
  return fc.record({
    id: pointId,
    vector: vectorsOf(shape, capabilities.missingVectors ? 'none' : 'all'),
    payload: fc.oneof({ weight: 9, arbitrary: payload }, { weight: 1, arbitrary: fc.constant(null) }),
  });
}

export function pointsOf(shape: Shape, most: number): fc.Arbitrary<PointStruct[]> {
  return fc.uniqueArray(pointOf(shape), { maxLength: most, selector: ({ id }) => id });
}

/**
 * Formulas; most of them are defined for every point.
 *
 * @module
 */
import type { Expression, FormulaQuery } from '@fletch/search';
import fc from 'fast-check';
import { date, float, integer, maybe, one, place, record, word } from './basic.case.js';
import { filters } from './filters.case.js';

const DEFAULTS = {
  n: 1,
  f: 0.5,
  'o.a': 2,
  'l[0].x': 3,
  d: '2024-01-01',
  g: { lon: 1, lat: 2 },
  $score: 0.25,
  '$score[1]': 0.125,
};

function expression(depth: number, prefetched: number, vectors: readonly string[]): fc.Arbitrary<Expression> {
  const scores = ['$score', ...Array.from({ length: prefetched }, (_, i) => `$score[${i}]`)];
  const leaf: fc.Arbitrary<Expression> = fc.oneof(
    { weight: 4, arbitrary: one<Expression>(...scores) },
    { weight: 2, arbitrary: float },
    { weight: 1, arbitrary: one<Expression>('n', 'f', 'o.a', 'l[0].x') },
    { weight: 1, arbitrary: word.map((value): Expression => ({ key: 's', match: { value } })) },
    { weight: 1, arbitrary: integer.map((gt): Expression => ({ key: 'n', range: { gt } })) },
    { weight: 1, arbitrary: filters(1, vectors).filter((filter) => Object.keys(filter).length > 0) },
  );
  if (depth === 0) return leaf;
  const inner = expression(depth - 1, prefetched, vectors);
  const scale = maybe(one(0.5, 1, 1000)) as fc.Arbitrary<number>;
  const midpoint = maybe(one(0.1, 0.5, 0.9)) as fc.Arbitrary<number>;
  const decay = (x: fc.Arbitrary<Expression>) =>
    record({ x, target: maybe(inner) as fc.Arbitrary<Expression>, scale, midpoint });
  const seconds = fc.tuple(date, date).map(
    ([from, to]): Expression => ({
      div: { left: { sum: [{ datetime: from }, { neg: { datetime: to } }] }, right: 86_400 },
    }),
  );
  const positive = inner.map((x): Expression => ({ sum: [{ abs: x }, 0.5] }));
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    {
      weight: 3,
      arbitrary: fc.array(inner, { minLength: 1, maxLength: 3 }).map((mult): Expression => ({ mult })),
    },
    {
      weight: 3,
      arbitrary: fc.array(inner, { minLength: 1, maxLength: 3 }).map((sum): Expression => ({ sum })),
    },
    { weight: 1, arbitrary: inner.map((neg): Expression => ({ neg })) },
    { weight: 1, arbitrary: inner.map((abs): Expression => ({ abs })) },
    {
      weight: 1,
      arbitrary: fc
        .record({ left: inner, right: inner, by_zero_default: one(0, 1.5) })
        .map((div): Expression => ({ div })),
    },
    { weight: 1, arbitrary: positive.map((sqrt): Expression => ({ sqrt })) },
    { weight: 1, arbitrary: positive.map((ln): Expression => ({ ln })) },
    { weight: 1, arbitrary: positive.map((log10): Expression => ({ log10 })) },
    {
      weight: 1,
      arbitrary: fc.record({ base: positive, exponent: one(-1, 0.5, 2) }).map((pow): Expression => ({ pow })),
    },
    { weight: 1, arbitrary: inner.map((x): Expression => ({ exp: { neg: { abs: x } } })) },
    { weight: 1, arbitrary: decay(inner).map((lin_decay): Expression => ({ lin_decay })) },
    { weight: 1, arbitrary: decay(inner).map((exp_decay): Expression => ({ exp_decay })) },
    { weight: 1, arbitrary: decay(inner).map((gauss_decay): Expression => ({ gauss_decay })) },
    { weight: 1, arbitrary: seconds },
    {
      weight: 1,
      arbitrary: fc.constant<Expression>({
        exp_decay: { x: { datetime_key: 'd' }, target: { datetime: '2024-01-01' }, scale: 86_400 },
      }),
    },
    {
      weight: 1,
      arbitrary: place.map(
        (origin): Expression => ({
          gauss_decay: { x: { geo_distance: { origin, to: 'g' } }, scale: 5_000_000 },
        }),
      ),
    },
  );
}

export function formulas(prefetched: number, vectors: readonly string[]): fc.Arbitrary<FormulaQuery> {
  return fc
    .tuple(expression(2, prefetched, vectors), fc.nat(9))
    .map(([formula, bare]) => ({ formula, ...(bare > 0 && { defaults: DEFAULTS }) }));
}

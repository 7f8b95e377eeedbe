import { isFletchError } from '@fletch/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KneserNeyTrigram } from './kneser-ney.js';

const V = 6;
const boundary = 0;
const documents = fc.array(fc.array(fc.integer({ min: 1, max: V - 1 }), { maxLength: 12 }), {
  minLength: 1,
  maxLength: 12,
});
const hasToken = (list: readonly (readonly number[])[]) => list.some(({ length }) => length > 0);

/** The definition with nested maps, as slowly as it is written. */
function plainly(list: readonly (readonly number[])[]) {
  const count = (n: Map<string, number>, key: string, by = 1) => n.set(key, (n.get(key) ?? 0) + by);
  const tri = new Map<string, number>();
  for (const document of list) {
    const padded = [boundary, boundary, ...document, boundary];
    for (let i = 2; i < padded.length; i++) count(tri, padded.slice(i - 2, i + 1).join());
  }
  const bi = new Map<string, number>();
  for (const [key, n] of tri) {
    const [, b, c] = key.split(',');
    count(bi, `${b},${c}`, Number(b) === boundary ? n : 1);
  }
  const uni = new Map<string, number>();
  for (const key of bi.keys()) count(uni, key.split(',')[1]!);
  const discount = (n: Map<string, number>) => {
    const [n1, n2, n3, n4] = [1, 2, 3, 4].map((k) => [...n.values()].filter((v) => v === k).length);
    if (n1 === 0 || n2 === 0) return () => 0.5;
    const y = n1! / (n1! + 2 * n2!);
    const d = [1 - (2 * y * n2!) / n1!, 2 - (3 * y * n3!) / n2!, n3! > 0 ? 3 - (4 * y * n4!) / n3! : 1.5];
    return (c: number) => Math.min(Math.max(d[Math.min(c, 3) - 1]!, 0.05), Math.min(c, 3));
  };
  const step = (n: Map<string, number>, context: string[], token: number, shorter: number) => {
    const after = [...n].filter(([key]) => key.split(',').slice(0, -1).join() === context.join());
    const total = after.reduce((sum, [, c]) => sum + c, 0);
    if (total === 0) return shorter;
    const D = discount(n);
    const own = n.get([...context, token].join()) ?? 0;
    const rest = after.reduce((sum, [, c]) => sum + D(c), 0);
    return ((own ? own - D(own) : 0) + rest * shorter) / total;
  };
  return (a: number, b: number, token: number) =>
    step(tri, [`${a}`, `${b}`], token, step(bi, [`${b}`], token, step(uni, [], token, 1 / V)));
}

describe('modified Kneser–Ney', () => {
  it('is the definition', () => {
    fc.assert(
      fc.property(documents.filter(hasToken), (list) => {
        const model = KneserNeyTrigram.fit(list, { vocabularySize: V, boundary });
        const slow = plainly(list);
        for (const [a, b] of [
          [0, 0],
          [0, 1],
          [1, 2],
          [2, 2],
          [5, 4],
        ] as const)
          for (let token = 0; token < V; token++)
            expect(model.probability(a, b, token)).toBeCloseTo(slow(a, b, token), 12);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('gives every token something, and all together one, after every context', () => {
    fc.assert(
      fc.property(documents.filter(hasToken), (list) => {
        const model = KneserNeyTrigram.fit(list, { vocabularySize: V, boundary });
        for (let a = 0; a < V; a++)
          for (let b = 0; b < V; b++) {
            const all = Array.from({ length: V }, (_, token) => model.probability(a, b, token));
            expect(Math.min(...all)).toBeGreaterThan(0);
            expect(all.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
          }
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  it('prefers what follows many different tokens to what only follows one', () => {
    // "3" is as frequent as "4", but only ever stands after "2".
    const list = [...Array(6).fill([2, 3]), [1, 4], [5, 4], [3, 4], [4, 4], [2, 4]];
    const model = KneserNeyTrigram.fit(list, { vocabularySize: V, boundary });
    expect(model.probability(5, 5, 4)).toBeGreaterThan(model.probability(5, 5, 3));
  });

  it('has the perplexity of its probabilities', () => {
    const model = KneserNeyTrigram.fit(
      [
        [1, 2],
        [1, 2],
        [1, 3],
      ],
      { vocabularySize: V, boundary },
    );
    const p = [model.probability(0, 0, 1), model.probability(0, 1, 3), model.probability(1, 3, 0)].reduce(
      (product, each) => product * each,
    );
    expect(model.perplexity([[1, 3]])).toBeCloseTo(p ** (-1 / 3), 12);
    expect(
      model.perplexity([
        [1, 2],
        [1, 2],
      ]),
    ).toBeLessThan(V);
  });

  it.each([
    [[[1, 6]], { vocabularySize: V, boundary }, /Document 0 holds 6 at position 1/],
    [[[1, 0.5]], { vocabularySize: V, boundary }, /holds 0.5/],
    [[[], []], { vocabularySize: V, boundary }, /no token to count/],
    [[[1]], { vocabularySize: V, boundary: V }, /boundary among them/],
    [[[1]], { vocabularySize: 1e6, boundary }, /1 to 200000/],
  ])('refuses %j', (list, options, words) => {
    expect(() => KneserNeyTrigram.fit(list, options)).toThrow(
      expect.toSatisfy((error) => isFletchError(error, 'INVALID_ARGUMENT') && words.test(error.message)),
    );
  });
});

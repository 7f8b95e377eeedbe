import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { skew } from '../support.case.js';
import { randomOrthogonal } from './orthogonal.js';
import { philox4x32, type Rng, rng } from './rng.js';

const words = (text: string) => text.split(' ').map((word) => Number.parseInt(word, 16));

// Known answers published with Random123.
it.each([
  ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
])('philox4x32 of %s', (counter, key, answer) => {
  expect(Array.from(philox4x32(words(counter), words(key)))).toEqual(words(answer));
});

it('draws the blocks of its stream in order, two numbers a block', () => {
  const random = rng(7 + 3 * 2 ** 32, 5 + 2 ** 40);
  const blocks = [0, 1, 2].flatMap((block) => Array.from(philox4x32([block, 0, 5, 2 ** 8], [7, 3])));
  expect(Array.from({ length: 6 }, () => random.bits())).toEqual(blocks.filter((_, i) => i % 2 === 1));
  random.position = 1;
  expect(random.uniform()).toBe((blocks[3]! * 2 ** 21 + Math.floor(blocks[2]! / 2 ** 11)) / 2 ** 53);
});

// Any change here breaks the promise that a seed means the same numbers forever.
it('keeps its numbers', () => {
  const random = rng(42);
  expect([random.uniform(), random.normal(), random.integer(1000), random.bits()]).toMatchInlineSnapshot(`
    [
      0.4685865183391049,
      -0.41011294279565147,
      196,
      1951270651,
    ]
  `);
  expect(Array.from(rng(42, 1).permutation(8))).toMatchInlineSnapshot(`
    [
      2,
      4,
      1,
      5,
      3,
      0,
      7,
      6,
    ]
  `);
  expect(Array.from(rng(1).fillNormal(new Float64Array(4)))).toMatchInlineSnapshot(`
    [
      1.2518334262356448,
      0.5570930630842973,
      1.1460459748596201,
      0.40185103133819344,
    ]
  `);
  expect(rng(1).split().uniform()).toMatchInlineSnapshot(`0.27119149142853993`);
  expect(Array.from(randomOrthogonal(rng(3), 2).data)).toMatchInlineSnapshot(`
    [
      -0.9941374068675228,
      0.10812407810805577,
      0.10812407810805577,
      0.994137406867523,
    ]
  `);
});

it('gives the same numbers one by one and in bulk, from any position', () => {
  fc.assert(
    fc.property(fc.nat({ max: 700 }), fc.nat({ max: 40 }), fc.boolean(), (skip, count, normal) => {
      const one = rng(9, 2);
      const bulk = rng(9, 2);
      for (let i = 0; i < skip; i++) one.uniform();
      bulk.position = skip;
      const target = new Float64Array(count);
      if (normal) bulk.fillNormal(target);
      else bulk.fillUniform(target);
      expect(Array.from(target)).toEqual(Array.from(target, () => (normal ? one.normal() : one.uniform())));
      expect(bulk.position).toBe(one.position);
      expect(bulk.bits()).toBe(one.bits());
    }),
    { seed: 1, numRuns: 60 },
  );
});

it('fills more than one chunk', () => {
  const many = rng(4).fillUniform(new Float64Array(150_001));
  const random = rng(4);
  random.position = 150_000;
  expect(many[150_000]).toBe(random.uniform());
});

describe('distributions', () => {
  const moments = (values: Float64Array) => {
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const central = (k: number) => values.reduce((sum, v) => sum + (v - mean) ** k, 0) / values.length;
    return { mean, variance: central(2), third: central(3), fourth: central(4) };
  };

  it('uniform: moments and range', () => {
    const values = rng(1).fillUniform(new Float64Array(200_000));
    const { mean, variance } = moments(values);
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 3);
    expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
    expect(
      rng(1)
        .fillUniform(new Float32Array(200_000))
        .every((v) => v >= 0 && v < 1),
    ).toBe(true);
  });

  it('normal: moments and tails', () => {
    const values = rng(2).fillNormal(new Float64Array(400_000));
    const { mean, variance, third, fourth } = moments(values);
    expect(Math.abs(mean)).toBeLessThan(0.006);
    expect(variance).toBeCloseTo(1, 1.8);
    expect(Math.abs(third)).toBeLessThan(0.02);
    expect(Math.abs(fourth - 3)).toBeLessThan(0.06);
    const beyond = (limit: number) => values.filter((v) => Math.abs(v) > limit).length / values.length;
    expect(beyond(1)).toBeCloseTo(0.317311, 2);
    expect(beyond(2)).toBeCloseTo(0.0455, 2.5);
    expect(beyond(3)).toBeCloseTo(0.0027, 3);
  });

  it('normal: the quantile function, against published quantiles', () => {
    // Positions are probabilities here: a stream whose words are known stands in.
    const quantiles = rng(5);
    const uniform = rng(5);
    for (let i = 0; i < 2000; i++) {
      const x = quantiles.normal();
      expect(normalCdf(x)).toBeCloseTo(uniform.uniform(), 13);
    }
  });

  it('integer: every value equally often, no value outside', () => {
    const random = rng(3);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
    expect(random.integer(1)).toBe(0);
    expect(random.integer(Number.MAX_SAFE_INTEGER)).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  it('categorical: in proportion, never a weight of zero', () => {
    const drawn = rng(4).categoricals([0, 1, 0, 3, 0], 40_000);
    const counts = [0, 0, 0, 0, 0];
    for (const i of drawn) counts[i]!++;
    expect([counts[0], counts[2], counts[4]]).toEqual([0, 0, 0]);
    expect(counts[3]! / 40_000).toBeCloseTo(0.75, 2);
    expect(rng(4).categorical([0, 1, 0, 3, 0])).toBe(drawn[0]);
  });

  it('permutation and sample: all values, all orders', () => {
    const orders = new Map<string, number>();
    const random = rng(6);
    for (let i = 0; i < 12_000; i++) {
      const key = random.permutation(3).join('');
      orders.set(key, (orders.get(key) ?? 0) + 1);
    }
    expect(orders.size).toBe(6);
    for (const count of orders.values()) expect(Math.abs(count - 2000)).toBeLessThan(200);
    const chosen = random.sample(1_000_000_000, 500);
    expect(new Set(chosen).size).toBe(500);
    expect(Array.from(random.sample(20, 20)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i),
    );
  });

  it('orthogonal: orthonormal columns, uniform directions', () => {
    expect(skew(randomOrthogonal(rng(1), 90))).toBeLessThan(1e-13);
    expect(skew(randomOrthogonal(rng(1), 90, 17, 'float32'))).toBeLessThan(1e-5);
    const random = rng(8);
    let trace = 0;
    let corner = 0;
    for (let i = 0; i < 3000; i++) {
      const q = randomOrthogonal(random, 3);
      trace += q.at(0, 0) + q.at(1, 1) + q.at(2, 2);
      corner += q.at(0, 0) ** 2;
    }
    expect(Math.abs(trace / 3000)).toBeLessThan(0.06);
    expect(corner / 3000).toBeCloseTo(1 / 3, 1.5);
  });
});

describe('streams', () => {
  const first = (random: Rng) => random.uniform();

  it('differ by seed, stream and child, and repeat', () => {
    const make = () => [
      rng(1),
      rng(2),
      rng(1, 1),
      rng(1 + 2 ** 32),
      rng(1, 2 ** 32),
      rng(1).split(),
      rng(1).split(1),
      rng(1).split().split(),
    ];
    const values = make().map(first);
    expect(new Set(values).size).toBe(values.length);
    expect(make().map(first)).toEqual(values);
  });

  it('split into the same children whatever was drawn', () => {
    const a = rng(1);
    const b = rng(1);
    b.fillUniform(new Float64Array(1000));
    expect([a.split(), a.split()].map(first)).toEqual([b.split(), b.split()].map(first));
    expect(first(rng(1).split(2))).toBe(first(a.split()));
  });

  it('are not correlated', () => {
    const n = 50_000;
    const streams = [rng(1), rng(1, 1), rng(1).split(), rng(2)].map((r) => r.fillNormal(new Float64Array(n)));
    streams.forEach((x, i) => {
      for (const y of streams.slice(i + 1))
        expect(Math.abs(x.reduce((sum, v, k) => sum + v * y[k]!, 0) / n)).toBeLessThan(0.02);
    });
  });
});

it.each<[string, () => unknown, RegExp]>([
  ['a negative seed', () => rng(-1), /seed.*-1/],
  ['a fractional seed', () => rng(0.5), /0\.5/],
  ['a bad stream', () => rng(1, -2), /stream.*-2/],
  ['no integers below 0', () => rng(1).integer(0), /below.*0/],
  ['a negative weight', () => rng(1).categorical([1, -1]), /Weight 1 is -1/],
  ['a weight that is not a number', () => rng(1).categorical([Number.NaN]), /Weight 0 is NaN/],
  ['weights of zero', () => rng(1).categorical([0, 0]), /sum to 0/],
  ['no weights', () => rng(1).categorical([]), /0 weights/],
  ['a sample larger than its set', () => rng(1).sample(3, 4), /count.*from 0 to 3.*4/],
  ['more columns than rows', () => randomOrthogonal(rng(1), 3, 4), /k.*from 0 to 3.*4/],
])('refuses %s', (_, call, message) => {
  expect(call).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
  );
});

/** Normal distribution function: series near the middle, continued fraction in the tails. */
function normalCdf(x: number): number {
  if (x > 0) return 1 - normalCdf(-x);
  if (x > -4) {
    let term = x;
    let sum = x;
    for (let k = 1; k < 200; k++) {
      term *= (x * x) / (2 * k + 1);
      sum += term;
    }
    return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  }
  let fraction = -x;
  for (let k = 200; k > 0; k--) fraction = -x + k / fraction;
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI) / fraction;
}

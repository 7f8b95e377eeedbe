import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Matrix, matmul, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ACROSS, JsonEncoder } from './encoder.js';
import { loadJsonEncoder, saveJsonEncoder } from './file.js';
import { placeIn } from './leaves.js';
import { type MatrixKind, roleOperator } from './operators.js';
import { parseJson } from './parse.js';
import { bagOfLeaves, hashedPaths } from './rivals.js';
import { namedRandom } from './seeds.js';
import { dot, norm, VSA } from './vsa.js';

const eye = (n: number) =>
  new Matrix(
    Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) ? 0 : 1)),
    n,
    n,
  );
const largest = (values: Iterable<number>) =>
  [...values].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const cosine = (a: Float32Array, b: Float32Array) => dot(a, b) / (norm(a) * norm(b));
const json = fc.jsonValue({ maxDepth: 4, noUnicodeString: true });

describe('binding matrices', () => {
  it.each<[MatrixKind, number]>([
    ['haar', 1e-6],
    ['hadamard', 64e-12],
    ['permutation', 64e-12],
  ])('%s: MᵀM is the identity', (kind, tolerance) => {
    const operator = roleOperator(kind, 64, rng(3));
    // The rows of `bound` are the columns of M.
    const bound = operator.bind(eye(64));
    const gram = matmul(bound, bound, { transposeB: true });
    expect(largest(gram.data.map((value, i) => value - (i % 65 ? 0 : 1)))).toBeLessThan(tolerance);
  });

  it.each<MatrixKind>(['haar', 'hadamard', 'permutation', 'gaussian', 'rademacher', 'hrr', 'map'])(
    '%s: unbinding is the transpose of binding',
    (kind) => {
      const operator = roleOperator(kind, 32, rng(4));
      const [bound, unbound] = [operator.bind(eye(32)), operator.unbind(eye(32))];
      for (let i = 0; i < 32; i++)
        for (let j = 0; j < 32; j++)
          expect(unbound.data[i * 32 + j]).toBeCloseTo(bound.data[j * 32 + i]!, 12);
    },
  );

  it('HRR binds by circular convolution', () => {
    const dim = 16;
    const random = () => namedRandom(1, 'role', 'x');
    const role = random().fillNormal(new Float64Array(dim));
    const x = rng(9).fillNormal(new Float64Array(dim));
    const bound = roleOperator('hrr', dim, random()).bind(new Matrix(x, 1, dim)).data;
    const length = Math.hypot(...role);
    for (let i = 0; i < dim; i++) {
      let sum = 0;
      for (let j = 0; j < dim; j++) sum += (role[j]! / length) * x[(i - j + dim) % dim]!;
      expect(bound[i]).toBeCloseTo(sum, 10);
    }
  });

  it('keeps lengths and undoes itself at any depth', () => {
    const vsa = new VSA({ dim: 128 });
    let vector: Float32Array = vsa.symbol('x').slice();
    for (let level = 0; level < 32; level++) vector = vsa.bind(`role ${level}`, vector);
    expect(Math.abs(norm(vector) - 1)).toBeLessThan(1e-5);
    for (let level = 31; level >= 0; level--) vector = vsa.unbind(`role ${level}`, vector);
    expect(largest(vector.map((value, i) => value - vsa.symbol('x')[i]!))).toBeLessThan(1e-5);
  });

  it('random matrices keep lengths in the mean only: std of log ‖v‖² is about √(2L/D)', () => {
    const vsa = new VSA({ dim: 64, matrices: 'gaussian' });
    const logs = Array.from({ length: 300 }, (_, trial) => {
      let vector = vsa.symbol(`x ${trial}`);
      for (let level = 0; level < 8; level++)
        vector = roleOperator('gaussian', 64, namedRandom(trial, 'm', String(level))).bind(
          new Matrix(vector, 1, 64),
        ).data;
      return Math.log(dot(vector, vector));
    });
    const mean = logs.reduce((a, b) => a + b) / logs.length;
    const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length);
    expect(deviation).toBeGreaterThan(0.8 * Math.sqrt(16 / 64));
    expect(deviation).toBeLessThan(1.2 * Math.sqrt(16 / 64));
  });

  it('orders of orthogonal matrices differ, those of commuting ones do not', () => {
    const swapped = (matrices: MatrixKind) => {
      const vsa = new VSA({ dim: 256, matrices });
      const x = vsa.symbol('x');
      return cosine(vsa.bind('a', vsa.bind('b', x)), vsa.bind('b', vsa.bind('a', x)));
    };
    expect(Math.abs(swapped('haar'))).toBeLessThan(4 / 16);
    expect(Math.abs(swapped('hadamard'))).toBeLessThan(4 / 16);
    expect(swapped('hrr')).toBeCloseTo(1, 5);
    expect(swapped('map')).toBeCloseTo(1, 5);
  });
});

describe('VSA', () => {
  it('finds what was bound in a phrase', () => {
    const vsa = new VSA({ dim: 512, seed: 5 });
    const phrase = vsa.bundle([
      vsa.bind('actor', vsa.bundle([vsa.symbol('smart'), vsa.symbol('girl')])),
      vsa.bind('verb', vsa.symbol('saw')),
      vsa.bind('object', vsa.bundle([vsa.symbol('gray'), vsa.symbol('elephant')])),
    ]);
    const names = ['smart', 'girl', 'saw', 'gray', 'elephant', 'mouse'];
    expect(vsa.cleanup(vsa.unbind('verb', phrase), names).name).toBe('saw');
    expect(['gray', 'elephant']).toContain(vsa.cleanup(vsa.unbind('object', phrase), names).name);
  });

  it.each([
    [{ dim: 8 }, 'dim must be an integer from 16'],
    [{ dim: 100, matrices: 'hadamard' as const }, 'a power of 2, not 100: take 128'],
    [{ matrices: 'circle' as MatrixKind }, 'Unknown matrices "circle"'],
    [{ seed: -1 }, 'seed must be'],
  ])('refuses %j', (options, message) => {
    expect(() => new VSA(options)).toThrow(message);
  });

  it('refuses vectors of another length, and an empty choice', () => {
    const vsa = new VSA({ dim: 16 });
    expect(() => vsa.bind('a', new Float32Array(15))).toThrow('A vector of 16 numbers is needed, not of 15.');
    expect(() => vsa.cleanup(new Float32Array(16), [])).toThrow('no name to choose from');
  });
});

describe('JsonEncoder', () => {
  const vsa = new VSA({ dim: 64 });
  const encoder = new JsonEncoder({ vsa });

  it('is the sum of its path views, and has length 1', () => {
    fc.assert(
      fc.property(json, (document) => {
        const whole = encoder.encode(document);
        const sum = vsa.bundle([...encoder.parts(document).values()]);
        const length = norm(sum);
        // Parts may cancel out; then there is no direction to compare.
        fc.pre(length > 1e-3);
        expect(norm(whole)).toBeCloseTo(1, 5);
        for (let i = 0; i < 64; i++) expect(whole[i]).toBeCloseTo(sum[i]! / length, 4);
      }),
      { numRuns: 60, seed: 18 },
    );
  });

  it('encodes many as it encodes each', () => {
    const documents = fc.sample(json, { numRuns: 40, seed: 19 });
    const all = encoder.encodeAll(documents);
    for (const [i, document] of documents.entries()) {
      const own = encoder.encode(document);
      expect(largest(own.map((value, j) => value - all.data[i * 64 + j]!))).toBeLessThan(1e-5);
    }
  });

  it('does not depend on the order of keys', () => {
    const a = encoder.encode({ a: 1, b: { c: [true], d: 'x' } });
    const b = encoder.encode({ b: { d: 'x', c: [true] }, a: 1 });
    expect(largest(a.map((value, i) => value - b[i]!))).toBeLessThan(1e-6);
  });

  it('sees the order of sequences, and not that of bags', () => {
    const at = (arrays: 'bag' | 'sequence' | 'sequence-from-end', document: unknown) =>
      new JsonEncoder({ vsa, arrays }).encode(document);
    const [one, other] = [
      ['a', 'b', 'c'],
      ['c', 'b', 'a'],
    ];
    expect(cosine(at('bag', one), at('bag', other))).toBeCloseTo(1, 5);
    expect(cosine(at('sequence', one), at('sequence', other))).toBeLessThan(0.8);
    const longer = ['new', ...one];
    expect(cosine(at('sequence-from-end', one), at('sequence-from-end', longer))).toBeGreaterThan(0.6);
    expect(cosine(at('sequence', one), at('sequence', longer))).toBeLessThan(0.5);
  });

  it('tells nested keys, arrays and their elements, and types apart', () => {
    const big = new JsonEncoder({ vsa: new VSA({ dim: 512 }), keyWeight: 0 });
    const pairs = [
      [{ a: { b: 'x' } }, { b: { a: 'x' } }],
      [['x'], 'x'],
      [[], {}],
      [true, 'true'],
      [null, 'null'],
    ];
    for (const [a, b] of pairs) expect(Math.abs(cosine(big.encode(a), big.encode(b)))).toBeLessThan(0.25);
  });

  it('one of n equal leaves edited costs 1/n of the cosine', () => {
    const big = new JsonEncoder({ vsa: new VSA({ dim: 1024 }), keyWeight: 0 });
    const record = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`key${i}`, `value ${i}`.replace(' ', '')]),
    );
    const edited = { ...record, key3: 'otherwise' };
    expect(Math.abs(cosine(big.encode(record), big.encode(edited)) - 0.9)).toBeLessThan(3 / 32);
  });

  it('near numbers are near: cos(π(u − u′)/2)', () => {
    const ranged = new JsonEncoder({ vsa, ranges: { '': { low: 0, high: 10 } } });
    for (const [a, b] of [
      [0, 10],
      [2, 3],
      [5, 5],
      [-4, 1],
    ] as const) {
      const [u, v] = [Math.min(1, Math.max(0, a / 10)), Math.min(1, Math.max(0, b / 10))];
      expect(cosine(ranged.encode(a), ranged.encode(b))).toBeCloseTo(Math.cos((Math.PI * (u - v)) / 2), 5);
    }
    const fourier = new JsonEncoder({ vsa, numbers: 'fourier', ranges: { '': { low: 0, high: 10 } } });
    const kernel = [1, 2, 4, 8].reduce((sum, f) => sum + Math.cos((Math.PI / 2) * f * 0.1) / 4, 0);
    expect(cosine(fourier.encode(2), fourier.encode(3))).toBeCloseTo(kernel, 5);
    const hashed = new JsonEncoder({ vsa: new VSA({ dim: 512 }), numbers: 'hash' });
    expect(Math.abs(cosine(hashed.encode(41), hashed.encode(42)))).toBeLessThan(0.2);
  });

  it('learns ranges: percentiles, logarithms where positive numbers are skewed', () => {
    const samples = Array.from({ length: 1000 }, (_, i) => ({ even: i, skewed: 2 ** (i / 50) }));
    const { paths } = new JsonEncoder({ vsa }).fit(samples);
    expect(paths.get('even')!.range).toEqual({ low: 10, high: 989 });
    expect(paths.get('skewed')!.range).toMatchObject({ log: true });
    expect(placeIn(2 ** 10, { low: 1, high: 2 ** 20, log: true })).toBeCloseTo(0.5, 10);
    expect(placeIn(-1, { low: 1, high: 2, log: true })).toBe(0);
    expect(placeIn(7, { low: 7, high: 7 })).toBe(0.5);
  });

  it('words near in an embedding are near in documents', () => {
    const vectors: Record<string, number[]> = { cat: [1, 0, 0], kitten: [0.9, 0.1, 0], car: [0, 0, 1] };
    const soft = new JsonEncoder({ vsa, strings: { dim: 3, vector: (word) => vectors[word] } });
    const like = (a: string, b: string) => cosine(soft.encode(a), soft.encode(b));
    expect(like('cat', 'kitten')).toBeGreaterThan(like('cat', 'car') + 0.4);
    expect(() => new JsonEncoder({ vsa, strings: { dim: 65, vector: () => undefined } })).toThrow(
      'do not fit into 64',
    );
  });

  it('explains a cosine by paths', () => {
    const [a, b] = [
      { name: 'curl', tags: ['web', 'cli'], size: 3 },
      { name: 'curl', tags: ['web', 'gui'], size: 4 },
    ];
    const rows = encoder.explain(a, b);
    const sum = rows.reduce((total, { contribution }) => total + contribution, 0);
    expect(sum).toBeCloseTo(cosine(encoder.encode(a), encoder.encode(b)), 5);
    expect(rows.map(({ path }) => path).sort()).toEqual([ACROSS, 'name', 'size', 'tags[]', '{…}'].sort());
    expect(rows[0]!.contribution).toBeGreaterThanOrEqual(rows[1]!.contribution);
  });

  it('reads values back out of a vector', () => {
    const records = Array.from({ length: 50 }, (_, i) => ({
      maintainer: { host: `host${i % 10}`, name: `person${i}` },
      list: [`first${i % 5}`, `second${i % 7}`],
      size: i,
    }));
    const reader = new JsonEncoder({
      vsa: new VSA({ dim: 1024, matrices: 'hadamard' }),
      arrays: 'sequence',
      numbers: 'hash',
    }).fit(records);
    const vector = reader.encode(records[13]);
    expect(reader.query(vector, 'maintainer.host')[0]!.name).toBe('"host3"');
    expect(reader.query(vector, 'list[1]')[0]!.name).toBe('"second6"');
    expect(reader.query(vector, 'size')[0]!.name).toBe('13');
    expect(() => reader.query(vector, 'maintainer.phone')).toThrow(
      'No sample has a value at "maintainer.phone". There are: maintainer.host',
    );
    expect(() => new JsonEncoder({ vsa }).query(new Float32Array(64), 'a')).toThrow('was not fitted');
  });

  it('reads objects with ids for keys as maps', () => {
    const samples = Array.from({ length: 30 }, (_, i) => ({
      prices: Object.fromEntries(Array.from({ length: 50 }, (_, j) => [`id${i * 50 + j}`, j])),
    }));
    const fitted = new JsonEncoder({ vsa }).fit(samples);
    expect([...fitted.maps]).toEqual(['prices']);
    expect([...fitted.paths.keys()].sort()).toEqual(['prices[].key', 'prices[].value']);
  });

  it('comes back from its file, in another process too, bit for bit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fletch-mbat-'));
    cleanups.push(folder);
    const file = join(folder, 'encoder.json');
    const documents = [{ a: 'some words', n: 3, 'key.with "dots"': [1, { b: null }] }];
    const fitted = new JsonEncoder({ vsa: new VSA({ dim: 64, seed: 7, matrices: 'hadamard' }) }).fit(
      documents,
    );
    await saveJsonEncoder(fitted, file);
    const again = await loadJsonEncoder(file, { dim: 64, seed: 7 });
    expect(again.encode(documents[0])).toEqual(fitted.encode(documents[0]));
    await expect(loadJsonEncoder(file, { seed: 8 })).rejects.toThrow('has seed 7, but 8 is expected');
    await expect(loadJsonEncoder(file, { strings: { dim: 3, vector: () => undefined } })).rejects.toThrow(
      'hashes words',
    );
    await expect(loadJsonEncoder(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));
    await expect(loadJsonEncoder(file)).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('draws the same vectors in every process', () => {
    const own = new VSA({ dim: 32, seed: 3 });
    const bound = own.bind('role', own.symbol('name'));
    expect([...own.symbol('name').subarray(0, 3)]).toEqual([
      -0.28552132844924927, 0.25731125473976135, -0.04579930752515793,
    ]);
    for (const [i, value] of [-0.06278336, -0.02956458, -0.04553458].entries())
      expect(bound[i]).toBeCloseTo(value, 6);
  });

  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  it.each([
    [{ a: Number.NaN }, 'NON_FINITE', '"a" is NaN'],
    [[Number.POSITIVE_INFINITY], 'NON_FINITE', '"[]" is Infinity'],
    ['\ud800', 'INVALID_ARGUMENT', 'half of a surrogate pair'],
    [{ at: new Date(0) }, 'INVALID_ARGUMENT', '"at" is of type Date'],
    [10n, 'INVALID_ARGUMENT', 'of type bigint'],
    [cyclic, 'INVALID_ARGUMENT', 'more than 256 levels deep, or contains itself'],
  ])('refuses what is not JSON (%#)', (document, code, message) => {
    for (const work of [
      () => encoder.encode(document),
      () => encoder.parts(document),
      () => encoder.fit([document]),
    ])
      expect(work).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  it('takes keys that are dangerous elsewhere', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}') as unknown;
    expect([...encoder.parts(hostile).keys()]).toContain('__proto__.polluted');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(() => new JsonEncoder({ vsa, keyWeight: -1 })).toThrow('keyWeight must be 0 or more');
  });
});

describe('reading JSON', () => {
  it('says where a text is no JSON', () => {
    expect(() => parseJson('{"a": 1,}')).toThrow(/This is not JSON: .*position 8/);
  });

  it('keeps the last of two equal keys, or refuses them', () => {
    expect(parseJson('{"a": 1, "a": 2}')).toEqual({ a: 2 });
    expect(() => parseJson('{"a": 1, "b": {"a": "a:"}, "\\u0061": 2}', 'refuse')).toThrow(
      'The key "\\u0061" comes twice',
    );
    expect(parseJson('{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}', 'refuse')).toBeTruthy();
  });
});

describe('rivals', () => {
  it('hash paths and values', () => {
    const own = hashedPaths({ a: 'x y', b: 2 }, 256);
    expect(norm(own)).toBeCloseTo(1, 6);
    expect(dot(own, hashedPaths({ b: 2, a: 'x y' }, 256))).toBeCloseTo(1, 6);
    expect(dot(own, hashedPaths({ b: 'x y', a: 2 }, 256))).toBeLessThan(0.3);
  });

  it('forget keys', () => {
    expect(bagOfLeaves({ a: [1, 'x'], b: { c: null } })).toEqual([1, 'x', null]);
  });
});

const cleanups: string[] = [];
afterAll(() => {
  for (const folder of cleanups) rmSync(folder, { recursive: true });
});

import { array } from '@fletch/array';
import { gpt2 } from '@fletch/models';
import { afterAll, describe, expect, test } from 'vitest';
import { type Activations, placeOf } from './activations.js';
import { type CausalLM, readDecoder } from './decoder.js';
import { applyMlp } from './mlp.js';
import { ObservablePropagation } from './model.js';
import { applyNorm } from './norms.js';
import { type PathNode, propagateAll, propagateAlong } from './propagate.js';
import { asGptNeo, bareDecoder, normals, tinyGpt2, tinyLlama } from './support.case.js';
import { cosine, dot, plus } from './vectors.js';

const ids = [3, 1, 4, 1, 5];
const other = [3, 7, 4, 1, 5];
const n = Float32Array.from({ length: 12 }, (_, i) => (i === 2 ? 1 : i === 9 ? -1 : 0));
const off = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

const opened: ObservablePropagation[] = [];
function open(model: CausalLM): ObservablePropagation {
  const tool = new ObservablePropagation(model, { threads: 1 });
  opened.push(tool);
  return tool;
}
afterAll(() => Promise.all(opened.map((tool) => tool.close())));

describe('attention alone, without norms', () => {
  const weights = normals(7, 5);

  test('without blocks the observable is its direction times the embedding', () => {
    const { decoder, activations } = bareDecoder(0);
    const { vector } = propagateAlong(decoder, weights, []);
    const x = activations.streams[0]!.subarray(3 * 6);
    expect(dot(vector, x)).toBeCloseTo(dot(weights, activations.logits), 5);
  });

  test.each([1, 2])('with %i blocks all paths add up to it', (blocks) => {
    const { decoder, activations } = bareDecoder(blocks);
    const point = activations;
    let total = dot(propagateAlong(decoder, weights, []).vector, placeOf(point.streams[0]!, 3, 4));
    const add = (path: PathNode[], position: number) => {
      const { vector } = propagateAlong(decoder, weights, path, { point });
      total += dot(vector, placeOf(point.streams[0]!, position, 4));
    };
    for (let head = 0; head < 2; head++)
      for (let position = 0; position < 4; position++) {
        for (let layer = 0; layer < blocks; layer++) add([{ kind: 'attn', layer, head, position }], position);
        if (blocks === 2)
          for (let below = 0; below < 2; below++)
            for (let source = 0; source <= position; source++)
              add(
                [
                  { kind: 'attn', layer: 1, head, position },
                  { kind: 'attn', layer: 0, head: below, position: source },
                ],
                source,
              );
      }
    const value = dot(weights, activations.logits);
    expect(Math.abs(total - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    let together = 0;
    for (let position = 0; position < 4; position++) {
      const vector = propagateAll(decoder, weights, { layer: 0, where: 'ln1_in', position }, { point });
      together += dot(vector, placeOf(point.streams[0]!, position, 4));
    }
    expect(Math.abs(together - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
  });
});

describe.each<[string, CausalLM]>([
  ['GPT-2', tinyGpt2()],
  ['GPT-Neo', asGptNeo(tinyGpt2())],
  ['Llama with grouped values', tinyLlama()],
])('%s', (_, model) => {
  const tool = open(model);
  const { decoder } = readDecoder(model);

  test('what every head and place, every feed-forward part, embedding and biases write adds up to the stream', async () => {
    const [point] = (await tool.activations([ids])) as [Activations];
    const y = normals(16, 8);
    const last = point.places - 1;
    let total = dot(y, placeOf(point.streams[0]!, last, point.places));
    for (const [layer, { norm1, value, output, outputBias, norm2, mlp }] of decoder.blocks.entries()) {
      for (const [h, part] of value.entries())
        for (let p = 0; p <= last; p++) {
          const weight = point.patterns[layer]![(h * point.places + last) * point.places + p]!;
          const x = applyNorm(norm1, placeOf(point.streams[layer]!, p, point.places));
          total += weight * dot(output[h]!.pull(y), part.apply(x));
        }
      if (outputBias) total += dot(y, outputBias);
      total += dot(y, applyMlp(mlp!, applyNorm(norm2, placeOf(point.middles[layer]!, last, point.places))));
    }
    const expected = dot(y, placeOf(point.streams.at(-1)!, last, point.places));
    expect(Math.abs(total - expected)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)));
  });

  test('a path’s feature is the derivative of its contribution', async () => {
    const [point] = (await tool.activations([ids])) as [Activations];
    const paths: PathNode[][] = [
      [],
      [{ kind: 'mlp', layer: 1 }],
      [{ kind: 'attn', layer: 1, head: 1, position: 2 }],
      [
        { kind: 'mlp', layer: 1 },
        { kind: 'mlp', layer: 0 },
        { kind: 'attn', layer: 0, head: 0, position: 1 },
      ],
      [
        { kind: 'attn', layer: 1, head: 'all', position: 3 },
        { kind: 'attn', layer: 0, head: 1, position: 1 },
      ],
    ];
    for (const path of paths) {
      const { vector, site } = tool.propagate(n, path, { point });
      const direction = normals(16, 9);
      const moved = (step: number): Activations => {
        const values = site.where === 'ln2_in' ? 'middles' : 'streams';
        const changed = point[values].map((each) => each.slice());
        const at = placeOf(changed[site.layer]!, site.position!, point.places);
        at.set(plus(at, direction, step));
        return { ...point, [values]: changed };
      };
      const h = 1e-4;
      const change = (step: number) => -tool.contribution(n, path, [point, moved(step)]);
      const measured = (change(h) - change(-h)) / (2 * h);
      expect(Math.abs(dot(vector, direction) - measured)).toBeLessThan(
        1e-4 * Math.max(1, Math.abs(measured)),
      );
    }
  });

  test('all paths together are the derivative of the logits with attention held', async () => {
    const [point] = (await tool.activations([ids])) as [Activations];
    const site = { layer: 0, where: 'ln1_in', position: 1 } as const;
    const { vector } = tool.propagate(n, 'all', { point, site });
    const direction = normals(16, 10);
    const run = (step: number) => {
      let streams = Array.from({ length: point.places }, (_, p) => {
        const x = placeOf(point.streams[0]!, p, point.places);
        return p === 1 ? plus(x, direction, step) : x;
      });
      for (const [layer, { norm1, value, output, outputBias, norm2, mlp }] of decoder.blocks.entries()) {
        const values = streams.map((x) => value.map((part) => part.apply(applyNorm(norm1, x))));
        streams = streams.map((x, to) => {
          let next = outputBias ? plus(x, outputBias) : x;
          for (let from = 0; from <= to; from++)
            for (const [h, part] of output.entries())
              next = plus(
                next,
                part.apply(values[from]![h]!),
                point.patterns[layer]![(h * point.places + to) * point.places + from],
              );
          return plus(next, applyMlp(mlp!, applyNorm(norm2, next)));
        });
      }
      return dot(n, decoder.unembed.apply(applyNorm(decoder.finalNorm, streams.at(-1)!)));
    };
    expect(run(0)).toBeCloseTo(tool.value(n, point), 3);
    const measured = (run(1e-4) - run(-1e-4)) / 2e-4;
    expect(Math.abs(dot(vector, direction) - measured)).toBeLessThan(1e-4 * Math.max(1, Math.abs(measured)));
  });

  test('swapping the whole last stream is the whole difference', async () => {
    const pair = await tool.pair(ids, other);
    const difference = tool.value(n, pair[0]) - tool.value(n, pair[1]);
    expect(tool.contribution(n, [], pair)).toBeCloseTo(difference, 3);
  });
});

describe('layouts', () => {
  test('fused and turned weights and separate ones give the same maps of heads and the same logits', async () => {
    const gpt = tinyGpt2();
    // GPT-Neo has no biases of queries, keys and values.
    const params = { ...gpt.params };
    for (let i = 0; i < 3; i++)
      params[`transformer.h.${i}.attn.c_attn.bias`] = array(new Float32Array(48), 'float32', [48]);
    const fused = { ...gpt, params };
    const apart = asGptNeo(fused);
    const [a, b] = [readDecoder(fused).decoder, readDecoder(apart).decoder];
    for (let l = 0; l < 3; l++)
      for (let h = 0; h < 2; h++)
        for (let seed = 0; seed < 3; seed++) {
          const x = normals(16, seed);
          const [ya, yb] = [a, b].map(({ blocks }) =>
            blocks[l]!.output[h]!.times(blocks[l]!.value[h]!.times(x)),
          );
          expect(off(ya!, yb!)).toBeLessThan(1e-12);
        }
    const [first] = await open(fused).activations([ids]);
    const [second] = await open(apart).activations([ids]);
    expect(off(first!.logits, second!.logits)).toBeLessThan(1e-4);
  });

  test('grouped values are those that are written out for every head', () => {
    const grouped = tinyLlama();
    const params = { ...grouped.params };
    for (const name of Object.keys(params).filter((key) => /[kv]_proj\.weight$/.test(key))) {
      const { data } = params[name]!;
      const rows = [0, 0, 1, 1].map((h) => (data as Float32Array).subarray(h * 4 * 16, (h + 1) * 4 * 16));
      params[name] = array(Float32Array.from(rows.flatMap((row) => [...row])), 'float32', [16, 16]);
    }
    const whole = { config: { ...grouped.config, num_key_value_heads: 4 }, params };
    const [a, b] = [open(grouped).headNorms(n), open(whole).headNorms(n)];
    expect(Array.from(a.data)).toEqual(Array.from(b.data));
    for (let head = 0; head < 4; head++) {
      const path = [{ kind: 'attn', layer: 1, head } as const];
      const [ya, yb] = [open(grouped), open(whole)].map((tool) => tool.propagate(n, path).vector);
      expect(Array.from(ya!)).toEqual(Array.from(yb!));
    }
    expect(new Set(Array.from(a.data, (value) => value.toFixed(9))).size).toBe(8);
  });
});

describe('features', () => {
  const tool = open(tinyGpt2());

  test('head norms are lengths of features of heads', () => {
    const norms = tool.headNorms(n, { gains: false });
    const gained = tool.headNorms(n);
    const { vector } = tool.propagate(n, [{ kind: 'attn', layer: 2, head: 1 }], { layerNorm: 'skip' });
    expect(gained.at(2, 1)).toBeCloseTo(Math.sqrt(dot(vector, vector)), 5);
    expect(norms.at(2, 1)).not.toBeCloseTo(gained.at(2, 1), 2);
  });

  test('normalizing, skipping and scaling change the length alone where they should', async () => {
    const [point] = await tool.activations([ids]);
    const path = [{ kind: 'attn', layer: 1, head: 0, position: 2 }] as const;
    const unit = tool.propagate(n, path, { point: point!, normalize: true });
    expect(dot(unit.vector, unit.vector)).toBeCloseTo(1, 6);
    const skip = tool.propagate(n, path, { point: point!, layerNorm: 'skip' });
    const scale = tool.propagate(n, path, { point: point!, layerNorm: 'scale' });
    expect(cosine(skip.vector, scale.vector)).toBeCloseTo(1, 6);
    expect(tool.propagate(n, path, { point: point!, throughNorm: false }).site.where).toBe('ln1_out');
  });

  test('at the boundary the observable is zero, and both sides must be there', async () => {
    const pair = await tool.pair(ids, other);
    const values = pair.map((each) => tool.value(n, each));
    const shifted = Float32Array.from(n);
    // A third token moves both values until they lie on both sides of zero.
    const third = pair[0].logits.findIndex((_, i) => {
      const [a, b] = pair.map(({ logits }) => logits[i]!);
      return Math.abs(a! - b!) > 0.1;
    });
    const [a, b] = pair.map(({ logits }) => logits[third]!) as [number, number];
    shifted.fill(0);
    shifted[third] = 1;
    // Token 11 by a weight such that the middle is zero.
    const [c, e] = pair.map(({ logits }) => logits[11]!) as [number, number];
    shifted[11] = -(a + b) / (c + e);
    const inside = pair.map((each) => tool.value(shifted, each));
    expect(inside[0]! * inside[1]!).toBeLessThan(0);
    const found = tool.propagate(shifted, [], { point: pair, at: 'boundary' });
    expect(found.vector.every(Number.isFinite)).toBe(true);
    const single = tool.propagate(n, [], { point: pair[0], at: 'boundary' });
    expect(single.vector.every(Number.isFinite)).toBe(true);
    if (values[0]! * values[1]! > 0)
      expect(() => tool.propagate(n, [], { point: pair, at: 'boundary' })).toThrow(/no zero between/);
  });

  test('scores are dot products with the stream at every token', async () => {
    const [point] = await tool.activations([ids]);
    const path = [{ kind: 'attn', layer: 1, head: 0, position: 2 }] as const;
    const { vector, site } = tool.propagate(n, path, { point: point! });
    const [scores] = await tool.score(vector, site, [ids]);
    expect(scores).toHaveLength(5);
    expect(scores![2]).toBeCloseTo(dot(vector, placeOf(point!.streams[1]!, 2, 5)), 4);
  });

  test('steering sets the score of the feature in the stream, and only at its position', async () => {
    const { vector } = tool.propagate(n, [{ kind: 'attn', layer: 1, head: 0 }]);
    const size = Math.sqrt(dot(vector, vector));
    const unsteered = await tool.values(n, [ids]);
    const [point] = await tool.activations([ids]);
    expect(unsteered[0]).toBeCloseTo(tool.value(n, point!), 4);
    const own = dot(vector, placeOf(point!.streams[1]!, 2, 5)) / size;
    const site = { layer: 1, where: 'ln1_in', position: 2 } as const;
    const same = await tool.values(n, [ids], tool.steer(vector, site, own));
    expect(same[0]).toBeCloseTo(unsteered[0]!, 3);
    const far = await tool.values(n, [ids], tool.steer(vector, site, own + 20));
    expect(Math.abs(far[0]! - unsteered[0]!)).toBeGreaterThan(1e-3);
  });
});

describe('paths and patching', () => {
  const tool = open(tinyGpt2(3));

  test('the search finds what enumeration finds, and ranks by size', async () => {
    const pair = await tool.pair(ids, other);
    const found = await tool.findPaths(n, ids, other, { maxLength: 2, beam: 40 });
    const sizes = found.map(({ contribution }) => Math.abs(contribution));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    let best = 0;
    for (let layer = 0; layer < 3; layer++) {
      best = Math.max(best, Math.abs(tool.contribution(n, [{ kind: 'mlp', layer }], pair)));
      for (let head = 0; head < 2; head++)
        for (let position = 0; position < 5; position++)
          best = Math.max(
            best,
            Math.abs(tool.contribution(n, [{ kind: 'attn', layer, head, position }], pair)),
          );
    }
    const single = found.filter(({ path }) => path.length === 1);
    expect(Math.abs(single[0]!.contribution)).toBeCloseTo(best, 9);
    const attention = await tool.findPaths(n, ids, other, { useMlp: false });
    expect(attention.every(({ path }) => path.every(({ kind }) => kind === 'attn'))).toBe(true);
  });

  test('in the last block patching a head with its own weights is what its output is worth', async () => {
    // Without feed-forward parts of the last block and with a plain end the effect of a head is linear.
    const pair = await tool.pair(ids, other);
    const free = await tool.headPatching(n, [ids], [other], { ovOnly: false });
    const held = await tool.headPatching(n, [ids], [other]);
    expect([held.rows, held.cols]).toEqual([3, 2]);
    expect(off(free.data, held.data)).toBeGreaterThan(1e-6);
    const none = await tool.headPatching(n, [ids], [ids]);
    expect(off(none.data, new Float64Array(6))).toBeLessThan(1e-4);
    // The same by hand for one head of the last block: attention held, the feed-forward part behind it computed anew.
    const { decoder } = readDecoder(tool.model);
    const { norm1, value, output, norm2, mlp } = decoder.blocks[2]!;
    let middle: Float64Array = placeOf(pair[0].middles[2]!, 4, 5);
    for (let p = 0; p < 5; p++) {
      const [x, z] = pair.map(({ streams }) => applyNorm(norm1, placeOf(streams[2]!, p, 5)));
      const weight = pair[0].patterns[2]![(1 * 5 + 4) * 5 + p]!;
      middle = plus(middle, output[1]!.times(value[1]!.times(plus(z!, x!, -1))), weight);
    }
    const end = plus(middle, applyMlp(mlp!, applyNorm(norm2, middle)));
    const patched = dot(n, decoder.unembed.apply(applyNorm(decoder.finalNorm, end)));
    expect(held.at(2, 1)).toBeCloseTo(tool.value(n, pair[0]) - patched, 3);
  });
});

describe('bad input', () => {
  const tool = open(tinyGpt2());
  const attn = (layer: number, head = 0): PathNode => ({ kind: 'attn', layer, head });

  test.each<[string, () => unknown, string, RegExp]>([
    ['zeros', () => tool.propagate(new Float32Array(12), []), 'INVALID_ARGUMENT', /zero for every token/],
    [
      'another vocabulary',
      () => tool.propagate(new Float32Array(5), []),
      'DIMENSION_MISMATCH',
      /5 weights.*12 tokens/,
    ],
    ['NaN in it', () => tool.headNorms(new Float32Array(12).fill(Number.NaN)), 'NON_FINITE', /token 0/],
    [
      'a path that ascends',
      () => tool.propagate(n, [attn(0), attn(1)]),
      'INVALID_ARGUMENT',
      /does not descend at attn1\.0/,
    ],
    [
      'a path that stays',
      () => tool.propagate(n, [attn(1), attn(1)]),
      'INVALID_ARGUMENT',
      /does not descend/,
    ],
    ['a layer', () => tool.propagate(n, [attn(3)]), 'INVALID_ARGUMENT', /Layer 3 is out of range: 0 to 2/],
    ['a head', () => tool.propagate(n, [attn(1, 2)]), 'INVALID_ARGUMENT', /Head 2 is out of range: 0 to 1/],
    [
      'an MLP without activations',
      () => tool.propagate(n, [{ kind: 'mlp', layer: 1 }]),
      'INVALID_ARGUMENT',
      /mlp1.*activations/,
    ],
    [
      'exact norms without them',
      () => tool.propagate(n, [], { layerNorm: 'exact' }),
      'INVALID_ARGUMENT',
      /need activations/,
    ],
    ['all paths without a site', () => tool.propagate(n, 'all'), 'INVALID_ARGUMENT', /need a site/],
    [
      'a site of no block',
      () => tool.steer(new Float32Array(16).fill(1), { layer: 3, where: 'ln1_in' }, 0),
      'INVALID_ARGUMENT',
      /layer 3/,
    ],
    [
      'a feature of zeros',
      () => tool.steer(new Float32Array(16), { layer: 0, where: 'ln1_in' }, 0),
      'ZERO_VECTOR',
      /zeros/,
    ],
    ['a prompt without tokens', () => tool.tokensOf([]), 'INVALID_ARGUMENT', /no tokens/],
    ['a token too large', () => tool.tokensOf([1, 12]), 'INVALID_ARGUMENT', /Token 12 at position 1/],
    ['a text without tokenizer', () => tool.tokensOf('he'), 'INVALID_ARGUMENT', /no tokenizer/],
  ])('refuses %s', (_, call, code, message) => {
    expect(call).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  test('refuses positions that are not there or look ahead, and pairs of two lengths', async () => {
    const [point, short] = await tool.activations([ids, [1, 2]]);
    const at = (layer: number, position: number): PathNode => ({ kind: 'attn', layer, head: 0, position });
    expect(() => tool.propagate(n, [at(1, 5)], { point: point! })).toThrow(
      /Position 5 is out of range: 0 to 4/,
    );
    expect(() => tool.propagate(n, [at(2, 1), at(1, 3)], { point: point! })).toThrow(/looks back only/);
    expect(() => tool.propagate(n, [], { point: [point!, short!] })).toThrow(
      /5 and 2 tokens: positions must match/,
    );
    await expect(tool.findPaths(n, ids, [1, 2])).rejects.toMatchObject({ code: 'DIMENSION_MISMATCH' });
    await expect(tool.headPatching(n, [ids], [])).rejects.toMatchObject({ code: 'DIMENSION_MISMATCH' });
    await expect(tool.findPaths(n, ids, other, { beam: 0 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  test('refuses weights that are NaN or missing, other families and models without a head', () => {
    const { config, params } = tinyGpt2();
    const broken = { ...params, 'transformer.ln_f.bias': array(new Float32Array(16).fill(Number.NaN)) };
    expect(() => open({ config, params: broken })).toThrow(/transformer\.ln_f\.bias.*NaN at position 0/);
    const { 'transformer.h.1.ln_1.weight': _, ...rest } = params;
    expect(() => open({ config, params: rest })).toThrow(/no parameter "transformer\.h\.1\.ln_1\.weight"/);
    expect(() => open({ config: { model_type: 'gptj' }, params })).toThrow(
      /model_type "gptj"; the families are/,
    );
    expect(() => open({ config: { model_type: 'bert' }, params })).toThrow(
      /layout of GPT-2, GPT-Neo or Llama/,
    );
    const headless = gpt2.config({ ...config, architectures: ['GPT2Model'] });
    expect(() => open({ config: headless, params })).toThrow(/with a head of tokens/);
  });
});

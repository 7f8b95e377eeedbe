import { add, array, compile, evaluate, mul, type NDArray, sum, type Tensor, zerosLike } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { describe, expect, it } from 'vitest';
import { bert } from './families/bert.js';
import { gpt2 } from './families/gpt2.js';
import { llama } from './families/llama.js';
import { resnet } from './families/resnet.js';
import { vit } from './families/vit.js';
import { partBuffers, partParameters } from './parameters.js';
import { countDropout, dropoutFrom } from './run.js';
import { ids, normals, tinyModels } from './testing/tiny.js';

const config = gpt2.config({ vocab_size: 11, n_positions: 6, n_embd: 8, n_layer: 2, n_head: 2 });
const params = gpt2.init(config, { seed: 1 });
const inputIds = ids([2, 5], 11, 3);
const numbers = (x: Tensor) => Array.from(evaluate(x).data as Float32Array);

describe('tap', () => {
  it('sees every site by name, and changes nothing', () => {
    const sites = new Map<string, readonly number[]>();
    const tapped = gpt2.forward(
      config,
      params,
      { inputIds },
      {
        tap: (site, value) => {
          expect(sites.has(site)).toBe(false);
          sites.set(site, value.shape);
          return undefined;
        },
      },
    );
    expect(numbers(tapped.logits)).toEqual(numbers(gpt2.forward(config, params, { inputIds }).logits));
    expect(Object.fromEntries(sites)).toMatchObject({
      'transformer.wte.out': [2, 5, 8],
      'transformer.h.0.in': [2, 5, 8],
      'transformer.h.1.ln_1.in': [2, 5, 8],
      'transformer.h.1.attn.c_attn.in': [2, 5, 8],
      'transformer.h.1.attn.c_attn.out': [2, 5, 24],
      'transformer.h.1.attn.pattern': [2, 2, 5, 5],
      'transformer.h.1.attn.c_proj.in': [2, 5, 8],
      'transformer.h.1.attn.out': [2, 5, 8],
      'transformer.h.1.mlp.c_fc.in': [2, 5, 8],
      'transformer.h.1.mlp.c_proj.in': [2, 5, 32],
      'transformer.h.1.mlp.out': [2, 5, 8],
      'transformer.h.1.out': [2, 5, 8],
      'lm_head.in': [2, 5, 8],
      'lm_head.out': [2, 5, 11],
    });
  });

  it('adds up the residual stream of its parts', () => {
    const seen = new Map<string, Tensor>();
    const out = gpt2.forward(
      config,
      params,
      { inputIds },
      { tap: (site, value) => void seen.set(site, value) },
    );
    const parts = ['transformer.h.0.in', 'transformer.h.0.attn.out', 'transformer.h.0.mlp.out'].map(
      (site) => seen.get(site)!,
    );
    const summed = numbers(parts.reduce((a, b) => add(a, b)));
    for (const [i, value] of numbers(out.hiddenStates[1]!).entries()) expect(summed[i]).toBeCloseTo(value, 6);
  });

  it('replaces values: a layer without attention, or another pattern', () => {
    const without = (site: string, value: Tensor) =>
      site.endsWith('.attn.out') ? zerosLike(value) : undefined;
    const cut = numbers(gpt2.forward(config, params, { inputIds }, { tap: without }).logits);
    const silent = { ...params };
    for (const i of [0, 1])
      for (const part of ['weight', 'bias']) {
        const name = `transformer.h.${i}.attn.c_proj.${part}`;
        silent[name] = evaluate(mul(params[name]!, 0)) as NDArray;
      }
    expect(cut).toEqual(numbers(gpt2.forward(config, silent, { inputIds }).logits));
    const even = (site: string, value: Tensor) =>
      site.endsWith('.pattern') ? add(mul(value, 0), 0.2) : undefined;
    const out = gpt2.forward(config, params, { inputIds }, { tap: even });
    expect(numbers(out.attentions[0]!).every((p) => p === Math.fround(0.2))).toBe(true);
    expect(numbers(out.logits)).not.toEqual(numbers(gpt2.forward(config, params, { inputIds }).logits));
    const wrong = (site: string) => (site === 'transformer.h.0.out' ? (array([1]) as never) : undefined);
    expect(() => gpt2.forward(config, params, { inputIds }, { tap: wrong })).toThrow(
      /what replaces transformer\.h\.0\.out has shape \[1\], not \[2,5,8\]/,
    );
  });
});

describe('weights', () => {
  it('are replaced by name', () => {
    const name = 'transformer.h.0.attn.c_attn.weight';
    const before = numbers(gpt2.forward(config, params, { inputIds }).logits);
    const low = mul(normals([8, 1], 1), normals([1, 24], 2));
    const after = gpt2.forward(config, { ...params, [name]: add(params[name]!, low) }, { inputIds });
    expect(numbers(after.logits)).not.toEqual(before);
  });

  it('that are missing are named', () => {
    const { 'transformer.h.1.ln_2.bias': _, ...holed } = params;
    expect(() => gpt2.forward(config, holed, { inputIds })).toThrow(
      /gpt2: the parameter "transformer\.h\.1\.ln_2\.bias" is missing from the 27 given/,
    );
  });

  it('are parted into what is trained and what stays', () => {
    const { family, config: own } = tinyModels['resnet, basic']!();
    const all: Record<string, NDArray> = family.init(own, { seed: 1 });
    const [trained, buffers] = partBuffers(all);
    expect(Object.keys({ ...trained, ...buffers }).sort()).toEqual(Object.keys(all).sort());
    for (const [name, value] of Object.entries({ ...trained, ...buffers })) expect(value).toBe(all[name]);
    expect(Object.keys(buffers).every((name) => name.includes('.running_'))).toBe(true);
    const kinds = Object.fromEntries(resnet.parameters(own as never).map(({ name, kind }) => [name, kind]));
    for (const name of Object.keys(all)) expect(kinds[name] === 'buffer').toBe(name in buffers);
    expect(() => partParameters(all, () => false)).toThrow(/None of the/);
  });
});

describe('what a model sees', () => {
  it.each([
    ['gpt2', () => ({ family: gpt2, own: config })],
    ['llama', () => ({ family: llama, own: tinyModels.llama!().config as ReturnType<typeof llama.config> })],
  ])('%s sees nothing of what follows', (_, make) => {
    const { family, own } = make() as { family: typeof gpt2; own: typeof config };
    const weights = family.init(own, { seed: 4 });
    const other = inputIds.copy();
    other.data[4] = 10 - Number(other.data[4]);
    const [a, b] = [inputIds, other].map((x) =>
      numbers(family.forward(own, weights, { inputIds: x }).logits),
    ) as [number[], number[]];
    expect(a.slice(0, 44)).toEqual(b.slice(0, 44));
    expect(a.slice(44, 55)).not.toEqual(b.slice(44, 55));
  });

  it.each([gpt2, llama])('$name turns by the places it is given', (family) => {
    const own = (family === gpt2 ? config : tinyModels.llama!().config) as never;
    const weights = family.init(own, { seed: 4 });
    const logits = (positionIds?: NDArray) =>
      numbers(family.forward(own, weights, { inputIds, positionIds }).logits);
    const plain = logits();
    const rows = logits(array(Int32Array.of(0, 1, 2, 3, 4)));
    const each = logits(array(Int32Array.of(0, 1, 2, 3, 4, 0, 1, 2, 3, 4), 'int32', [2, 5]));
    for (const [i, value] of plain.entries()) {
      expect(rows[i]).toBeCloseTo(value, 6);
      expect(each[i]).toBeCloseTo(value, 6);
    }
    // Learned places change everything, turned ones only what is apart.
    const shifted = logits(array(Int32Array.of(1, 2, 3, 4, 5)));
    const off = Math.max(...plain.map((value, i) => Math.abs(value - shifted[i]!)));
    if (family === gpt2) expect(off).toBeGreaterThan(1e-3);
    else expect(off).toBeLessThan(1e-5);
    const stretched = logits(array(Int32Array.of(0, 2, 3, 4, 5)));
    expect(Math.max(...plain.map((value, i) => Math.abs(value - stretched[i]!)))).toBeGreaterThan(1e-6);
  });

  it('does not see padding', () => {
    const own = bert.config({
      hidden_size: 8,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      intermediate_size: 12,
      vocab_size: 11,
    });
    const weights = bert.init(own, { seed: 1 });
    const attentionMask = array([[1, 1, 1, 0, 0]], 'int32');
    const first = (tail: number) =>
      numbers(
        bert.forward(own, weights, {
          inputIds: array([[3, 4, 5, tail, tail]], 'int32'),
          attentionMask,
        }).lastHiddenState,
      ).slice(0, 24);
    expect(first(1)).toEqual(first(9));
    const short = numbers(
      bert.forward(own, weights, { inputIds: array([[3, 4, 5]], 'int32') }).lastHiddenState,
    );
    for (const [i, value] of first(0).entries()) expect(short[i]).toBeCloseTo(value, 5);
  });

  it.each([
    [
      'ids of floats',
      () => gpt2.forward(config, params, { inputIds: array([[1, 2]]) }),
      /must be int32 or int64/,
    ],
    [
      'ids without a batch',
      () => gpt2.forward(config, params, { inputIds: ids([3], 11, 1) }),
      /\[batch, places\]/,
    ],
    [
      'long texts',
      () => gpt2.forward(config, params, { inputIds: ids([1, 7], 11, 1) }),
      /7 places; the model has between 1 and 6/,
    ],
    [
      'masks of another shape',
      () => gpt2.forward(config, params, { inputIds, attentionMask: ids([2, 4], 2, 1) }),
      /attentionMask has shape \[2,4\]/,
    ],
    [
      'images of another size',
      () => {
        const own = tinyModels.vit!().config as never;
        return vit.forward(own, vit.init(own, { seed: 1 }), { images: normals([1, 1, 6, 6], 1) });
      },
      /images are 6 × 6; the model is for 4 × 4/,
    ],
    [
      'images of other channels',
      () => {
        const own = tinyModels.vit!().config as never;
        return vit.forward(own, vit.init(own, { seed: 1 }), { images: normals([1, 3, 4, 4], 1) });
      },
      /must be floating-point of shape \[batch, 1, height, width\]/,
    ],
    [
      'a training batch of one number a channel',
      () => {
        const own = resnet.config({
          depths: [1],
          hidden_sizes: [8],
          embedding_size: 8,
          layer_type: 'basic',
          num_channels: 1,
        });
        return resnet.forward(
          own,
          resnet.init(own, { seed: 1 }),
          { images: normals([1, 1, 1, 1], 1) },
          { training: true },
        );
      },
      /needs two or more numbers a channel/,
    ],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});

describe('dropout', () => {
  const own = gpt2.config({ ...config, embd_pdrop: 0.5, attn_pdrop: 0.25, resid_pdrop: 0.125 });
  const weights = gpt2.init(own, { seed: 1 });
  const count = countDropout((dropout) => gpt2.forward(own, weights, { inputIds }, { dropout }));

  it('takes as many numbers as it says, and none that is not there', () => {
    // Embeddings, and in each of two blocks the pattern and what two parts add.
    expect(count).toBe(80 + 2 * (2 * 2 * 25 + 80 + 80));
    const few = array(new Float32Array(count - 1));
    expect(() => gpt2.forward(own, weights, { inputIds }, { dropout: dropoutFrom(few) })).toThrow(
      /countDropout says how many/,
    );
  });

  it('is off by default, drops the share it should, and keeps the sum on average', async () => {
    const run = compile((uniforms: Tensor) => {
      const seen = new Map<string, Tensor>();
      const tap = (site: string, value: Tensor) => void seen.set(site, value);
      gpt2.forward(own, weights, { inputIds }, { dropout: dropoutFrom(uniforms), tap });
      return seen.get('transformer.h.0.in')!;
    });
    const random = rng(1);
    const plain = numbers(gpt2.forward(own, weights, { inputIds }).hiddenStates[0]!);
    const sums = new Float64Array(plain.length);
    let dropped = 0;
    const runs = 400;
    for (let i = 0; i < runs; i++) {
      const out = await run(array(random.fillUniform(new Float32Array(count))));
      for (const [j, value] of (out.data as Float32Array).entries()) {
        sums[j]! += value / runs;
        if (value === 0) dropped++;
      }
    }
    await run.close();
    expect(dropped / (runs * plain.length)).toBeCloseTo(0.5, 2);
    for (const [i, value] of plain.entries()) expect(Math.abs(sums[i]! - value)).toBeLessThan(0.02);
  });

  it('is the same with the same numbers', () => {
    const uniforms = array(rng(3).fillUniform(new Float32Array(count)));
    const value = () =>
      evaluate(
        sum(gpt2.forward(own, weights, { inputIds }, { dropout: dropoutFrom(uniforms) }).logits),
      ).item();
    expect(value()).toBe(value());
    expect(value()).not.toBe(evaluate(sum(gpt2.forward(own, weights, { inputIds }).logits)).item());
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bert } from './families/bert.js';
import { cnn } from './families/cnn.js';
import { dit } from './families/dit.js';
import { gpt2 } from './families/gpt2.js';
import { llama } from './families/llama.js';
import { resnet, resnetSizes } from './families/resnet.js';
import { vit } from './families/vit.js';
import { families } from './families.js';
import { labelsOf } from './family.js';
import { rotaryFrequencies } from './layers/rotary.js';
import { planePlaces } from './layers/sinusoids.js';
import { countParameters, type ParameterSpec } from './parameters.js';

const count = (specs: readonly ParameterSpec[]) =>
  specs.reduce(
    (total, { shape, kind }) => total + (kind === 'buffer' ? 0 : shape.reduce((a, b) => a * b, 1)),
    0,
  );

describe('sizes that papers and model cards state', () => {
  it.each([
    ['GPT-2 small', () => gpt2.parameters(gpt2.config()), 124_439_808],
    [
      'GPT-2 medium',
      () => gpt2.parameters(gpt2.config({ n_embd: 1024, n_layer: 24, n_head: 16 })),
      354_823_168,
    ],
    [
      'BERT base, for pre-training',
      () => bert.parameters(bert.config({ architectures: ['BertForPreTraining'] })),
      110_106_428,
    ],
    ['BERT base, for hidden tokens', () => bert.parameters(bert.config()), 109_514_298],
    ['Llama 2 7B', () => llama.parameters(llama.config()), 6_738_415_616],
    [
      'Llama 3.2 1B',
      () =>
        llama.parameters(
          llama.config({
            vocab_size: 128256,
            hidden_size: 2048,
            intermediate_size: 8192,
            num_hidden_layers: 16,
            num_key_value_heads: 8,
            head_dim: 64,
            tie_word_embeddings: true,
          }),
        ),
      1_235_814_400,
    ],
    ['ViT base / 16', () => vit.parameters(vit.config({ num_labels: 1000 })), 86_567_656],
    // The reference code counts its fixed places: 675,129,632 with their 294,912.
    ['DiT-XL/2', () => dit.parameters(dit.config()), 674_834_720],
    [
      'ResNet-18',
      () => resnet.parameters(resnet.config({ ...resnetSizes[18], num_labels: 1000 })),
      11_689_512,
    ],
    [
      'ResNet-34',
      () => resnet.parameters(resnet.config({ ...resnetSizes[34], num_labels: 1000 })),
      21_797_672,
    ],
    [
      'ResNet-50',
      () => resnet.parameters(resnet.config({ ...resnetSizes[50], num_labels: 1000 })),
      25_557_032,
    ],
  ])('%s', (_, specs, expected) => {
    expect(count(specs())).toBe(expected);
  });
});

describe('config', () => {
  it.each(Object.values(families))('of $name: what it returns is valid and the same again', (family) => {
    const read = family.config();
    expect(read.model_type).toBe(family.name);
    expect(read.architectures).toEqual([family.architectures[0]]);
    const again = (family.config as (json: unknown) => unknown)(JSON.parse(JSON.stringify(read)));
    expect(JSON.parse(JSON.stringify(again))).toEqual(JSON.parse(JSON.stringify(read)));
  });

  it('keeps fields that it does not know, and takes null for no architecture', () => {
    expect(gpt2.config({ bos_token_id: 7, architectures: null })).toMatchObject({
      bos_token_id: 7,
      architectures: ['GPT2LMHeadModel'],
    });
  });

  it('counts classes by their names, by their number, or as two', () => {
    expect(labelsOf(cnn.config({ id2label: { 0: 'a', 1: 'b', 2: 'c' } }))).toBe(3);
    expect(labelsOf(cnn.config({ num_labels: 5 }))).toBe(5);
    expect(labelsOf(cnn.config())).toBe(2);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'widths that do not divide',
      () => gpt2.config({ n_embd: 10, n_head: 4 }),
      /10 does not divide by 4 heads/,
    ],
    ['numbers below 1', () => gpt2.config({ n_layer: 0, n_head: -1 }), /n_layer is 0[\s\S]*n_head is -1/],
    ['another model', () => gpt2.config({ model_type: 'bert' }), /model_type is "bert"/],
    [
      'heads that are not implemented',
      () => bert.config({ architectures: ['BertForQuestionAnswering'] }),
      /architectures\.0 is "BertForQuestionAnswering".*BertForMaskedLM/,
    ],
    ['unknown activations', () => vit.config({ hidden_act: 'mish' }), /hidden_act is "mish"/],
    [
      'settings that would compute something else',
      () => bert.config({ position_embedding_type: 'relative_key' }),
      /position_embedding_type is "relative_key".*"absolute"/,
    ],
    [
      'padding that is no token',
      () => bert.config({ vocab_size: 5, pad_token_id: 5 }),
      /pad_token_id: 5 is none/,
    ],
    [
      'groups that do not divide',
      () => llama.config({ num_key_value_heads: 5 }),
      /32 heads do not divide into 5/,
    ],
    [
      'odd heads',
      () => llama.config({ hidden_size: 96, num_attention_heads: 32 }),
      /width 3, which must be even/,
    ],
    [
      'other ways to stretch places',
      () => llama.config({ rope_scaling: { type: 'dynamic', factor: 2 } }),
      /rope_scaling\.rope_type/,
    ],
    [
      'patches that do not fit',
      () => vit.config({ image_size: 30, patch_size: 4 }),
      /30 does not divide into patches of 4/,
    ],
    [
      'contradicting classes',
      () => cnn.config({ num_labels: 3, id2label: { 0: 'a' } }),
      /num_labels is 3, but id2label names 1/,
    ],
    ['strides of other layers', () => cnn.config({ strides: [1] }), /there are 1 for 4 layers/],
    ['depths of other stages', () => resnet.config({ depths: [1] }), /depths: there are 1 for 4/],
    ['widths without sinusoids', () => dit.config({ hidden_size: 18, num_heads: 3 }), /18 must divide by 4/],
    ['what is no object', () => gpt2.config('gpt2' as never), /the whole is "gpt2"/],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('first parameters', () => {
  it('are drawn with the spread that they should have', () => {
    const config = gpt2.config({ vocab_size: 500, n_positions: 8, n_embd: 64, n_layer: 8, n_head: 2 });
    const params = gpt2.init(config, { seed: 1 });
    const deviation = (name: string) => {
      const { data } = params[name]!;
      let total = 0;
      for (const value of data as Float32Array) total += value * value;
      return Math.sqrt(total / data.length);
    };
    expect(deviation('transformer.wte.weight')).toBeCloseTo(0.02, 3);
    expect(deviation('transformer.h.3.mlp.c_proj.weight')).toBeCloseTo(0.02 / 4, 3);
    expect(countParameters(params)).toBe(count(gpt2.parameters(config)));
    const wte = (seed: number) => gpt2.init(config, { seed })['transformer.wte.weight']!.data;
    expect(wte(1)).toEqual(params['transformer.wte.weight']!.data);
    expect(wte(2)).not.toEqual(params['transformer.wte.weight']!.data);
  });

  it('begin as nothing at padding, and as the identity in a diffusion transformer', () => {
    const words = bert.init(
      bert.config({ vocab_size: 7, hidden_size: 12, num_hidden_layers: 1, pad_token_id: 2 }),
      {
        seed: 1,
      },
    )['bert.embeddings.word_embeddings.weight']!.data as Float32Array;
    expect(Array.from(words.subarray(24, 36))).toEqual(Array(12).fill(0));
    expect(words.filter((value) => value === 0)).toHaveLength(12);
    const params = dit.init(dit.config({ hidden_size: 12, depth: 1, num_heads: 2, input_size: 4 }), {
      seed: 1,
    });
    const isZero = (name: string) => (params[name]!.data as Float32Array).every((value) => value === 0);
    expect(isZero('blocks.0.adaLN_modulation.1.weight')).toBe(true);
    expect(isZero('final_layer.linear.weight')).toBe(true);
    expect(isZero('blocks.0.attn.qkv.weight')).toBe(false);
  });

  it('cut normal numbers at two deviations', () => {
    const params = vit.init(vit.config({ hidden_size: 48, num_hidden_layers: 1, intermediate_size: 96 }), {
      seed: 1,
    });
    const { data } = params['vit.encoder.layer.0.intermediate.dense.weight']!;
    const largest = Math.max(...(data as Float32Array).map(Math.abs));
    expect(largest).toBeLessThanOrEqual(0.04);
    expect(largest).toBeGreaterThan(0.038);
  });
});

it('keeps fast rotations and stretches slow ones', () => {
  const base = { rope_theta: 500000, rope_scaling: null, rope_parameters: null };
  const plain = rotaryFrequencies(base, 64);
  const scaling = {
    rope_type: 'llama3',
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  } as const;
  const stretched = rotaryFrequencies({ ...base, rope_scaling: scaling }, 64);
  for (const [i, frequency] of plain.entries()) {
    expect(stretched[i]).toBeLessThanOrEqual(frequency);
    expect(stretched[i]).toBeGreaterThanOrEqual(frequency / 8);
  }
  expect(stretched[0]).toBe(plain[0]);
  expect(stretched.at(-1)).toBe(plain.at(-1)! / 8);
  const { rope_scaling, rope_parameters } = llama.config({
    rope_scaling: { type: 'linear', factor: 2 },
    rope_parameters: { rope_type: 'default', rope_theta: 500000 },
  });
  expect(rope_scaling).toMatchObject({ rope_type: 'linear', factor: 2 });
  expect(rotaryFrequencies({ ...base, rope_theta: 1, rope_parameters }, 64)).toEqual(plain);
  expect(rotaryFrequencies({ ...base, rope_scaling }, 64)).toEqual(plain.map((frequency) => frequency / 2));
});

it('places of a grid are told apart, and near ones are alike', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 6 }), (grid, quarters) => {
      const width = 4 * quarters;
      const places = planePlaces(grid, width);
      const dot = (a: number, b: number) => {
        let total = 0;
        for (let i = 0; i < width; i++) total += places[a * width + i]! * places[b * width + i]!;
        return total;
      };
      for (let a = 0; a < grid * grid; a++) {
        expect(dot(a, a)).toBeCloseTo(width / 2, 4);
        for (let b = 0; b < a; b++) expect(dot(a, b)).toBeLessThan(width / 2 - 1e-3);
      }
      // The same in both directions.
      expect(dot(0, 1)).toBeCloseTo(dot(0, grid), 5);
    }),
    { seed: 5, numRuns: 20 },
  );
});

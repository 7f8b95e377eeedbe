import { array, type NDArray, zeros } from '@fletch/array';
import { isFletchError } from '@fletch/base';
import { describe, expect, it } from 'vitest';
import { bert } from './families/bert.js';
import { gpt2 } from './families/gpt2.js';
import { resnet } from './families/resnet.js';
import { vit } from './families/vit.js';
import { loadParameters } from './load-parameters.js';

type Named = Record<string, NDArray>;

const small = {
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 12,
  vocab_size: 11,
};
const config = gpt2.config({ vocab_size: 11, n_positions: 6, n_embd: 8, n_layer: 2, n_head: 2 });
const params = gpt2.init(config, { seed: 1 });

const named = (given: Named, f: (name: string) => string): Named =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [f(name), value]));

function failure(act: () => unknown) {
  try {
    act();
  } catch (error) {
    if (isFletchError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('loadParameters', () => {
  it.each<[string, Named]>([
    ['the same names', params],
    ['no prefix', named(params, (name) => name.replace(/^transformer\./, ''))],
    ['the prefixes of wrappers', named(params, (name) => `_orig_mod.module.${name}`)],
    ['the tied head as well', { ...params, 'lm_head.weight': params['transformer.wte.weight']!.copy() }],
    [
      'the tied head instead',
      named(params, (name) => (name === 'transformer.wte.weight' ? 'lm_head.weight' : name)),
    ],
    [
      'masks of old versions',
      {
        ...params,
        'transformer.h.0.attn.bias': zeros([1, 1, 6, 6], 'bool'),
        'h.1.attn.masked_bias': array(-1e4),
      },
    ],
  ])('takes %s', (_, tensors) => {
    const loaded = loadParameters(gpt2, config, tensors);
    expect(Object.keys(loaded).sort()).toEqual(Object.keys(params).sort());
    for (const [name, { data, shape }] of Object.entries(params)) {
      expect(loaded[name]!.shape).toEqual(shape);
      expect(loaded[name]!.data).toEqual(data);
    }
  });

  it('rounds 64-bit numbers to 32 bits', () => {
    const wide = { ...params, 'transformer.ln_f.bias': array(new Float64Array(8).fill(0.1)) };
    expect(loadParameters(gpt2, config, wide)['transformer.ln_f.bias']!.data).toEqual(
      new Float32Array(8).fill(0.1),
    );
  });

  it('takes the names of before LayerNorm had weights, and further heads', () => {
    const full = bert.config({ ...small, architectures: ['BertForPreTraining'] });
    const masked = bert.config({ ...small, architectures: ['BertForMaskedLM'] });
    const tensors = named(bert.init(full, { seed: 2 }), (name) =>
      name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
    );
    const loaded = loadParameters(bert, masked, {
      ...tensors,
      'bert.embeddings.position_ids': zeros([1, 512], 'int64'),
    });
    expect(Object.keys(loaded).sort()).toEqual(
      bert
        .parameters(masked)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it("takes torchvision's counters", () => {
    const config18 = resnet.config({
      depths: [1],
      hidden_sizes: [8],
      embedding_size: 8,
      layer_type: 'basic',
    });
    const tensors = { ...resnet.init(config18, { seed: 1 }), 'bn1.num_batches_tracked': zeros([], 'int64') };
    expect(Object.keys(loadParameters(resnet, config18, tensors))).not.toContain('bn1.num_batches_tracked');
  });

  it('lists ten of what is missing, not expected and of another shape, and the counts', () => {
    const deep = gpt2.config({ ...config, n_layer: 4, vocab_size: 12 });
    const tensors = {
      ...params,
      'transformer.h.0.mlp.c_fc.bias': zeros([32], 'int32'),
      'vision.weight': zeros([2]),
      stray: zeros([1]),
    };
    const error = failure(() => loadParameters(gpt2, deep, tensors, { source: 'model.safetensors' }));
    expect(error.code).toBe('INVALID_INPUT_FILE');
    expect(error.message).toContain('model.safetensors: these are not the weights of this gpt2 config.');
    expect(error.message).toMatch(/Missing \(24\): transformer\.h\.2\.ln_1\.weight, .*, …/);
    const listed = /Missing \(24\): (.*), …/.exec(error.message)![1]!.split(', ');
    expect(listed).toHaveLength(10);
    expect(error.message).toContain('Not expected (2): vision.weight, stray');
    expect(error.message).toContain('transformer.wte.weight is float32 [11, 8], not [12, 8]');
    expect(error.message).toContain('transformer.h.0.mlp.c_fc.bias is int32 [32], not [32]');
    expect(error.message).toContain('Of another shape or type (2)');
    expect(error.details.missing).toHaveLength(24);
    expect(error.details.unexpected).toEqual(['vision.weight', 'stray']);
    expect(error.details.misshapen).toHaveLength(2);
  });

  it('refuses the checkpoint of another model', () => {
    const other = bert.init(bert.config(small), { seed: 1 });
    const error = failure(() => loadParameters(gpt2, config, other));
    expect(error.details.missing).toHaveLength(Object.keys(params).length);
    expect(error.details.unexpected).toHaveLength(Object.keys(other).length);
  });

  it('refuses a tensor that stands twice', () => {
    const twice = { ...params, 'ln_f.bias': params['transformer.ln_f.bias']! };
    expect(failure(() => loadParameters(gpt2, config, twice)).details.unexpected).toEqual(['ln_f.bias']);
  });

  it('refuses a tied head that differs, and says what to set', () => {
    const head = params['transformer.wte.weight']!.copy();
    head.data[5] = 7;
    const error = failure(() => loadParameters(gpt2, config, { ...params, 'lm_head.weight': head }));
    expect(error).toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(/number 5 of them is 7 and .*tie_word_embeddings to false/),
    });
  });

  it('draws a new head when asked, the same with the same seed', () => {
    const base = loadParameters(bert, bert.config(small), bert.init(bert.config(small), { seed: 3 }));
    const wanted = bert.config({ ...small, architectures: ['BertForSequenceClassification'], num_labels: 4 });
    expect(failure(() => loadParameters(bert, wanted, base)).details.missing).toEqual([
      'bert.pooler.dense.weight',
      'bert.pooler.dense.bias',
      'classifier.weight',
      'classifier.bias',
    ]);
    const loaded = loadParameters(bert, wanted, base, { newHead: { seed: 5 } });
    expect(loaded['classifier.weight']!.shape).toEqual([4, 8]);
    expect(loaded['bert.embeddings.LayerNorm.bias']).toBe(base['bert.embeddings.LayerNorm.bias']);
    const again = loadParameters(bert, wanted, base, { newHead: { seed: 5 } });
    expect(again['classifier.weight']!.data).toEqual(loaded['classifier.weight']!.data);
    // Everything below the head must be there all the same.
    const { 'bert.encoder.layer.0.output.dense.bias': _, ...holed } = base;
    expect(
      failure(() => loadParameters(bert, wanted, holed, { newHead: { seed: 5 } })).details.missing,
    ).toEqual(['bert.encoder.layer.0.output.dense.bias']);
  });

  it('draws a head of other classes anew', () => {
    const images = { ...small, image_size: 4, patch_size: 2, num_channels: 1 };
    const five = vit.init(vit.config({ ...images, num_labels: 5 }), { seed: 1 });
    const three = vit.config({ ...images, num_labels: 3 });
    expect(failure(() => loadParameters(vit, three, five)).details.misshapen).toHaveLength(2);
    const loaded = loadParameters(vit, three, five, { newHead: { seed: 1 } });
    expect(loaded['classifier.bias']!.shape).toEqual([3]);
  });
});

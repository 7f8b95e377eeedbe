/**
 * Llama (Touvron et al. 2023): a decoder with rotary places, root-mean-square normalization, gated feed-forward parts
 * and grouped queries.
 *
 * @module
 */
import { add, mul, type Tensor, tensor } from '@fletch/array';
import { z } from 'zod';
import { type ConfigOf, defineFamily, field } from '../family.js';
import { activate, activationName } from '../layers/activations.js';
import { tokenIds, type Visibility, visibility } from '../layers/attention.js';
import { embedding, embeddingSpecs, linear, linearSpecs, tokenHead } from '../layers/dense.js';
import { rmsNorm, rmsNormSpecs } from '../layers/norm.js';
import { rotaryFields, rotaryFrequencies, rotation } from '../layers/rotary.js';
import { selfAttention } from '../layers/self-attention.js';
import { stack } from '../layers/stack.js';
import { normal, type ParameterSpec } from '../parameters.js';
import type { Run } from '../run.js';
import type { DecoderOutput, Gpt2Inputs } from './gpt2.js';

const fields = {
  vocab_size: field.count(32000),
  hidden_size: field.count(4096),
  intermediate_size: field.count(11008),
  num_hidden_layers: field.count(32),
  num_attention_heads: field.count(32),
  /** Heads of keys and values. Default: as many as of queries. */
  num_key_value_heads: z.int().positive().nullable().default(null),
  /** Width of a head. Default: `hidden_size` / `num_attention_heads`. */
  head_dim: z.int().positive().multipleOf(2).nullable().default(null),
  hidden_act: activationName.default('silu'),
  max_position_embeddings: field.count(2048),
  rms_norm_eps: field.positive(1e-6),
  initializer_range: field.positive(0.02),
  attention_bias: field.flag(false),
  mlp_bias: field.flag(false),
  attention_dropout: field.rate(0),
  tie_word_embeddings: field.flag(false),
  ...rotaryFields,
};

/** A Llama's `config.json`. */
export type LlamaConfig = ConfigOf<typeof fields>;

/** Numbers that other fields decide. */
function sizesOf(config: LlamaConfig) {
  const { hidden_size, num_attention_heads: heads } = config;
  return {
    heads,
    keyHeads: config.num_key_value_heads ?? heads,
    headWidth: config.head_dim ?? hidden_size / heads,
  };
}

function parameters(config: LlamaConfig): ParameterSpec[] {
  const { hidden_size: width, intermediate_size: inner, initializer_range: deviation } = config;
  const { heads, keyHeads, headWidth } = sizesOf(config);
  const initial = normal(deviation);
  const attention = { initial, bias: config.attention_bias };
  const forward = { initial, bias: config.mlp_bias };
  return [
    ...embeddingSpecs('model.embed_tokens', config.vocab_size, width, deviation),
    ...Array.from({ length: config.num_hidden_layers }, (_, i) => {
      const name = `model.layers.${i}`;
      return [
        ...rmsNormSpecs(`${name}.input_layernorm`, width),
        ...linearSpecs(`${name}.self_attn.q_proj`, width, heads * headWidth, attention),
        ...linearSpecs(`${name}.self_attn.k_proj`, width, keyHeads * headWidth, attention),
        ...linearSpecs(`${name}.self_attn.v_proj`, width, keyHeads * headWidth, attention),
        ...linearSpecs(`${name}.self_attn.o_proj`, heads * headWidth, width, attention),
        ...rmsNormSpecs(`${name}.post_attention_layernorm`, width),
        ...linearSpecs(`${name}.mlp.gate_proj`, width, inner, forward),
        ...linearSpecs(`${name}.mlp.up_proj`, width, inner, forward),
        ...linearSpecs(`${name}.mlp.down_proj`, inner, width, forward),
      ];
    }).flat(),
    ...rmsNormSpecs('model.norm', width),
    ...(config.tie_word_embeddings
      ? []
      : linearSpecs('lm_head', width, config.vocab_size, { initial, bias: false })),
  ];
}

interface Shared {
  readonly visible: Visibility;
  readonly rotate: (x: Tensor) => Tensor;
}

function block(run: Run, config: LlamaConfig, name: string, x: Tensor, { visible, rotate }: Shared) {
  const { rms_norm_eps: epsilon, attention_bias, mlp_bias } = config;
  const normed = rmsNorm(run, `${name}.input_layernorm`, x, epsilon);
  const { heads, keyHeads } = sizesOf(config);
  const { mixed, pattern } = selfAttention(run, `${name}.self_attn`, normed, {
    heads,
    keyHeads,
    names: ['q_proj', 'k_proj', 'v_proj'],
    bias: attention_bias,
    rotate,
    visible,
    dropout: config.attention_dropout,
  });
  const attended = linear(run, `${name}.self_attn.o_proj`, mixed, { bias: attention_bias });
  const middle = add(x, run.tap(`${name}.self_attn.out`, attended));
  const inner = rmsNorm(run, `${name}.post_attention_layernorm`, middle, epsilon);
  const gate = activate(config.hidden_act, linear(run, `${name}.mlp.gate_proj`, inner, { bias: mlp_bias }));
  const up = linear(run, `${name}.mlp.up_proj`, inner, { bias: mlp_bias });
  const down = linear(run, `${name}.mlp.down_proj`, mul(gate, up), { bias: mlp_bias });
  return { next: add(middle, run.tap(`${name}.mlp.out`, down)), pattern };
}

/** What a Llama takes: the same as a GPT-2. */
export type LlamaInputs = Gpt2Inputs;

/** Decoders in Llama's layout. */
export const llama = defineFamily({
  name: 'llama',
  title: 'Llama: a decoder with rotary places and grouped queries',
  architectures: ['LlamaForCausalLM'],
  prefix: 'model',
  fields,
  check(config) {
    const { heads, keyHeads, headWidth } = sizesOf(config);
    return [
      ...(headWidth % 2 === 0
        ? []
        : [`hidden_size and num_attention_heads: heads of width ${headWidth}, which must be even`]),
      ...(heads % keyHeads === 0
        ? []
        : [`num_key_value_heads: ${heads} heads do not divide into ${keyHeads} groups`]),
    ];
  },
  parameters,
  forward(run, config, { inputIds, attentionMask: seen, positionIds }: LlamaInputs): DecoderOutput {
    const longest = config.max_position_embeddings;
    const { ids, places } = tokenIds('llama', inputIds, longest);
    const x = embedding(run, 'model.embed_tokens', ids);
    const shared = {
      visible: visibility(x, { causal: true, seen }),
      rotate: rotation(rotaryFrequencies(config, sizesOf(config).headWidth), x.dtype, {
        count: places,
        positions: positionIds === undefined ? undefined : tensor(positionIds, 'int32'),
        longest,
      }),
    };
    const { last, ...states } = stack(run, ['model.layers', config.num_hidden_layers], x, (name, given) =>
      block(run, config, name, given, shared),
    );
    const lastHiddenState = rmsNorm(run, 'model.norm', last, config.rms_norm_eps);
    const logits = tokenHead(
      run,
      lastHiddenState,
      config.tie_word_embeddings ? 'model.embed_tokens' : undefined,
    );
    return { logits, lastHiddenState, ...states };
  },
  rename: (name) => (name.endsWith('.rotary_emb.inv_freq') ? undefined : name),
  tied: (config): Record<string, string> =>
    config.tie_word_embeddings ? { 'lm_head.weight': 'model.embed_tokens.weight' } : {},
});

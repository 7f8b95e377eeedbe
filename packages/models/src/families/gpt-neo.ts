/**
 * GPT-Neo (Black et al. 2021): GPT-2 with separate matrices of queries, keys and values, scores that are not scaled, and
 * every other block seeing only the nearest places.
 *
 * @module
 */
import { add, and, not, reshape, slice, type Tensor, tril } from '@fletch/array';
import { z } from 'zod';
import { type ConfigOf, checkHeads, defineFamily, field } from '../family.js';
import { activate, activationName } from '../layers/activations.js';
import { tokenIds, type Visibility, visibility } from '../layers/attention.js';
import { embedding, embeddingSpecs, linear, linearSpecs, tokenHead } from '../layers/dense.js';
import { layerNorm, layerNormSpecs } from '../layers/norm.js';
import { selfAttention } from '../layers/self-attention.js';
import { normal, type ParameterSpec } from '../parameters.js';
import type { Run } from '../run.js';
import type { DecoderOutput, Gpt2Inputs } from './gpt2.js';

const kind = z.enum(['global', 'local']);

const fields = {
  vocab_size: field.count(50257),
  max_position_embeddings: field.count(2048),
  hidden_size: field.count(2048),
  num_layers: field.count(24),
  num_heads: field.count(16),
  /** Width inside of the feed-forward part. Default: 4 · `hidden_size`. */
  intermediate_size: z.int().positive().nullable().default(null),
  /** Kinds of attention and how often they come: `[[['global', 'local'], 12]]`. Default: global everywhere. */
  attention_types: z.array(z.tuple([z.array(kind).min(1), z.int().positive()])).optional(),
  /** Places that a local block sees, its own included. */
  window_size: field.count(256),
  activation_function: activationName.default('gelu_new'),
  layer_norm_epsilon: field.positive(1e-5),
  initializer_range: field.positive(0.02),
  embed_dropout: field.rate(0),
  attention_dropout: field.rate(0),
  resid_dropout: field.rate(0),
  tie_word_embeddings: field.flag(true),
};

/** A GPT-Neo's `config.json`. */
export type GptNeoConfig = ConfigOf<typeof fields>;

/** What a GPT-Neo takes: the same as a GPT-2. */
export type GptNeoInputs = Gpt2Inputs;

/** The kind of attention of every block. */
function kindsOf({ attention_types: types, num_layers: layers }: GptNeoConfig): ('global' | 'local')[] {
  return types === undefined
    ? new Array<'global'>(layers).fill('global')
    : types.flatMap(([kinds, times]) => new Array(times).fill(kinds).flat() as ('global' | 'local')[]);
}

function parameters(config: GptNeoConfig): ParameterSpec[] {
  const { hidden_size: width, initializer_range: deviation } = config;
  const inner = config.intermediate_size ?? 4 * width;
  const initial = normal(deviation);
  const blocks = Array.from({ length: config.num_layers }, (_, i) => {
    const name = `transformer.h.${i}`;
    return [
      ...layerNormSpecs(`${name}.ln_1`, width),
      ...['k_proj', 'v_proj', 'q_proj'].flatMap((part) =>
        linearSpecs(`${name}.attn.attention.${part}`, width, width, { initial, bias: false }),
      ),
      ...linearSpecs(`${name}.attn.attention.out_proj`, width, width, { initial }),
      ...layerNormSpecs(`${name}.ln_2`, width),
      ...linearSpecs(`${name}.mlp.c_fc`, width, inner, { initial }),
      ...linearSpecs(`${name}.mlp.c_proj`, inner, width, { initial }),
    ];
  });
  return [
    ...embeddingSpecs('transformer.wte', config.vocab_size, width, deviation),
    ...embeddingSpecs('transformer.wpe', config.max_position_embeddings, width, deviation),
    ...blocks.flat(),
    ...layerNormSpecs('transformer.ln_f', width),
    ...(config.tie_word_embeddings
      ? []
      : linearSpecs('lm_head', width, config.vocab_size, { initial, bias: false })),
  ];
}

function block(run: Run, config: GptNeoConfig, i: number, x: Tensor, visible: Visibility) {
  const name = `transformer.h.${i}`;
  const { layer_norm_epsilon: epsilon, resid_dropout } = config;
  const { mixed, pattern } = selfAttention(
    run,
    `${name}.attn.attention`,
    layerNorm(run, `${name}.ln_1`, x, epsilon),
    {
      heads: config.num_heads,
      names: ['q_proj', 'k_proj', 'v_proj'],
      bias: false,
      visible,
      dropout: config.attention_dropout,
      scale: 1,
    },
  );
  const attended = run.tap(`${name}.attn.out`, linear(run, `${name}.attn.attention.out_proj`, mixed));
  const middle = add(x, run.drop(attended, resid_dropout));
  const wide = linear(run, `${name}.mlp.c_fc`, layerNorm(run, `${name}.ln_2`, middle, epsilon));
  const narrow = linear(run, `${name}.mlp.c_proj`, activate(config.activation_function, wide));
  const next = add(middle, run.drop(run.tap(`${name}.mlp.out`, narrow), resid_dropout));
  return { next: run.tap(`${name}.out`, next), pattern };
}

/** What a place sees of the `window` places up to itself. */
function nearest({ causal, mask }: Visibility, places: number, window: number): Visibility {
  const close = reshape(not(tril(places, -window)), [1, 1, places, places]);
  return { causal, mask: mask === undefined ? close : and(mask, close) };
}

/** Decoders in GPT-Neo's layout. */
export const gptNeo = defineFamily({
  name: 'gpt_neo',
  title: 'GPT-Neo: a decoder whose every other block sees only near places',
  architectures: ['GPTNeoForCausalLM', 'GPTNeoModel'],
  prefix: 'transformer',
  fields,
  check: (config) => [
    ...checkHeads(config.hidden_size, config.num_heads, 'hidden_size and num_heads'),
    ...(kindsOf(config).length === config.num_layers
      ? []
      : [`attention_types: they are for ${kindsOf(config).length} blocks, not ${config.num_layers}`]),
  ],
  parameters,
  forward(run, config, { inputIds, attentionMask: seen, positionIds }: GptNeoInputs): DecoderOutput {
    const { ids, places } = tokenIds('gpt_neo', inputIds, config.max_position_embeddings);
    const spots =
      positionIds === undefined
        ? slice(run.weight('transformer.wpe.weight'), [0, places])
        : embedding(run, 'transformer.wpe', positionIds);
    let x = run.drop(add(embedding(run, 'transformer.wte', ids), spots), config.embed_dropout);
    const everywhere = visibility(x, { causal: true, seen });
    const near = places <= config.window_size ? everywhere : nearest(everywhere, places, config.window_size);
    const hiddenStates: Tensor[] = [];
    const attentions: Tensor[] = [];
    for (const [i, kind] of kindsOf(config).entries()) {
      x = run.tap(`transformer.h.${i}.in`, x);
      hiddenStates.push(x);
      const { next, pattern } = block(run, config, i, x, kind === 'local' ? near : everywhere);
      attentions.push(pattern);
      x = next;
    }
    hiddenStates.push(x);
    const lastHiddenState = layerNorm(run, 'transformer.ln_f', x, config.layer_norm_epsilon);
    const table = config.tie_word_embeddings ? 'transformer.wte' : undefined;
    return {
      logits: tokenHead(run, lastHiddenState, table),
      lastHiddenState,
      hiddenStates,
      attentions,
    };
  },
  // Masks that old versions stored.
  rename: (name) => (/\.attention\.(bias|masked_bias)$/.test(name) ? undefined : name),
  tied: (config): Record<string, string> =>
    config.tie_word_embeddings ? { 'lm_head.weight': 'transformer.wte.weight' } : {},
});

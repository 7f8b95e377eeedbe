/**
 * GPT-2 (Radford et al. 2019): a decoder with learned places and layer normalization before each part.
 *
 * @module
 */
import { add, slice, type Tensor, tensor, type Value } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { z } from 'zod';
import { type ConfigOf, checkHeads, defineFamily, field } from '../family.js';
import { activate, activationName } from '../layers/activations.js';
import {
  attend,
  checkPlaces,
  splitFused,
  tokenIds,
  type Visibility,
  visibility,
} from '../layers/attention.js';
import { conv1D, conv1DSpecs, embedding, embeddingSpecs, linearSpecs, tokenHead } from '../layers/dense.js';
import { layerNorm, layerNormSpecs } from '../layers/norm.js';
import { stack } from '../layers/stack.js';
import { normal, type ParameterSpec } from '../parameters.js';
import type { Run } from '../run.js';

const fields = {
  vocab_size: field.count(50257),
  n_positions: field.count(1024),
  n_embd: field.count(768),
  n_layer: field.count(12),
  n_head: field.count(12),
  /** Width inside of the feed-forward part. Default: 4 · `n_embd`. */
  n_inner: z.int().positive().nullable().default(null),
  activation_function: activationName.default('gelu_new'),
  layer_norm_epsilon: field.positive(1e-5),
  initializer_range: field.positive(0.02),
  embd_pdrop: field.rate(0.1),
  attn_pdrop: field.rate(0.1),
  resid_pdrop: field.rate(0.1),
  scale_attn_weights: field.flag(true),
  scale_attn_by_inverse_layer_idx: field.flag(false),
  add_cross_attention: field.only(false),
  /** Whether the head is the table of tokens. */
  tie_word_embeddings: field.flag(true),
};

/** A GPT-2's `config.json`. */
export type Gpt2Config = ConfigOf<typeof fields>;

/** What a GPT-2 takes. */
export interface Gpt2Inputs {
  /** Tokens `[batch, places]`, int32 or int64. */
  readonly inputIds: Value;
  /** `[batch, places]`, 0 at padding. Default: nothing is padding. */
  readonly attentionMask?: Value | undefined;
  /** `[batch, places]` or `[places]`. Default 0, 1, … */
  readonly positionIds?: Value | undefined;
}

/** What a GPT-2 takes instead when what it reads are no tokens. */
export interface Gpt2Embedded extends Omit<Gpt2Inputs, 'inputIds'> {
  /** Stands for the tokens' rows, `[batch, places, width]`; the places' rows are added to it. */
  readonly inputEmbeddings: Value;
}

/** What a GPT-2 gives. */
export interface DecoderOutput {
  /** `[batch, places, tokens]`: scores of the next token. */
  readonly logits: Tensor;
  /** `[batch, places, width]` after the last normalization. */
  readonly lastHiddenState: Tensor;
  /**
   * The residual stream `[batch, places, width]`: before each block, and after the last. (In Hugging Face's
   * `hidden_states` the last is normalized.)
   */
  readonly hiddenStates: readonly Tensor[];
  /** Of each block, `[batch, heads, places, places]`; rows add up to 1. */
  readonly attentions: readonly Tensor[];
}

function parameters(config: Gpt2Config): ParameterSpec[] {
  const { n_embd: width, n_layer: layers, initializer_range: deviation } = config;
  const inner = config.n_inner ?? 4 * width;
  const initial = normal(deviation);
  // What is added to the residual stream: the sum of all blocks keeps its variance.
  const added = normal(deviation / Math.sqrt(2 * layers));
  const blocks = Array.from({ length: layers }, (_, i) => {
    const name = `transformer.h.${i}`;
    return [
      ...layerNormSpecs(`${name}.ln_1`, width),
      ...conv1DSpecs(`${name}.attn.c_attn`, width, 3 * width, { initial }),
      ...conv1DSpecs(`${name}.attn.c_proj`, width, width, { initial: added }),
      ...layerNormSpecs(`${name}.ln_2`, width),
      ...conv1DSpecs(`${name}.mlp.c_fc`, width, inner, { initial }),
      ...conv1DSpecs(`${name}.mlp.c_proj`, inner, width, { initial: added }),
    ];
  });
  return [
    ...embeddingSpecs('transformer.wte', config.vocab_size, width, deviation),
    ...embeddingSpecs('transformer.wpe', config.n_positions, width, deviation),
    ...blocks.flat(),
    ...layerNormSpecs('transformer.ln_f', width),
    ...(config.tie_word_embeddings
      ? []
      : linearSpecs('lm_head', width, config.vocab_size, { initial, bias: false })),
  ];
}

/** The tokens' rows, or what is given in their stead. */
function entering(
  run: Run,
  config: Gpt2Config,
  given: Pick<Gpt2Inputs, 'inputIds'> | Pick<Gpt2Embedded, 'inputEmbeddings'>,
): { readonly tokens: Tensor; readonly places: number } {
  if ('inputIds' in given) {
    const { ids, places } = tokenIds('gpt2', given.inputIds, config.n_positions);
    return { tokens: embedding(run, 'transformer.wte', ids), places };
  }
  const tokens = tensor(given.inputEmbeddings);
  const [, places = 0, width] = tokens.shape;
  if (tokens.rank !== 3 || width !== config.n_embd)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `gpt2: inputEmbeddings have shape [${tokens.shape}], not [batch, places, ${config.n_embd}].`,
    );
  checkPlaces('gpt2', places, config.n_positions);
  return { tokens, places };
}

interface Place {
  readonly name: string;
  readonly i: number;
}

function block(run: Run, config: Gpt2Config, { name, i }: Place, x: Tensor, visible: Visibility) {
  const { n_embd: width, n_head: heads, layer_norm_epsilon: epsilon, resid_pdrop } = config;
  const qkv = conv1D(run, `${name}.attn.c_attn`, layerNorm(run, `${name}.ln_1`, x, epsilon));
  const scale =
    (config.scale_attn_weights ? 1 / Math.sqrt(width / heads) : 1) /
    (config.scale_attn_by_inverse_layer_idx ? i + 1 : 1);
  const { mixed, pattern } = attend(run, `${name}.attn`, splitFused(qkv, heads), {
    visible,
    dropout: config.attn_pdrop,
    scale,
  });
  const attended = run.tap(`${name}.attn.out`, conv1D(run, `${name}.attn.c_proj`, mixed));
  const middle = add(x, run.drop(attended, resid_pdrop));
  const wide = conv1D(run, `${name}.mlp.c_fc`, layerNorm(run, `${name}.ln_2`, middle, epsilon));
  const narrow = conv1D(run, `${name}.mlp.c_proj`, activate(config.activation_function, wide));
  const next = add(middle, run.drop(run.tap(`${name}.mlp.out`, narrow), resid_pdrop));
  return { next, pattern };
}

/** Decoders in GPT-2's layout. */
export const gpt2 = defineFamily({
  name: 'gpt2',
  title: 'GPT-2: a decoder with learned places',
  architectures: ['GPT2LMHeadModel', 'GPT2Model'],
  prefix: 'transformer',
  fields,
  check: (config) => checkHeads(config.n_embd, config.n_head, 'n_embd and n_head'),
  parameters,
  forward(
    run,
    config,
    { attentionMask: seen, positionIds, ...given }: Gpt2Inputs | Gpt2Embedded,
  ): DecoderOutput {
    const { tokens, places } = entering(run, config, given);
    const spots =
      positionIds === undefined
        ? slice(run.weight('transformer.wpe.weight'), [0, places])
        : embedding(run, 'transformer.wpe', positionIds);
    const x = run.drop(add(tokens, spots), config.embd_pdrop);
    const visible = visibility(x, { causal: true, seen });
    const { last, ...states } = stack(run, ['transformer.h', config.n_layer], x, (name, given, i) =>
      block(run, config, { name, i }, given, visible),
    );
    const lastHiddenState = layerNorm(run, 'transformer.ln_f', last, config.layer_norm_epsilon);
    const logits = tokenHead(
      run,
      lastHiddenState,
      config.tie_word_embeddings ? 'transformer.wte' : undefined,
    );
    return { logits, lastHiddenState, ...states };
  },
  // Masks that old versions stored.
  rename: (name) => (/\.attn\.(bias|masked_bias)$/.test(name) ? undefined : name),
  tied: (config): Record<string, string> =>
    config.tie_word_embeddings ? { 'lm_head.weight': 'transformer.wte.weight' } : {},
});

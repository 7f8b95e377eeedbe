/**
 * BERT (Devlin et al., NAACL 2019): an encoder with learned places and layer normalization after each part.
 *
 * @module
 */
import { add, matmul, slice, type Tensor, tanh, tensor, type Value } from '@fletch/array';
import { z } from 'zod';
import {
  type ConfigOf,
  checkHeads,
  checkLabels,
  defineFamily,
  field,
  labelFields,
  labelsOf,
} from '../family.js';
import { activate, activationName } from '../layers/activations.js';
import { tokenIds, type Visibility, visibility } from '../layers/attention.js';
import { embedding, embeddingSpecs, linear, linearSpecs } from '../layers/dense.js';
import { layerNorm, layerNormSpecs } from '../layers/norm.js';
import { selfAttention } from '../layers/self-attention.js';
import { stack } from '../layers/stack.js';
import { normal, type ParameterSpec, zeroed } from '../parameters.js';
import type { Run } from '../run.js';

const fields = {
  vocab_size: field.count(30522),
  hidden_size: field.count(768),
  num_hidden_layers: field.count(12),
  num_attention_heads: field.count(12),
  intermediate_size: field.count(3072),
  hidden_act: activationName.default('gelu'),
  max_position_embeddings: field.count(512),
  type_vocab_size: field.count(2),
  layer_norm_eps: field.positive(1e-12),
  initializer_range: field.positive(0.02),
  hidden_dropout_prob: field.rate(0.1),
  attention_probs_dropout_prob: field.rate(0.1),
  /** The token whose row begins with zeros. */
  pad_token_id: z.int().min(0).nullable().default(0),
  position_embedding_type: field.only('absolute'),
  is_decoder: field.only(false),
  /** Whether the head for hidden tokens is the table of tokens. */
  tie_word_embeddings: field.flag(true),
  ...labelFields,
};

/** A BERT's `config.json`. Its `architectures` says which heads it has. */
export type BertConfig = ConfigOf<typeof fields>;

/** What a BERT takes. */
export interface BertInputs {
  /** Tokens `[batch, places]`, int32 or int64. */
  readonly inputIds: Value;
  /** `[batch, places]`, 0 at padding. Default: nothing is padding. */
  readonly attentionMask?: Value | undefined;
  /** `[batch, places]`: 0 in the first text, 1 in the second. Default 0. */
  readonly tokenTypeIds?: Value | undefined;
}

/** What a BERT gives. */
export interface BertOutput {
  /** `[batch, places, width]`. */
  readonly lastHiddenState: Tensor;
  /** `[batch, width]`: the first place after the pooler; `undefined` for a `BertForMaskedLM`. */
  readonly pooled: Tensor | undefined;
  /**
   * Of `BertForMaskedLM` and `BertForPreTraining`: `[batch, places, tokens]`; of `BertForSequenceClassification`:
   * `[batch, classes]`; of `BertModel`: none.
   */
  readonly logits: Tensor | undefined;
  /** `[batch, 2]`, of `BertForPreTraining`: whether the second text follows the first. */
  readonly nextSentenceLogits: Tensor | undefined;
  /** After the embeddings and after each block, `[batch, places, width]`. */
  readonly hiddenStates: readonly Tensor[];
  /** Of each block, `[batch, heads, places, places]`. */
  readonly attentions: readonly Tensor[];
}

/** Which parts each architecture has. */
const heads = {
  BertForMaskedLM: { pooler: false, tokens: true, nextSentence: false, classifier: false },
  BertForPreTraining: { pooler: true, tokens: true, nextSentence: true, classifier: false },
  BertForSequenceClassification: { pooler: true, tokens: false, nextSentence: false, classifier: true },
  BertModel: { pooler: true, tokens: false, nextSentence: false, classifier: false },
} as const;

const headsOf = (config: BertConfig) => heads[config.architectures[0] as keyof typeof heads];

const WORDS = 'bert.embeddings.word_embeddings';
const HEAD = 'cls.predictions';

function parameters(config: BertConfig): ParameterSpec[] {
  const { hidden_size: width, intermediate_size: inner, initializer_range: deviation } = config;
  const initial = normal(deviation);
  const dense = (name: string, from: number, to: number) => linearSpecs(name, from, to, { initial });
  const has = headsOf(config);
  const words = embeddingSpecs(WORDS, config.vocab_size, width, deviation).map(
    (spec): ParameterSpec => ({
      ...spec,
      initial: (...drawing) => {
        const values = spec.initial(...drawing);
        const padding = config.pad_token_id;
        return padding === null ? values : values.fill(0, padding * width, (padding + 1) * width);
      },
    }),
  );
  return [
    ...words,
    ...embeddingSpecs(
      'bert.embeddings.position_embeddings',
      config.max_position_embeddings,
      width,
      deviation,
    ),
    ...embeddingSpecs('bert.embeddings.token_type_embeddings', config.type_vocab_size, width, deviation),
    ...layerNormSpecs('bert.embeddings.LayerNorm', width),
    ...Array.from({ length: config.num_hidden_layers }, (_, i) => {
      const name = `bert.encoder.layer.${i}`;
      return [
        ...['query', 'key', 'value'].flatMap((part) => dense(`${name}.attention.self.${part}`, width, width)),
        ...dense(`${name}.attention.output.dense`, width, width),
        ...layerNormSpecs(`${name}.attention.output.LayerNorm`, width),
        ...dense(`${name}.intermediate.dense`, width, inner),
        ...dense(`${name}.output.dense`, inner, width),
        ...layerNormSpecs(`${name}.output.LayerNorm`, width),
      ];
    }).flat(),
    ...(has.pooler ? dense('bert.pooler.dense', width, width) : []),
    ...(has.tokens
      ? [
          ...dense(`${HEAD}.transform.dense`, width, width),
          ...layerNormSpecs(`${HEAD}.transform.LayerNorm`, width),
          { name: `${HEAD}.bias`, shape: [config.vocab_size], kind: 'bias', initial: zeroed } as const,
          ...(config.tie_word_embeddings
            ? []
            : linearSpecs(`${HEAD}.decoder`, width, config.vocab_size, { initial, bias: false })),
        ]
      : []),
    ...(has.nextSentence ? dense('cls.seq_relationship', width, 2) : []),
    ...(has.classifier ? dense('classifier', width, labelsOf(config)) : []),
  ];
}

function block(run: Run, config: BertConfig, name: string, x: Tensor, visible: Visibility) {
  const { layer_norm_eps: epsilon, hidden_dropout_prob: rate } = config;
  const { mixed, pattern } = selfAttention(run, `${name}.attention.self`, x, {
    heads: config.num_attention_heads,
    names: ['query', 'key', 'value'],
    visible,
    dropout: config.attention_probs_dropout_prob,
  });
  const attended = run.drop(linear(run, `${name}.attention.output.dense`, mixed), rate);
  const middle = layerNorm(run, `${name}.attention.output.LayerNorm`, add(attended, x), epsilon);
  const wide = activate(config.hidden_act, linear(run, `${name}.intermediate.dense`, middle));
  const narrow = run.drop(linear(run, `${name}.output.dense`, wide), rate);
  const next = layerNorm(run, `${name}.output.LayerNorm`, add(narrow, middle), epsilon);
  return { next, pattern };
}

function embed(run: Run, config: BertConfig, { inputIds, tokenTypeIds }: BertInputs): Tensor {
  const { ids, places } = tokenIds('bert', inputIds, config.max_position_embeddings);
  const types =
    tokenTypeIds === undefined
      ? slice(run.weight('bert.embeddings.token_type_embeddings.weight'), [0, 1])
      : embedding(run, 'bert.embeddings.token_type_embeddings', tensor(tokenTypeIds, 'int32'));
  const spots = slice(run.weight('bert.embeddings.position_embeddings.weight'), [0, places]);
  const summed = add(add(embedding(run, WORDS, ids), types), spots);
  const normed = layerNorm(run, 'bert.embeddings.LayerNorm', summed, config.layer_norm_eps);
  return run.drop(normed, config.hidden_dropout_prob);
}

/** Scores of hidden tokens. */
function tokenScores(run: Run, config: BertConfig, x: Tensor): Tensor {
  const dense = activate(config.hidden_act, linear(run, `${HEAD}.transform.dense`, x));
  const normed = layerNorm(run, `${HEAD}.transform.LayerNorm`, dense, config.layer_norm_eps);
  const table = config.tie_word_embeddings ? `${WORDS}.weight` : `${HEAD}.decoder.weight`;
  const product = matmul(run.tap(`${HEAD}.decoder.in`, normed), run.weight(table), { transposeB: true });
  return run.tap(`${HEAD}.decoder.out`, add(product, run.weight(`${HEAD}.bias`)));
}

/** Encoders in BERT's layout. */
export const bert = defineFamily({
  name: 'bert',
  title: 'BERT: an encoder of text',
  architectures: ['BertForMaskedLM', 'BertForPreTraining', 'BertForSequenceClassification', 'BertModel'],
  prefix: 'bert',
  fields,
  check: (config) => [
    ...checkHeads(config.hidden_size, config.num_attention_heads, 'hidden_size and num_attention_heads'),
    ...checkLabels(config),
    ...(config.pad_token_id !== null && config.pad_token_id >= config.vocab_size
      ? [`pad_token_id: ${config.pad_token_id} is none of the ${config.vocab_size} tokens`]
      : []),
  ],
  parameters,
  forward(run, config, inputs: BertInputs): BertOutput {
    const x = embed(run, config, inputs);
    const visible = visibility(x, { seen: inputs.attentionMask });
    const { last, ...states } = stack(
      run,
      ['bert.encoder.layer', config.num_hidden_layers],
      x,
      (name, given) => block(run, config, name, given, visible),
    );
    const has = headsOf(config);
    const pooled = has.pooler ? tanh(linear(run, 'bert.pooler.dense', slice(last, null, 0))) : undefined;
    const classified =
      has.classifier && pooled
        ? linear(run, 'classifier', run.drop(pooled, config.hidden_dropout_prob))
        : undefined;
    return {
      lastHiddenState: last,
      pooled,
      logits: has.tokens ? tokenScores(run, config, last) : classified,
      nextSentenceLogits:
        has.nextSentence && pooled ? linear(run, 'cls.seq_relationship', pooled) : undefined,
      ...states,
    };
  },
  rename: (name) =>
    name.endsWith('embeddings.position_ids')
      ? undefined
      : name.replace(/LayerNorm\.gamma$/, 'LayerNorm.weight').replace(/LayerNorm\.beta$/, 'LayerNorm.bias'),
  tied: (config): Record<string, string> =>
    headsOf(config).tokens
      ? {
          ...(config.tie_word_embeddings ? { [`${HEAD}.decoder.weight`]: `${WORDS}.weight` } : {}),
          [`${HEAD}.decoder.bias`]: `${HEAD}.bias`,
        }
      : {},
});

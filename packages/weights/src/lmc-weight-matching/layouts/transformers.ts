/**
 * Transformers: one table of where their layouts keep what.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { StateDict } from '../../state-dict.js';
import type { PermAxis, PermBlock, PermSpec } from '../spec.js';
import { byName, notThisLayout, SpecBuilder } from './build.js';

/** Layouts of transformers, by what they are called in {@link permutationSpec}. */
export type TransformerName = 'gpt2' | 'gpt_neo' | 'llama' | 'bert' | 'vit';

export interface TransformerOptions {
  /** Attention heads of a block. Without them attention stays as it is. */
  readonly heads?: number;
  /** Heads of keys and values. Default: as many. */
  readonly keyHeads?: number;
  /**
   * Whether the dimensions inside of a head's queries and keys are permuted together. Default: where places are not
   * rotated.
   */
  readonly queryKeys?: boolean;
  /** Whether the residual stream is permuted too. Default false. */
  readonly residual?: boolean;
}

/** `.`: the residual stream. */
type Outside = readonly [pattern: RegExp, axes: readonly ('.' | null)[]];

interface Layout {
  readonly title: string;
  /** A tensor that every block has one of; its group is the name of the block. */
  readonly block: RegExp;
  /** Below the block: layers that read the stream into the wide part, and the one that reads this. */
  readonly wide: readonly string[];
  readonly narrow: string;
  /** Below the block: queries, keys and values, or one layer with all three. */
  readonly attention: readonly [string, string, string] | string;
  readonly output: string;
  readonly norms: readonly string[];
  /** Whether matrices are `[in, out]`. */
  readonly isTurned?: boolean;
  readonly isRotary?: boolean;
  /** What else carries the stream. */
  readonly outside: readonly Outside[];
}

const decoderOutside: readonly Outside[] = [
  [/(^|\.)(wte|wpe|embed_tokens|lm_head)\.weight$/, [null, '.']],
  [/(^|\.)(ln_f|model\.norm|norm)\.(weight|bias)$/, ['.']],
];

const layouts: { readonly [name in TransformerName]: Layout } = {
  gpt2: {
    title: 'GPT-2',
    block: /^((.*\.)?h\.\d+)\.ln_1\.weight$/,
    wide: ['mlp.c_fc'],
    narrow: 'mlp.c_proj',
    attention: 'attn.c_attn',
    output: 'attn.c_proj',
    norms: ['ln_1', 'ln_2'],
    isTurned: true,
    outside: decoderOutside,
  },
  gpt_neo: {
    title: 'GPT-Neo',
    block: /^((.*\.)?h\.\d+)\.ln_1\.weight$/,
    wide: ['mlp.c_fc'],
    narrow: 'mlp.c_proj',
    attention: ['attn.attention.q_proj', 'attn.attention.k_proj', 'attn.attention.v_proj'],
    output: 'attn.attention.out_proj',
    norms: ['ln_1', 'ln_2'],
    outside: decoderOutside,
  },
  llama: {
    title: 'Llama',
    block: /^((.*\.)?layers\.\d+)\.input_layernorm\.weight$/,
    wide: ['mlp.gate_proj', 'mlp.up_proj'],
    narrow: 'mlp.down_proj',
    attention: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
    output: 'self_attn.o_proj',
    norms: ['input_layernorm', 'post_attention_layernorm'],
    isRotary: true,
    outside: decoderOutside,
  },
  bert: {
    title: 'BERT',
    block: /^((.*\.)?layer\.\d+)\.attention\.self\.query\.weight$/,
    wide: ['intermediate.dense'],
    narrow: 'output.dense',
    attention: ['attention.self.query', 'attention.self.key', 'attention.self.value'],
    output: 'attention.output.dense',
    norms: ['attention.output.LayerNorm', 'output.LayerNorm'],
    outside: [
      [/(^|\.)(word|position|token_type)_embeddings\.weight$/, [null, '.']],
      [/(^|\.)embeddings\.LayerNorm\.(weight|bias)$/, ['.']],
      [/(^|\.)pooler\.dense\.weight$/, [null, '.']],
      // What the table of tokens is multiplied with is in the stream's order, for the table may be tied.
      [/(^|\.)predictions\.transform\.dense\.weight$/, ['.', '.']],
      [/(^|\.)predictions\.transform\.(dense\.bias|LayerNorm\.(weight|bias))$/, ['.']],
      [/(^|\.)predictions\.decoder\.weight$/, [null, '.']],
    ],
  },
  vit: {
    title: 'vision transformer',
    block: /^((.*\.)?layer\.\d+)\.layernorm_before\.weight$/,
    wide: ['intermediate.dense'],
    narrow: 'output.dense',
    attention: ['attention.attention.query', 'attention.attention.key', 'attention.attention.value'],
    output: 'attention.output.dense',
    norms: ['layernorm_before', 'layernorm_after'],
    outside: [
      [/(^|\.)(cls_token|position_embeddings)$/, [null, null, '.']],
      [/(^|\.)patch_embeddings\.projection\.weight$/, ['.', null, null, null]],
      [/(^|\.)patch_embeddings\.projection\.bias$/, ['.']],
      [/^(vit\.)?layernorm\.(weight|bias)$/, ['.']],
      [/(^|\.)(classifier|pooler\.dense)\.weight$/, [null, '.']],
    ],
  },
};

/** Names of the layouts. */
export const transformerNames = Object.keys(layouts) as readonly TransformerName[];

/** How queries, keys, values and what they are mixed by move. */
interface AttentionParts {
  readonly query: PermBlock;
  readonly key: string | PermBlock;
  readonly value: string;
  readonly mixed: PermBlock;
}

function attentionParts(
  name: string,
  build: SpecBuilder,
  layout: Layout,
  { heads = 1, keyHeads = heads, queryKeys = !layout.isRotary }: TransformerOptions,
): AttentionParts {
  for (const [what, value] of Object.entries({ heads, keyHeads }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `${what} must be a positive whole number, not ${value}.`);
  const mixed = build.size(`${name.replace(/\.attn$/, '')}.${layout.output}.weight`, layout.isTurned ? 0 : 1);
  const [each, group] = [mixed / heads, heads / keyHeads];
  if (!Number.isInteger(each) || !Number.isInteger(group))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${name}: ${mixed} dimensions do not divide into ${heads} heads in ${keyHeads} groups.`,
    );
  const perm = `${name}.heads`;
  const shared = { perm, each, ...(group > 1 && { group }) };
  return {
    query: queryKeys ? { ...shared, inner: `${name}.keys` } : { perm, each },
    key: queryKeys ? `${name}.keys` : shared,
    value: `${name}.values`,
    mixed: { ...shared, inner: `${name}.values` },
  };
}

/**
 * The spec of a transformer: the inner width of each block's feed-forward part, whole heads, and inside of heads the
 * dimensions of values (and of queries with keys, where places are not rotated).
 *
 * @throws FletchError `INVALID_ARGUMENT` for weights of another layout, heads that do not divide the width, and for
 *   `queryKeys` where places are rotated, which would change the function
 */
export function transformerSpec(
  name: TransformerName,
  model: StateDict,
  options: TransformerOptions = {},
): PermSpec {
  const layout = layouts[name];
  const { heads, queryKeys, residual = false } = options;
  if (layout.isRotary && queryKeys)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A ${layout.title} rotates pairs of dimensions of queries and keys by their places: permuting them inside of a head would change the function.`,
    );
  const build = new SpecBuilder(layout.title, model);
  const blocks = Object.keys(model)
    .flatMap((tensor) => layout.block.exec(tensor)?.[1] ?? [])
    .sort(byName);
  if (blocks.length === 0)
    throw notThisLayout(layout.title, `no tensor is named like ${layout.block.source}`);
  const stream = residual ? 'residual' : null;
  const layer = (path: string, out: PermAxis, inner: PermAxis) => {
    build.add(`${path}.weight`, layout.isTurned ? [inner, out] : [out, inner]);
    build.add(`${path}.bias`, [out]);
  };
  for (const block of blocks) {
    const wide = `${block}.mlp`;
    // Permuted in part, a block would compute something else.
    const needed = typeof layout.attention === 'string' ? [layout.attention] : layout.attention;
    for (const part of [...layout.wide, layout.narrow, ...(heads === undefined ? [] : needed)])
      build.size(`${block}.${part}.weight`, 1);
    for (const part of layout.wide) layer(`${block}.${part}`, wide, stream);
    layer(`${block}.${layout.narrow}`, stream, wide);
    for (const norm of layout.norms) build.norm(`${block}.${norm}`, stream);
    const parts = heads === undefined ? undefined : attentionParts(`${block}.attn`, build, layout, options);
    const { query = null, key = null, value = null, mixed = null } = parts ?? {};
    if (typeof layout.attention === 'string')
      layer(`${block}.${layout.attention}`, parts ? [parts.query, parts.key, parts.value] : null, stream);
    else
      [query, key, value].forEach((part, i) => {
        layer(`${block}.${layout.attention[i]}`, part, stream);
      });
    layer(`${block}.${layout.output}`, stream, mixed);
  }
  if (residual)
    for (const [pattern, axes] of layout.outside)
      for (const tensor of Object.keys(model))
        if (pattern.test(tensor))
          build.add(
            tensor,
            axes.map((axis) => (axis === '.' ? 'residual' : null)),
          );
  return build.done();
}

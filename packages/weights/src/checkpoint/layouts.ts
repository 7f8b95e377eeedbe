/**
 * What the tensors of the known architectures are: one table.
 *
 * @module
 */
import type { Checkpoint } from './checkpoint.js';

/**
 * What a tensor is, which decides where its inputs and outputs are: `linear` and `head` are `[out, in]`, `conv1d` (of GPT-2)
 * is `[in, out]`, `conv` is `[out, in, …]`, `embedding` has a row for each token or place. `norm` is what normalizations
 * multiply with; `buffer` is kept with the weights but no gradient trains it; `other` is not known.
 */
export type TensorKind =
  | 'linear'
  | 'conv1d'
  | 'conv'
  | 'embedding'
  | 'bias'
  | 'norm'
  | 'head'
  | 'buffer'
  | 'other';

/**
 * What stands in one tensor: `qkv` queries, keys and values one after the other along the outputs, `qkv_by_head` the three of
 * each head together (GPT-NeoX, BLOOM), `gate_up` the two halves of a gated feed-forward part.
 */
export type Fusion = 'qkv' | 'qkv_by_head' | 'gate_up';

/** What one tensor is. */
export interface TensorRole {
  readonly kind: TensorKind;
  /** Number of its layer, from 0; null outside of the layers. */
  readonly layer: number | null;
  /** What the names of its layer begin with (`transformer.h.3`); empty outside of the layers. */
  readonly block: string;
  /** Its name within the layer (`attn.c_attn.weight`), or the whole name outside of the layers. */
  readonly slot: string;
  readonly fused: Fusion | null;
}

type Rule = readonly [pattern: RegExp, kind: TensorKind, fused?: Fusion];

/** One row of the table. */
interface Row {
  readonly title: string;
  /** `model_type` of its configs, `general.architecture` of its GGUF files. */
  readonly types: readonly string[];
  /** A name that only tensors of this architecture have. */
  readonly mark: RegExp;
  /** How a layer begins; one number counts, two (stage and block) are counted through. */
  readonly layer: RegExp;
  /** What differs from {@link common}: the first pattern that fits a name decides. */
  readonly rules?: readonly Rule[];
}

/** Layers of most transformers. */
const LAYERS = /^(?:.*?\.)?(?:h|layers?|blocks?|blk)\.(\d+)(?=\.)/;

/** Patterns that decide whatever the architecture. */
const common: readonly Rule[] = [
  [/(^|\.)(running_(mean|var)|num_batches_tracked|inv_freq|masked_bias|rope_freqs\.weight)$/, 'buffer'],
  [/(^|\.)(position|token_type)_ids$/, 'buffer'],
  [/(qkv|query_key_value|Wqkv|attn_qkv|c_attn|in_proj)(\.|_)bias$/, 'bias', 'qkv'],
  [/(^|[._])(bias|beta)$/, 'bias'],
  [/(^|\.)(class_embedding|cls_token|mask_token|distillation_token)$/, 'embedding'],
  [
    /((^|\.)(cls\.|classifier|pooler|score|qa_outputs|heads?\.))|^(lm_head|embed_out|output|fc)\.weight$/,
    'head',
  ],
  [
    /(norm|LayerNorm|ln_\w+|(^|\.)bn\d*|(^|\.)ln\d*|layer_?scale\d*|gamma)(\.|_)?(\d+)?(\.?weight|\.lambda1?)?$/i,
    'norm',
  ],
  [
    /(embed|wte|wpe|emb)\w*(\.weight)?$|embeddings?\.(weight|\w*embeddings?(\.weight)?)$|embedding_table/,
    'embedding',
  ],
  [/(\.|_)(qkv|Wqkv|qkv_proj|attn_qkv|in_proj|in_proj_weight)(\.weight)?$/, 'linear', 'qkv'],
  [/\.gate_up_proj\.weight$/, 'linear', 'gate_up'],
];

/** Architectures by name. Where a config does not say which, the first whose mark a tensor bears. */
const table = {
  gpt2: {
    title: 'GPT-2',
    types: ['gpt2'],
    mark: /(^|\.)h\.\d+\.attn\.c_attn\.weight$/,
    layer: /^(?:.*?\.)?(?:h|blk)\.(\d+)(?=\.)/,
    rules: [
      [/\.attn\.bias$/, 'buffer'],
      [/\.attn\.c_attn\.weight$/, 'conv1d', 'qkv'],
      [/\.(c_proj|c_fc|q_attn)\.weight$/, 'conv1d'],
    ],
  },
  gpt_neo: {
    title: 'GPT-Neo',
    types: ['gpt_neo'],
    mark: /\.h\.\d+\.attn\.attention\.q_proj\.weight$/,
    layer: LAYERS,
    rules: [[/\.attn\.attention\.bias$/, 'buffer']],
  },
  gpt_neox: {
    title: 'GPT-NeoX or BLOOM',
    types: ['gpt_neox', 'bloom', 'falcon'],
    mark: /\.query_key_value\.weight$/,
    layer: LAYERS,
    rules: [
      [/\.attention\.(bias|rotary_emb\.\w+)$/, 'buffer'],
      [/\.query_key_value\.weight$/, 'linear', 'qkv_by_head'],
      [/\.query_key_value\.bias$/, 'bias', 'qkv_by_head'],
    ],
  },
  llama: {
    title: 'Llama, or a decoder of its layout',
    types: [
      ...['llama', 'mistral', 'mixtral', 'qwen2', 'qwen2_moe', 'qwen3', 'gemma', 'gemma2', 'gemma3'],
      ...['phi3', 'phi', 'olmo', 'olmo2', 'starcoder2', 'stablelm', 'cohere', 'granite', 'smollm3'],
    ],
    mark: /(^|\.)layers\.\d+\.(self_attn\.(o_proj|qkv_proj)|mlp\.gate_proj)\.weight$|^blk\.\d+\.(ffn_gate|attn_output)\.weight$/,
    layer: LAYERS,
  },
  distilbert: {
    title: 'DistilBERT',
    types: ['distilbert'],
    mark: /transformer\.layer\.\d+\.attention\.q_lin\.weight$/,
    layer: LAYERS,
    rules: [[/^(pre_classifier|vocab_projector|vocab_transform)\.weight$/, 'head']],
  },
  bert: {
    title: 'BERT, or an encoder of its layout',
    types: ['bert', 'roberta', 'xlm-roberta', 'camembert', 'electra', 'deberta-v2', 'mpnet'],
    mark: /encoder\.layer\.\d+\.attention\.output\.LayerNorm\.|token_type_embeddings\.weight$/,
    layer: LAYERS,
    rules: [
      [/^cls\.predictions\.transform\.LayerNorm\.weight$/, 'norm'],
      [/^lm_head\.layer_norm\.weight$/, 'norm'],
      [/^lm_head\./, 'head'],
    ],
  },
  vit: {
    title: 'ViT',
    types: ['vit', 'deit', 'dinov2', 'beit'],
    mark: /(vit|deit|dinov2|^)\.?embeddings\.patch_embeddings\.projection\.weight$|^patch_embed\.proj\.weight$/,
    layer: LAYERS,
    rules: [[/(patch_embeddings\.projection|patch_embed\.proj)\.weight$/, 'conv']],
  },
  dit: {
    title: 'DiT',
    types: ['dit'],
    mark: /(^|\.)final_layer\.adaLN_modulation\.1\.weight$/,
    layer: LAYERS,
    rules: [
      [/(^|\.)pos_embed$/, 'buffer'],
      [/(^|\.)x_embedder\.proj\.weight$/, 'conv'],
      [/(^|\.)t_embedder\.mlp\.\d+\.weight$/, 'linear'],
      [/(^|\.)final_layer\.linear\.weight$/, 'head'],
    ],
  },
  clip: {
    title: 'CLIP',
    types: ['clip', 'siglip', 'clip_text_model', 'clip_vision_model'],
    mark: /^(text|vision)_model\.encoder\.layers\.\d+\./,
    layer: LAYERS,
    rules: [
      [/patch_embedding\.weight$/, 'conv'],
      [/^(visual|text)_projection\.weight$/, 'head'],
    ],
  },
  t5: {
    title: 'T5',
    types: ['t5', 'mt5', 'umt5'],
    mark: /^(encoder|decoder)\.block\.\d+\.layer\.\d+\./,
    layer: /^(?:encoder|decoder)\.block\.(\d+)(?=\.)/,
    rules: [
      [/relative_attention_bias\.weight$/, 'embedding'],
      [/^shared\.weight$/, 'embedding'],
    ],
  },
  resnet: {
    title: 'ResNet',
    types: ['resnet'],
    mark: /(^|\.)layer1\.0\.conv1\.weight$|^resnet\.encoder\.stages\.0\./,
    layer: /^(?:.*?\.)?(?:layer|encoder\.stages\.)(\d+)\.(?:layers\.)?(\d+)(?=\.)/,
    rules: [[/^classifier\.1\.weight$/, 'head']],
  },
  cnn: {
    title: 'CNN',
    types: ['cnn'],
    mark: /^conv1\.weight$/,
    layer: /^(?:conv|bn)(\d+)(?=\.)/,
  },
  mlp: {
    title: 'MLP',
    types: ['mlp'],
    mark: /^layers\.0\.weight$/,
    layer: /^layers\.(\d+)(?=\.)/,
  },
} as const satisfies Readonly<Record<string, Row>>;

/** Names of the architectures whose layout is known. */
export type ArchitectureName = keyof typeof table;

const rows: Readonly<Record<string, Row>> = table;

/** Layers by their usual names, kinds by shape and ending. */
const unknown: Row = { title: 'not known', types: [], mark: /^$/, layer: LAYERS };

/** The layout of a model. */
export interface Layout {
  /** Null when it is not known: then roles follow from names and shapes as most models have them. */
  readonly architecture: ArchitectureName | null;
  /** In words. */
  readonly title: string;
  /** Number of layers. */
  readonly layers: number;
  /** By the name of the tensor. */
  readonly roles: ReadonlyMap<string, TensorRole>;
}

/** What {@link layoutOf} looks at. */
export type LayoutFacts = Pick<Checkpoint, 'config'> &
  Partial<Pick<Checkpoint, 'metadata'>> & {
    readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  };

/**
 * Finds the architecture by `model_type` of the config, by what a GGUF file says, or by the names of the tensors, and says of
 * each tensor what it is.
 *
 * @example
 * ```ts
 * const { architecture, roles } = layoutOf(await openCheckpoint('models/gpt2'));
 * roles.get('transformer.h.3.attn.c_attn.weight');
 * // { kind: 'conv1d', layer: 3, block: 'transformer.h.3', slot: 'attn.c_attn.weight', fused: 'qkv' }
 * ```
 */
export function layoutOf(facts: LayoutFacts): Layout {
  const architecture = architectureOf(facts);
  const row = architecture === null ? unknown : rows[architecture]!;
  const places = numberLayers([...facts.tensors.keys()], row.layer);
  const roles = new Map<string, TensorRole>();
  for (const [name, { shape }] of facts.tensors) {
    const { block, layer } = places.get(name) ?? { block: '', layer: null };
    const slot = block === '' ? name : name.slice(block.length + 1);
    const { kind, fused } = kindOf(name, shape, row);
    roles.set(name, { kind, layer, block, slot, fused });
  }
  const numbers = [...roles.values()].map(({ layer }) => layer ?? -1);
  return {
    architecture,
    title: row.title,
    layers: numbers.reduce((most, one) => Math.max(most, one + 1), 0),
    roles,
  };
}

function architectureOf({ config, metadata, tensors }: LayoutFacts): ArchitectureName | null {
  const type = config?.model_type ?? metadata?.['general.architecture'];
  const all = Object.entries(rows);
  const named = all.find(([, { types }]) => types.includes(type as string));
  const found = named ?? all.find(([, { mark }]) => [...tensors.keys()].some((name) => mark.test(name)));
  return (found?.[0] as ArchitectureName | undefined) ?? null;
}

function kindOf(
  name: string,
  shape: readonly number[],
  { rules = [] }: Row,
): { readonly kind: TensorKind; readonly fused: Fusion | null } {
  const found = [...rules, ...common].find(([pattern]) => pattern.test(name));
  const fused = found?.[2] ?? null;
  const kind = found?.[1] ?? shapeKind(name, shape);
  // Names of one axis that look like a matrix are what normalizations multiply with, or biases of heads.
  if (shape.length === 1 && (kind === 'linear' || kind === 'head' || kind === 'conv'))
    return { kind: 'norm', fused: null };
  if (shape.length >= 2 && kind === 'norm') return { kind: shapeKind(name, shape), fused };
  return { kind, fused };
}

function shapeKind(name: string, shape: readonly number[]): TensorKind {
  if (shape.length === 2) return 'linear';
  if (shape.length > 2) return name.endsWith('weight') ? 'conv' : 'other';
  return shape.length === 1 && name.endsWith('weight') ? 'norm' : 'other';
}

interface Place {
  readonly block: string;
  readonly layer: number;
}

/** Which layer each name belongs to: the number in it; of two numbers, the place in their order. */
function numberLayers(names: readonly string[], pattern: RegExp): Map<string, Place> {
  const places = new Map<string, Place>();
  const staged = new Map<string, readonly [number, number]>();
  for (const name of names) {
    const found = pattern.exec(name);
    if (!found) continue;
    places.set(name, { block: found[0], layer: Number(found[1]) });
    if (found[2] !== undefined) staged.set(found[0], [Number(found[1]), Number(found[2])]);
  }
  const order = [...staged].sort(([, [a, b]], [, [c, d]]) => a - c || b - d).map(([block]) => block);
  for (const [name, { block }] of places)
    if (staged.has(block)) places.set(name, { block, layer: order.indexOf(block) });
  return places;
}

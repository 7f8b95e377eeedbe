/**
 * The weights of a decoder as observable propagation sees them, whatever their layout.
 *
 * @module
 */
import type { NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import {
  type ActivationName,
  type AnyFamily,
  familyOf,
  type Gpt2Config,
  type GptNeoConfig,
  type LlamaConfig,
  type Parameters,
  type Tokenizer,
} from '@fletch/models';
import { Affine } from './affine.js';
import type { Mlp } from './mlp.js';
import type { Norm } from './norms.js';

/** A decoder: what `loadModel` or `zooModel` gives, with a tokenizer for prompts that are texts. */
export interface CausalLM {
  readonly config: object;
  readonly params: Parameters;
  readonly tokenizer?: Tokenizer | undefined;
}

/** One block. */
export interface Block {
  readonly norm1: Norm;
  /** Of every head of the queries, `[head width × d]`; heads that share values have the same. */
  readonly value: readonly Affine[];
  /** Of every head, `[d × head width]`. */
  readonly output: readonly Affine[];
  readonly outputBias: Float32Array | undefined;
  readonly norm2: Norm;
  /** None in models of attention alone. */
  readonly mlp: Mlp | undefined;
}

/** A decoder. */
export interface Decoder {
  readonly width: number;
  readonly heads: number;
  readonly blocks: readonly Block[];
  readonly finalNorm: Norm;
  /** `[tokens × d]` */
  readonly unembed: Affine;
}

/** Names of activations to tap and steer, of block i. */
export interface SiteNames {
  readonly stream: (i: number) => string;
  readonly norm1: (i: number) => string;
  readonly norm2: (i: number) => string;
  /** The heads’ results side by side. */
  readonly mixed: (i: number) => string;
}

/** A model read. */
export interface ReadDecoder {
  readonly family: AnyFamily;
  readonly config: object;
  readonly decoder: Decoder;
  readonly sites: SiteNames;
}

/** Weights by name, whole or in parts. */
class Names {
  constructor(readonly params: Parameters) {}

  data(name: string): Float32Array {
    const found = this.params[name];
    if (!found)
      throw new FletchError('INVALID_ARGUMENT', `The model has no parameter "${name}".`, {
        details: { parameter: name },
      });
    return found.data as Float32Array;
  }

  /** Rows `[first, first + out)` of a matrix `[out, in]` of `torch.nn.Linear`. */
  rows(name: string, width: number, first: number, out: number): Affine {
    const bias = this.params[`${name}.bias`];
    return new Affine({
      data: this.data(`${name}.weight`),
      out,
      in: width,
      offset: first * width,
      outStride: width,
      inStride: 1,
      bias: bias && (bias.data as Float32Array).subarray(first, first + out),
    });
  }

  /** Columns `[first, first + count)` of such a matrix, without its bias. */
  columns(name: string, out: number, width: number, first: number, count: number): Affine {
    const data = this.data(`${name}.weight`);
    return new Affine({ data, out, in: count, offset: first, outStride: width, inStride: 1 });
  }

  /** Outputs `[first, first + out)` of a matrix `[in, out]` of GPT-2. */
  conv(name: string, inner: number, all: number, first = 0, out = all): Affine {
    return new Affine({
      data: this.data(`${name}.weight`),
      out,
      in: inner,
      offset: first,
      outStride: 1,
      inStride: all,
      bias: this.data(`${name}.bias`).subarray(first, first + out),
    });
  }

  /** Inputs `[first, first + count)` of such a matrix, without its bias. */
  convInputs(name: string, out: number, first: number, count: number): Affine {
    const data = this.data(`${name}.weight`);
    return new Affine({ data, out, in: count, offset: first * out, outStride: 1, inStride: out });
  }

  norm(kind: 'layer' | 'rms', name: string, epsilon: number): Norm {
    const gain = this.data(`${name}.weight`);
    return { kind, gain, epsilon, ...(kind === 'layer' && { shift: this.data(`${name}.bias`) }) };
  }
}

const every = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));

function readGpt2(names: Names, config: Gpt2Config): Decoder {
  const { n_embd: d, n_head: heads, n_layer: layers, layer_norm_epsilon: epsilon } = config;
  const inner = config.n_inner ?? 4 * d;
  const hd = d / heads;
  return {
    width: d,
    heads,
    blocks: every(layers, (i) => {
      const name = `transformer.h.${i}`;
      return {
        norm1: names.norm('layer', `${name}.ln_1`, epsilon),
        value: every(heads, (h) => names.conv(`${name}.attn.c_attn`, d, 3 * d, 2 * d + h * hd, hd)),
        output: every(heads, (h) => names.convInputs(`${name}.attn.c_proj`, d, h * hd, hd)),
        outputBias: names.data(`${name}.attn.c_proj.bias`),
        norm2: names.norm('layer', `${name}.ln_2`, epsilon),
        mlp: {
          activation: config.activation_function,
          up: names.conv(`${name}.mlp.c_fc`, d, inner),
          down: names.conv(`${name}.mlp.c_proj`, inner, d),
        },
      };
    }),
    finalNorm: names.norm('layer', 'transformer.ln_f', epsilon),
    unembed: unembedding(names, config, 'transformer.wte', d),
  };
}

function readGptNeo(names: Names, config: GptNeoConfig): Decoder {
  const { hidden_size: d, num_heads: heads, num_layers: layers, layer_norm_epsilon: epsilon } = config;
  const inner = config.intermediate_size ?? 4 * d;
  const hd = d / heads;
  return {
    width: d,
    heads,
    blocks: every(layers, (i) => {
      const name = `transformer.h.${i}`;
      const attention = `${name}.attn.attention`;
      return {
        norm1: names.norm('layer', `${name}.ln_1`, epsilon),
        value: every(heads, (h) => names.rows(`${attention}.v_proj`, d, h * hd, hd)),
        output: every(heads, (h) => names.columns(`${attention}.out_proj`, d, d, h * hd, hd)),
        outputBias: names.data(`${attention}.out_proj.bias`),
        norm2: names.norm('layer', `${name}.ln_2`, epsilon),
        mlp: {
          activation: config.activation_function,
          up: names.rows(`${name}.mlp.c_fc`, d, 0, inner),
          down: names.rows(`${name}.mlp.c_proj`, inner, 0, d),
        },
      };
    }),
    finalNorm: names.norm('layer', 'transformer.ln_f', epsilon),
    unembed: unembedding(names, config, 'transformer.wte', d),
  };
}

function readLlama(names: Names, config: LlamaConfig): Decoder {
  const { hidden_size: d, num_attention_heads: heads, num_hidden_layers: layers } = config;
  const { rms_norm_eps: epsilon, intermediate_size: inner } = config;
  const hd = config.head_dim ?? d / heads;
  const shared = heads / (config.num_key_value_heads ?? heads);
  return {
    width: d,
    heads,
    blocks: every(layers, (i) => {
      const name = `model.layers.${i}`;
      return {
        norm1: names.norm('rms', `${name}.input_layernorm`, epsilon),
        value: every(heads, (h) =>
          names.rows(`${name}.self_attn.v_proj`, d, Math.floor(h / shared) * hd, hd),
        ),
        output: every(heads, (h) => names.columns(`${name}.self_attn.o_proj`, d, heads * hd, h * hd, hd)),
        outputBias: names.params[`${name}.self_attn.o_proj.bias`]?.data as Float32Array | undefined,
        norm2: names.norm('rms', `${name}.post_attention_layernorm`, epsilon),
        mlp: {
          activation: config.hidden_act as ActivationName,
          gate: names.rows(`${name}.mlp.gate_proj`, d, 0, inner),
          up: names.rows(`${name}.mlp.up_proj`, d, 0, inner),
          down: names.rows(`${name}.mlp.down_proj`, inner, 0, d),
        },
      };
    }),
    finalNorm: names.norm('rms', 'model.norm', epsilon),
    unembed: unembedding(names, config, 'model.embed_tokens', d),
  };
}

function unembedding(
  names: Names,
  config: { readonly vocab_size: number; readonly tie_word_embeddings: boolean },
  table: string,
  width: number,
): Affine {
  return names.rows(config.tie_word_embeddings ? table : 'lm_head', width, 0, config.vocab_size);
}

interface Layout {
  // biome-ignore lint/suspicious/noExplicitAny: each reader takes the config of its own family
  readonly read: (names: Names, config: any) => Decoder;
  readonly sites: SiteNames;
}

const gptSites = (mixed: string): SiteNames => ({
  stream: (i) => `transformer.h.${i}.in`,
  norm1: (i) => `transformer.h.${i}.ln_1`,
  norm2: (i) => `transformer.h.${i}.ln_2`,
  mixed: (i) => `transformer.h.${i}.attn.${mixed}.in`,
});

const layouts: Readonly<Record<string, Layout>> = {
  gpt2: { read: readGpt2, sites: gptSites('c_proj') },
  gpt_neo: { read: readGptNeo, sites: gptSites('attention.out_proj') },
  llama: {
    read: readLlama,
    sites: {
      stream: (i) => `model.layers.${i}.in`,
      norm1: (i) => `model.layers.${i}.input_layernorm`,
      norm2: (i) => `model.layers.${i}.post_attention_layernorm`,
      mixed: (i) => `model.layers.${i}.self_attn.o_proj.in`,
    },
  },
};

/**
 * Reads a model.
 *
 * @throws FletchError `INVALID_ARGUMENT` for a model of another layout, one without a head of tokens or one with
 *   parameters missing; `NON_FINITE` naming the parameter
 */
export function readDecoder({ config: json, params }: CausalLM): ReadDecoder {
  const family = familyOf(json);
  const layout = layouts[family.name];
  const config = family.config(json) as { readonly architectures: readonly string[] };
  if (!layout || config.architectures[0] !== family.architectures[0])
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Observables are propagated through decoders in the layout of GPT-2, GPT-Neo or Llama with a head of tokens ` +
        `(GPT2LMHeadModel, GPTNeoForCausalLM, LlamaForCausalLM), not through ${config.architectures[0]} (${family.name}).`,
      { details: { family: family.name } },
    );
  for (const [name, { data }] of Object.entries(params)) checkFinite(name, data);
  return { family, config, decoder: layout.read(new Names(params), config), sites: layout.sites };
}

function checkFinite(name: string, data: NDArray['data']): void {
  for (let i = 0; i < data.length; i++)
    if (!Number.isFinite(data[i]))
      throw new FletchError('NON_FINITE', `The parameter "${name}" holds ${data[i]} at position ${i}.`, {
        details: { parameter: name, position: i },
      });
}

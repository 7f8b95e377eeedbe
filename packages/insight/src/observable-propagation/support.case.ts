/**
 * Small decoders for tests.
 *
 * @module
 */
import { array } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { gpt2, gptNeo, llama } from '@fletch/models';
import type { Activations } from './activations.js';
import { Affine } from './affine.js';
import type { CausalLM, Decoder } from './decoder.js';

/** Standard normal numbers. */
export const normals = (size: number, seed: number) => rng(seed, 1).fillNormal(new Float64Array(size));

/** First parameters all moved, so that no gain is 1 and no bias 0. */
function moved(params: CausalLM['params'], seed: number, scale = 0.3): CausalLM['params'] {
  return Object.fromEntries(
    Object.entries(params).map(([name, { data, shape }], i) => {
      const noise = normals(data.length, seed * 1000 + i);
      const values = Float32Array.from(data as Float32Array, (value, j) => value + scale * noise[j]!);
      return [name, array(values, 'float32', shape)];
    }),
  );
}

/** A GPT-2 of 3 blocks, 2 heads, width 16. */
export function tinyGpt2(seed = 1): CausalLM {
  const config = gpt2.config({
    vocab_size: 12,
    n_positions: 8,
    n_embd: 16,
    n_layer: 3,
    n_head: 2,
    tie_word_embeddings: false,
  });
  return { config, params: moved(gpt2.init(config, { seed }), seed) };
}

/** A Llama of 2 blocks, 4 heads that share 2 of keys and values, width 16. */
export function tinyLlama(seed = 1): CausalLM {
  const config = llama.config({
    vocab_size: 12,
    hidden_size: 16,
    intermediate_size: 20,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 4,
    max_position_embeddings: 8,
  });
  return { config, params: moved(llama.init(config, { seed }), seed) };
}

/** The same as {@link tinyGpt2}, its fused and turned weights taken apart as GPT-Neo has them. */
export function asGptNeo({ config: json, params }: CausalLM): CausalLM {
  const config = gpt2.config(json as object);
  const { n_embd: d, n_head: heads } = config;
  const turned = (name: string, first = 0, count?: number, factor = 1) => {
    const { data, shape } = params[name]!;
    const [inner, out] = shape as [number, number];
    const rows = count ?? out;
    const values = new Float32Array(rows * inner);
    for (let o = 0; o < rows; o++)
      for (let i = 0; i < inner; i++) values[o * inner + i] = factor * Number(data[i * out + first + o]);
    return array(values, 'float32', [rows, inner]);
  };
  const result: Record<string, CausalLM['params'][string]> = {};
  for (const [name, value] of Object.entries(params)) {
    const at = name.replace(/\.attn\.c_proj\./, '.attn.attention.out_proj.');
    if (name.includes('.attn.c_attn.')) continue;
    result[at] = /(c_proj|c_fc)\.weight$/.test(name) ? turned(name) : value;
  }
  for (let i = 0; i < config.n_layer; i++) {
    const fused = `transformer.h.${i}.attn.c_attn.weight`;
    const own = `transformer.h.${i}.attn.attention`;
    // GPT-Neo does not scale scores.
    result[`${own}.q_proj.weight`] = turned(fused, 0, d, 1 / Math.sqrt(d / heads));
    result[`${own}.k_proj.weight`] = turned(fused, d, d);
    result[`${own}.v_proj.weight`] = turned(fused, 2 * d, d);
  }
  return {
    config: gptNeo.config({
      vocab_size: config.vocab_size,
      max_position_embeddings: config.n_positions,
      hidden_size: d,
      num_layers: config.n_layer,
      num_heads: heads,
      activation_function: config.activation_function,
      tie_word_embeddings: config.tie_word_embeddings,
    }),
    params: result,
  };
}

/** Attention alone, without norms and feed-forward parts: `blocks` of them, and what happens inside on random embeddings. */
export function bareDecoder(blocks: number, places = 4): { decoder: Decoder; activations: Activations } {
  const [d, heads, hd, tokens] = [6, 2, 3, 7];
  const affine = (out: number, inner: number, seed: number) =>
    new Affine({ data: normals(out * inner, seed), out, in: inner, outStride: inner, inStride: 1 });
  const none = { kind: 'none', epsilon: 0 } as const;
  const decoder: Decoder = {
    width: d,
    heads,
    blocks: Array.from({ length: blocks }, (_, l) => ({
      norm1: none,
      value: [affine(hd, d, 10 + l), affine(hd, d, 20 + l)],
      output: [affine(d, hd, 30 + l), affine(d, hd, 40 + l)],
      outputBias: undefined,
      norm2: none,
      mlp: undefined,
    })),
    finalNorm: none,
    unembed: affine(tokens, d, 50),
  };
  const streams = [normals(places * d, 60)];
  const patterns: Float64Array[] = [];
  for (const [l, { value, output }] of decoder.blocks.entries()) {
    const random = rng(70 + l);
    const pattern = new Float64Array(heads * places * places);
    const next = streams[l]!.slice();
    for (let h = 0; h < heads; h++)
      for (let to = 0; to < places; to++) {
        const weights = Array.from({ length: to + 1 }, () => random.uniform());
        const total = weights.reduce((a, b) => a + b);
        for (let from = 0; from <= to; from++) {
          const weight = weights[from]! / total;
          pattern[(h * places + to) * places + from] = weight;
          const written = output[h]!.apply(value[h]!.apply(streams[l]!.subarray(from * d, (from + 1) * d)));
          for (let i = 0; i < d; i++) next[to * d + i]! += weight * written[i]!;
        }
      }
    patterns.push(pattern);
    streams.push(next);
  }
  const last = streams.at(-1)!.subarray((places - 1) * d);
  const logits = Float32Array.from(decoder.unembed.apply(last));
  return {
    decoder,
    activations: {
      ids: new Int32Array(places),
      places,
      streams,
      middles: streams.slice(1),
      patterns,
      logits,
    },
  };
}

/**
 * Small models in the layout of Llama, on disk, for tests of recipes.
 *
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromFloat32, type TensorToWrite, writeCheckpoint } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { openCheckpoint } from '../../checkpoint/open.js';

export interface LlamaOptions {
  readonly layers?: number;
  readonly width?: number;
  readonly tokens?: readonly string[];
  readonly seed?: number;
  /** Numbers differ by this much from those of seed 0. */
  readonly distance?: number;
  readonly tied?: boolean;
  readonly maxShardSize?: number;
  readonly dtype?: 'BF16' | 'F32' | 'F16';
  /** Changes the numbers of a tensor. */
  readonly change?: (name: string, values: Float32Array) => void;
  readonly extra?: readonly TensorToWrite[];
}

const words = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`);

export function llamaShapes({ layers = 2, width = 8, tokens = words(12), tied = false }: LlamaOptions) {
  const shapes: Record<string, number[]> = { 'model.embed_tokens.weight': [tokens.length, width] };
  for (let i = 0; i < layers; i++) {
    const layer = `model.layers.${i}`;
    shapes[`${layer}.input_layernorm.weight`] = [width];
    for (const part of ['q', 'k', 'v', 'o'])
      shapes[`${layer}.self_attn.${part}_proj.weight`] = [width, width];
    shapes[`${layer}.post_attention_layernorm.weight`] = [width];
    shapes[`${layer}.mlp.gate_proj.weight`] = [2 * width, width];
    shapes[`${layer}.mlp.up_proj.weight`] = [2 * width, width];
    shapes[`${layer}.mlp.down_proj.weight`] = [width, 2 * width];
  }
  shapes['model.norm.weight'] = [width];
  if (!tied) shapes['lm_head.weight'] = [tokens.length, width];
  return shapes;
}

/** Writes a model; the same names and seeds give the same numbers. */
export async function writeLlama(folder: string, options: LlamaOptions = {}): Promise<void> {
  const { seed = 0, distance = 0.1, tokens = words(12), tied = false, dtype = 'BF16' } = options;
  const tensors = Object.entries(llamaShapes(options)).map(([name, shape], i): TensorToWrite => {
    const size = shape.reduce((a, b) => a * b);
    const values = rng(0, i).fillNormal(new Float32Array(size));
    const moved = rng(seed, 1000 + i).fillNormal(new Float32Array(size));
    if (seed > 0) for (let j = 0; j < size; j++) values[j]! += distance * moved[j]!;
    options.change?.(name, values);
    return { name, dtype, shape, data: fromFloat32(values, dtype) };
  });
  await mkdir(folder, { recursive: true });
  await writeCheckpoint(folder, [...tensors, ...(options.extra ?? [])], {
    force: true,
    ...(options.maxShardSize && { maxShardSize: options.maxShardSize }),
  });
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    num_hidden_layers: options.layers ?? 2,
    vocab_size: tokens.length,
    tie_word_embeddings: tied,
    torch_dtype: 'bfloat16',
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  await writeFile(
    join(folder, 'tokenizer.json'),
    JSON.stringify({ version: '1.0', added_tokens: [], model: { type: 'BPE', vocab, merges: [] } }),
  );
  await writeFile(join(folder, 'tokenizer_config.json'), '{"model_max_length":64}');
}

/** All numbers of a model on disk. */
export async function readModel(folder: string) {
  const checkpoint = await openCheckpoint(folder);
  try {
    const tensors: Record<string, number[]> = {};
    for (const name of checkpoint.tensors.keys())
      tensors[name] = Array.from(await checkpoint.readFloat32(name));
    const shapes = Object.fromEntries(Array.from(checkpoint.tensors, ([name, { shape }]) => [name, shape]));
    const dtypes = new Set(Array.from(checkpoint.tensors.values(), ({ dtype }) => dtype));
    return {
      tensors,
      shapes,
      dtypes: [...dtypes],
      config: checkpoint.config,
      companions: checkpoint.companions,
    };
  } finally {
    await checkpoint.close();
  }
}

/** Writes a file with its folders. */
export async function put(path: string, content: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

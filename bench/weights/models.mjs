/** Checkpoints of random numbers, written piece by piece. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCheckpoint } from '../../packages/data/dist/index.js';
import { rng } from '../../packages/linalg/dist/index.js';

/** Normal numbers in bfloat16: a pool from which stretches are taken. */
function pool(seed, size) {
  const values = rng(seed).fillNormal(new Float32Array(size));
  const words = new Uint32Array(values.buffer);
  return Uint16Array.from(words, (word) => word >>> 16);
}

function* pieces(numbers, count, start) {
  for (let done = 0; done < count; ) {
    const from = (start + done) % numbers.length;
    const part = numbers.subarray(from, Math.min(numbers.length, from + count - done));
    yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    done += part.length;
  }
}

const tensor = (numbers, place) => (entry, i) => {
  const [name, shape] = entry;
  const count = shape.reduce((a, b) => a * b);
  return {
    name,
    dtype: 'BF16',
    shape,
    data: () => pieces(numbers, count, (i * 7919 + place) % numbers.length),
  };
};

/** A decoder in the layout of Llama: 32,000 tokens, width 2,048, as many layers as fill the size. */
export async function writeModel(folder, seed, gigabytes) {
  const [width, inner, vocabulary] = [2048, 5632, 32000];
  const perLayer = 4 * width * width + 3 * width * inner;
  const layers = Math.max(1, Math.round((gigabytes * 5e8 - 2 * vocabulary * width) / perLayer));
  const shapes = [['model.embed_tokens.weight', [vocabulary, width]]];
  for (let i = 0; i < layers; i++) {
    const layer = `model.layers.${i}`;
    for (const part of ['q', 'k', 'v', 'o'])
      shapes.push([`${layer}.self_attn.${part}_proj.weight`, [width, width]]);
    shapes.push(
      [`${layer}.input_layernorm.weight`, [width]],
      [`${layer}.post_attention_layernorm.weight`, [width]],
    );
    for (const part of ['gate', 'up']) shapes.push([`${layer}.mlp.${part}_proj.weight`, [inner, width]]);
    shapes.push([`${layer}.mlp.down_proj.weight`, [width, inner]]);
  }
  shapes.push(['model.norm.weight', [width]], ['lm_head.weight', [vocabulary, width]]);
  mkdirSync(folder, { recursive: true });
  await writeCheckpoint(folder, shapes.map(tensor(pool(seed, 2 ** 22), seed)), { force: true });
  const config = {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    num_hidden_layers: layers,
    vocab_size: vocabulary,
    tie_word_embeddings: false,
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
}

/** 24 layers of one matrix of 1024 x 1024: a base and four tasks. */
export async function writeTasks(folder) {
  const shapes = Array.from({ length: 24 }, (_, i) => [`model.layers.${i}.mlp.up_proj.weight`, [1024, 1024]]);
  for (const [seed, name] of ['base', 'a', 'b', 'c', 'd'].entries()) {
    mkdirSync(join(folder, name), { recursive: true });
    await writeCheckpoint(join(folder, name), shapes.map(tensor(pool(seed, 2 ** 22), seed)), { force: true });
    writeFileSync(
      join(folder, name, 'config.json'),
      JSON.stringify({ model_type: 'llama', num_hidden_layers: 24 }),
    );
  }
  const models = ['a', 'b', 'c', 'd'].map((name) => `{model: ${name}}`).join(', ');
  writeFileSync(join(folder, 'tsvm.yml'), `merge_method: tsvm\nbase_model: base\nmodels: [${models}]\n`);
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, type NDArray } from '@fletch/array';
import { fromFloat32, writeCheckpoint, writeSafetensors } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { afterAll, describe, expect, test } from 'vitest';
import { openCheckpoint, openModel } from '../open.js';
import { mergeLora } from './apply.js';
import { readLoraConfig } from './config.js';

const root = mkdtempSync(join(tmpdir(), 'fletch-peft-'));
afterAll(() => rmSync(root, { recursive: true }));

const random = rng(8);
const draw = (...shape: number[]): NDArray =>
  array(random.fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))), 'float32', shape);

let folders = 0;
async function adapterFolder(
  config: Readonly<Record<string, unknown>>,
  tensors: Readonly<Record<string, NDArray>>,
): Promise<string> {
  const folder = join(root, `adapter-${folders++}`);
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'adapter_config.json'),
    JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 6, ...config }),
  );
  await writeSafetensors(
    join(folder, 'adapter_model.safetensors'),
    Object.entries(tensors).map(([name, { data, shape }]) => ({
      name: `base_model.model.${name}`,
      dtype: 'F32' as const,
      shape: [...shape],
      data: data as Float32Array,
    })),
  );
  return folder;
}

/** `base + scale · B·A`, number by number. */
function byHand(base: NDArray, a: NDArray, b: NDArray, scale: number, turned = false): number[] {
  const [r = 0, inner = 0] = a.shape;
  const out = b.shape[0]!;
  const sum = Array.from(base.data as Float32Array);
  for (let o = 0; o < out; o++)
    for (let i = 0; i < inner; i++)
      for (let k = 0; k < r; k++)
        sum[turned ? i * out + o : o * inner + i]! +=
          scale * (b.data[o * r + k] as number) * (a.data[k * inner + i] as number);
  return sum;
}

const expectClose = (found: NDArray | Float32Array | undefined, wanted: readonly number[]) => {
  const numbers = found instanceof Float32Array ? found : (found!.data as Float32Array);
  expect(numbers.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) expect(numbers[i]).toBeCloseTo(value, 4);
};

const query = 'encoder.layer.0.attention.self.query';
const llama = {
  'model.layers.0.self_attn.q_proj.weight': draw(5, 4),
  'model.layers.0.self_attn.o_proj.weight': draw(4, 4),
  'model.layers.0.mlp.gate_proj.weight': draw(7, 4),
  'model.embed_tokens.weight': draw(9, 4),
  'lm_head.weight': draw(9, 4),
};
const factors = (module: string, inner: number, out: number, r = 2) => ({
  [`${module}.lora_A.weight`]: draw(r, inner),
  [`${module}.lora_B.weight`]: draw(out, r),
});

describe('mergeLora equals brute force', () => {
  test.each([
    ['alpha / r', {}, 3],
    ['alpha / √r with use_rslora', { use_rslora: true }, 6 / Math.SQRT2],
  ])('%s', async (_, config, scale) => {
    const added = factors('model.layers.0.self_attn.q_proj', 4, 5);
    const merged = await mergeLora(llama, await adapterFolder(config, added));
    const [a, b] = Object.values(added) as [NDArray, NDArray];
    const name = 'model.layers.0.self_attn.q_proj.weight';
    expectClose(merged[name], byHand(llama[name], a, b, scale));
    expect(merged['lm_head.weight']).toBe(llama['lm_head.weight']);
    expect(llama[name].data).not.toEqual(merged[name]!.data);
  });

  test('ranks and strengths of single modules', async () => {
    const first = factors('model.layers.0.self_attn.q_proj', 4, 5, 3);
    const second = factors('model.layers.0.mlp.gate_proj', 4, 7);
    const merged = await mergeLora(
      llama,
      await adapterFolder(
        { rank_pattern: { 'self_attn.q_proj': 3 }, alpha_pattern: { '.*gate_proj': 1, q_proj: 12 } },
        { ...first, ...second },
      ),
    );
    const [a, b, c, d] = [...Object.values(first), ...Object.values(second)] as NDArray[];
    const [one, two] = [
      'model.layers.0.self_attn.q_proj.weight',
      'model.layers.0.mlp.gate_proj.weight',
    ] as const;
    expectClose(merged[one], byHand(llama[one], a!, b!, 4));
    expectClose(merged[two], byHand(llama[two], c!, d!, 0.5));
  });

  test.each([
    ['a wide matrix of a Conv1D', [4, 12], 4, 12, 'c_attn'],
    ['a square matrix of a Conv1D, whatever the config says', [4, 4], 4, 4, 'c_proj'],
  ])('%s is turned', async (_, shape, inner, out, module) => {
    const base = {
      [`transformer.h.0.attn.${module}.weight`]: draw(...shape),
      'transformer.h.0.attn.c_attn.weight': draw(4, 12),
    };
    const name = `transformer.h.0.attn.${module}.weight`;
    const added = factors(`transformer.h.0.attn.${module}`, inner, out);
    const merged = await mergeLora(base, await adapterFolder({ fan_in_fan_out: module === 'c_attn' }, added));
    const [a, b] = Object.values(added) as [NDArray, NDArray];
    expectClose(merged[name], byHand(base[name]!, a, b, 3, true));
  });

  test('a square matrix of no known layout follows fan_in_fan_out', async () => {
    const base = { 'mixer.in.weight': draw(4, 4) };
    const added = factors('mixer.in', 4, 4);
    const [a, b] = Object.values(added) as [NDArray, NDArray];
    for (const turned of [true, false]) {
      const merged = await mergeLora(base, await adapterFolder({ fan_in_fan_out: turned }, added));
      expectClose(merged['mixer.in.weight'], byHand(base['mixer.in.weight'], a, b, 3, turned));
    }
  });

  test('tokens, heads that were trained whole, adapter names and base_layer in the names', async () => {
    const [down, up] = [draw(2, 9), draw(4, 2)];
    const [a, b] = [draw(2, 4), draw(4, 2)];
    const head = draw(9, 4);
    const merged = await mergeLora(
      llama,
      await adapterFolder(
        { modules_to_save: ['lm_head'] },
        {
          'model.embed_tokens.lora_embedding_A': down,
          'model.embed_tokens.lora_embedding_B': up,
          'model.layers.0.self_attn.o_proj.lora_A.default.weight': a,
          'model.layers.0.self_attn.o_proj.lora_B.default.weight': b,
          'lm_head.modules_to_save.default.weight': head,
          'score.weight': draw(3, 4),
        },
      ),
    );
    expectClose(
      merged['model.embed_tokens.weight'],
      byHand(llama['model.embed_tokens.weight'], down, up, 3, true),
    );
    const square = 'model.layers.0.self_attn.o_proj.weight';
    expectClose(merged[square], byHand(llama[square], a, b, 3));
    expect(merged['lm_head.weight']!.data).toEqual(head.data);
    expect(merged['score.weight']!.shape).toEqual([3, 4]);
  });

  test('a kernel of a convolution', async () => {
    const base = { 'conv1.weight': draw(3, 2, 2, 2) };
    const [a, b] = [draw(2, 2, 2, 2), draw(3, 2, 1, 1)];
    const folder = await adapterFolder({}, { 'conv1.lora_A.weight': a, 'conv1.lora_B.weight': b });
    const flat = (x: NDArray, ...shape: number[]) => array(x.data, 'float32', shape);
    expectClose(
      (await mergeLora(base, folder))['conv1.weight'],
      byHand(base['conv1.weight'], flat(a, 2, 8), flat(b, 3, 2), 3),
    );
  });

  test('a prefix that only one of the two has', async () => {
    const base = {
      [`bert.${query}.weight`]: draw(4, 4),
      'bert.embeddings.token_type_embeddings.weight': draw(2, 4),
    };
    const added = factors(query, 4, 4);
    const [a, b] = Object.values(added) as [NDArray, NDArray];
    const merged = await mergeLora(base, await adapterFolder({}, added));
    expectClose(merged[`bert.${query}.weight`], byHand(base[`bert.${query}.weight`]!, a, b, 3));
  });
});

describe('base + adapter as a checkpoint', () => {
  const name = 'model.layers.0.self_attn.q_proj.weight';

  async function open(dtype: 'F32' | 'BF16', added: Readonly<Record<string, NDArray>>) {
    const base = join(root, `base-${folders++}`);
    await writeCheckpoint(
      base,
      Object.entries(llama).map(([tensor, { data, shape }]) => ({
        name: tensor,
        dtype,
        shape: [...shape],
        data: fromFloat32(data as Float32Array, dtype),
      })),
    );
    writeFileSync(join(base, 'config.json'), '{"model_type":"llama"}');
    return openModel(await adapterFolder({}, added), { base });
  }

  test('reads what is changed and what is not, whole and in part', async () => {
    const added = factors('model.layers.0.self_attn.q_proj', 4, 5);
    const checkpoint = await open('F32', added);
    const [a, b] = Object.values(added) as [NDArray, NDArray];
    const wanted = byHand(llama[name], a, b, 3);
    expect(checkpoint).toMatchObject({ config: { model_type: 'llama' }, companions: ['config.json'] });
    expectClose(await checkpoint.readFloat32(name), wanted);
    expect(await checkpoint.readFloat32('lm_head.weight')).toEqual(llama['lm_head.weight'].data);
    const target = new Uint8Array(8);
    expect(await checkpoint.readBytes(name, 4, 12, target)).toBe(target);
    expectClose(new Float32Array(target.buffer), wanted.slice(1, 3));
    await expect(checkpoint.readBytes(name, 4, 1000)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await checkpoint.close();
  });

  test('bytes are in the type of the base', async () => {
    const added = factors('model.layers.0.self_attn.q_proj', 4, 5);
    const checkpoint = await open('BF16', added);
    expect(checkpoint.tensors.get(name)).toMatchObject({ dtype: 'BF16', size: 40 });
    const bytes = await checkpoint.readBytes(name);
    const floats = await checkpoint.readFloat32(name);
    expect(Buffer.from(bytes)).toEqual(Buffer.from(fromFloat32(floats, 'BF16').buffer));
    await checkpoint.close();
  });

  test('without a base it is named what is missing; the adapter alone can be looked at', async () => {
    const folder = await adapterFolder({ base_model_name_or_path: 'x/y' }, factors(query, 4, 4));
    await expect(openModel(folder)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { base: 'x/y' },
    });
    const adapter = await openCheckpoint(folder);
    expect(adapter).toMatchObject({ format: 'peft', adapter: { r: 2 } });
    expect(adapter.tensors.size).toBe(2);
    await adapter.close();
  });
});

describe('refuses', () => {
  const q = 'model.layers.0.self_attn.q_proj';
  test.each<[string, Record<string, unknown>, Record<string, NDArray>, string, string]>([
    [
      'no r',
      { r: undefined },
      factors(q, 4, 5),
      'INVALID_INPUT_FILE',
      'r is null: the rank is a whole number',
    ],
    ['no alpha', { lora_alpha: null }, factors(q, 4, 5), 'INVALID_INPUT_FILE', 'lora_alpha is null'],
    [
      'DoRA',
      { use_dora: true },
      factors(q, 4, 5),
      'INVALID_INPUT_FILE',
      'only plain LORA adapters can be merged',
    ],
    [
      'other kinds',
      { peft_type: 'LOHA' },
      factors(q, 4, 5),
      'INVALID_INPUT_FILE',
      'only LORA adapters can be merged',
    ],
    [
      'PiSSA',
      { init_lora_weights: 'pissa_niter_4' },
      factors(q, 4, 5),
      'INVALID_INPUT_FILE',
      'changed the base too',
    ],
    [
      'another rank',
      { r: 3 },
      factors(q, 4, 5),
      'INVALID_INPUT_FILE',
      'the config says rank 3 of "model.layers.0.self_attn.q_proj", but lora_A is [2, 4]',
    ],
    [
      'another width',
      {},
      factors(q, 3, 5),
      'DIMENSION_MISMATCH',
      'adds [5, 3] to "model.layers.0.self_attn.q_proj.weight", which is [5, 4]',
    ],
    [
      'a module that is not there',
      {},
      factors('model.layers.9.x', 4, 5),
      'NOT_FOUND',
      'changes "model.layers.9.x.weight"',
    ],
    [
      'a factor alone',
      {},
      { [`${q}.lora_A.weight`]: draw(2, 4) },
      'INVALID_INPUT_FILE',
      'has a lora_A and no lora_B',
    ],
    [
      'lora_bias',
      {},
      { ...factors(q, 4, 5), [`${q}.lora_B.bias`]: draw(5) },
      'INVALID_INPUT_FILE',
      'not a tensor of a plain LoRA',
    ],
    [
      'magnitudes',
      {},
      { ...factors(q, 4, 5), [`${q}.lora_magnitude_vector`]: draw(5) },
      'INVALID_INPUT_FILE',
      'DoRA',
    ],
    [
      'patterns without an end',
      { rank_pattern: { '(a+)+$': 2 } },
      factors(q, 4, 5),
      'INVALID_INPUT_FILE',
      'too involved',
    ],
    [
      'patterns that are none',
      { rank_pattern: { '(': 2 } },
      factors(q, 4, 5),
      'INVALID_INPUT_FILE',
      'no regular expression',
    ],
    [
      'NaN',
      {},
      {
        [`${q}.lora_A.weight`]: array(new Float32Array(8).fill(Number.NaN), 'float32', [2, 4]),
        [`${q}.lora_B.weight`]: draw(5, 2),
      },
      'NON_FINITE',
      '',
    ],
  ])('%s', async (_, config, tensors, code, message) => {
    const failed = mergeLora(llama, await adapterFolder(config, tensors));
    await expect(failed).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('folders without one of the two files', async () => {
    const folder = await adapterFolder({}, factors(query, 4, 4));
    rmSync(join(folder, 'adapter_model.safetensors'));
    await expect(openCheckpoint(folder)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    writeFileSync(join(folder, 'adapter_model.bin'), Buffer.from([0x80, 2, 0]));
    await expect(openCheckpoint(folder)).rejects.toMatchObject({ code: 'UNSAFE_FORMAT' });
    rmSync(join(folder, 'adapter_config.json'));
    await expect(mergeLora(llama, folder)).rejects.toThrow('adapter_config.json');
  });
});

test('names of modules fit patterns as a whole or from a dot on', () => {
  const { rankOf } = readLoraConfig(
    { peft_type: 'LORA', r: 8, lora_alpha: 8, rank_pattern: { q_proj: 1, '^model.layers.1.k': 2 } },
    'x',
  );
  expect(['a.q_proj', 'q_proj', 'aq_proj', 'model.layers.1.k'].map(rankOf)).toEqual([1, 1, 8, 2]);
});

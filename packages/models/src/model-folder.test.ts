import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, type NDArray } from '@fletch/array';
import { afterEach, expect, it } from 'vitest';
import { bert } from './families/bert.js';
import { gpt2 } from './families/gpt2.js';
import { families, familyOf } from './families.js';
import { loadModel, saveModel } from './model-folder.js';
import { tinyModels } from './testing/tiny.js';

const golden = (name: string) => new URL(`./testing/golden/${name}`, import.meta.url).pathname;
const folders: string[] = [];

async function folder(): Promise<string> {
  folders.push(await mkdtemp(join(tmpdir(), 'fletch-models-')));
  return folders.at(-1)!;
}

async function copyOf(name: string): Promise<string> {
  const made = await folder();
  await cp(golden(name), made, { recursive: true });
  return made;
}

afterEach(async () => {
  for (const made of folders.splice(0)) await rm(made, { recursive: true, force: true });
});

it.each(Object.keys(tinyModels))('saves and loads %s bit for bit', async (name) => {
  const { family, config } = tinyModels[name]!();
  const params: Record<string, NDArray> = family.init(config, { seed: 1 });
  const where = join(await folder(), 'model');
  await saveModel(where, { config: config as never, params }, { maxShardSize: 1500 });
  const loaded = await loadModel(where);
  expect(loaded.family).toBe(family);
  expect(loaded.config).toEqual(config);
  expect(Object.keys(loaded.params).sort()).toEqual(Object.keys(params).sort());
  for (const [own, { data, shape }] of Object.entries(params)) {
    expect(loaded.params[own]!.shape).toEqual(shape);
    expect(loaded.params[own]!.data).toEqual(data);
  }
});

it('saves in half precision', async () => {
  const config = gpt2.config({ vocab_size: 5, n_positions: 4, n_embd: 8, n_layer: 1, n_head: 2 });
  const params = gpt2.init(config, { seed: 1 });
  params['transformer.ln_f.bias'] = array(new Float64Array(8).fill(1 / 3));
  const where = await folder();
  await saveModel(where, { config, params }, { dtype: 'BF16' });
  const loaded = await loadModel(where, { family: gpt2 });
  // One third to the eight bits of a bfloat16.
  expect(loaded.params['transformer.ln_f.bias']!.data).toEqual(new Float32Array(8).fill(171 / 512));
  await expect(saveModel(where, { config, params })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  const { 'transformer.ln_f.bias': _, ...holed } = params;
  await expect(saveModel(where, { config, params: holed }, { force: true })).rejects.toMatchObject({
    code: 'INVALID_INPUT_FILE',
    details: { missing: ['transformer.ln_f.bias'] },
  });
});

it('reports progress and stops when told to', async () => {
  const seen: number[] = [];
  const control = new AbortController();
  const loading = loadModel(golden('gpt2'), {
    signal: control.signal,
    onProgress: ({ done, total, stage }) => {
      expect([total, stage]).toEqual([28, 'loading']);
      seen.push(done);
      if (done === 3) control.abort();
    },
  });
  await expect(loading).rejects.toMatchObject({ code: 'ABORTED' });
  expect(seen).toEqual([1, 2, 3]);
});

it('takes other fields than those of the file, and a family that must be met', async () => {
  const fields = { architectures: ['BertForSequenceClassification'], num_labels: 7 };
  const { config, params } = await loadModel(golden('bert-masked'), {
    config: fields,
    newHead: { seed: 1 },
    family: bert,
  });
  expect(config.num_hidden_layers).toBe(2);
  expect(params['classifier.weight']!.shape).toEqual([7, 12]);
  await expect(loadModel(golden('bert-masked'), { family: gpt2 })).rejects.toMatchObject({
    code: 'INVALID_INPUT_FILE',
    message: expect.stringMatching(/config\.json: It is a bert, not a gpt2/),
  });
});

it('names the file of a config that it cannot use', async () => {
  const made = await copyOf('mlp');
  const path = join(made, 'config.json');
  const attempt = async (text: string) => {
    await writeFile(path, text);
    return loadModel(made).then(
      () => 'loaded',
      (error: { code: string; message: string }) => `${error.code} ${error.message}`,
    );
  };
  expect(await attempt('{"model_type": "mlp"')).toMatch(/^INVALID_INPUT_FILE .*config\.json is no JSON/);
  expect(await attempt('[]')).toMatch(/^INVALID_INPUT_FILE .*holds no JSON object/);
  expect(await attempt('{"model_type": "mamba"}')).toMatch(
    /^INVALID_INPUT_FILE .*config\.json: .*model_type "mamba".*families are bert \(BertForMaskedLM/,
  );
  const wrong = await attempt(
    '{"model_type": "mlp", "input_size": 0.5, "hidden_act": "step", "hidden_sizes": [3, -1]}',
  );
  expect(wrong).toMatch(/input_size is 0\.5/);
  expect(wrong).toMatch(/hidden_act is "step"/);
  expect(wrong).toMatch(/hidden_sizes\.1 is -1/);
  expect(await attempt('{"model_type": "mlp"}')).toMatch(
    /^INVALID_INPUT_FILE .*not the weights of this mlp config/,
  );
  await rm(path);
  await expect(loadModel(made)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it('refuses pickled weights and says how to convert them', async () => {
  const made = await copyOf('mlp');
  await writeFile(join(made, 'pytorch_model.bin'), 'PK');
  await rm(join(made, 'model.safetensors'));
  await rm(join(made, 'expected.safetensors'));
  await expect(loadModel(made)).rejects.toMatchObject({ code: 'UNSAFE_FORMAT' });
});

it('refuses the weights of another model, with their path', async () => {
  const made = await copyOf('vit');
  await writeFile(join(made, 'config.json'), await readFile(join(golden('gpt2-old'), 'config.json')));
  await expect(loadModel(made)).rejects.toMatchObject({
    code: 'INVALID_INPUT_FILE',
    message: expect.stringContaining(`${made}: these are not the weights of this gpt2 config.`),
  });
});

it('finds the family of a config', () => {
  for (const family of Object.values(families)) {
    expect(familyOf({ model_type: family.name })).toBe(family);
    for (const name of family.architectures) expect(familyOf({ architectures: [name] })).toBe(family);
  }
  for (const config of [{}, null, { model_type: 'constructor' }, { architectures: ['T5Model'] }])
    expect(() => familyOf(config)).toThrow(/the families are/);
});

import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromFloat32, toFloat32 } from '@fletch/data';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { oracle } from '../merge.case.js';
import { mergeRecipe, openRecipe, parseRecipe, previewRecipe } from './index.js';
import { put, readModel, writeLlama } from './recipe.case.js';
import { settingAt } from './settings-at.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'recipe-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const at = (...names: string[]) => join(root, ...names);
const recipe = (text: string) => put(at('merge.yml'), text);
const bf16 = (values: readonly number[]) =>
  Array.from(toFloat32(fromFloat32(Float32Array.from(values), 'BF16'), 'BF16', ''));

/** Equal to bf16 rounding: the same, or a neighbour where the exact number lies half way. */
function expectBf16(found: readonly number[], exact: readonly number[]) {
  const rounded = bf16(exact);
  found.forEach((value, i) => {
    expect(Math.abs(value - rounded[i]!)).toBeLessThanOrEqual(Math.abs(exact[i]!) * 2 ** -8 + 1e-38);
  });
  expect(found.filter((value, i) => value !== rounded[i]).length).toBeLessThanOrEqual(found.length / 50);
}

describe('settings', () => {
  const here = { tensor: 'model.layers.1.mlp.up_proj.weight' };
  test.each<[Parameters<typeof settingAt>[0], number, unknown]>([
    [0.5, 0.3, 0.5],
    [[0, 1], 0.25, 0.25],
    [[0, 0.5, 0.3, 0.7, 1], 0.625, 0.5],
    [[1, 0.7, 0.1], 1, 0.1],
    [['a', 'b'], 0.9, 'a'],
    [[{ filter: 'self_attn', value: 1 }, { filter: 'mlp', value: [0, 1] }, { value: 9 }], 0.5, 0.5],
    [[{ filter: 'self_attn', value: 1 }, { value: 9 }], 0, 9],
    [[{ filter: 'self_attn', value: 1 }], 0, undefined],
    [{ value: 2 }, 0, 2],
    [[{ filter: '*', value: 3 }], 0, 3],
  ])('%j at %d is %j', (setting, t, expected) => {
    const found = settingAt(setting, { ...here, t });
    if (typeof expected === 'number') expect(found).toBeCloseTo(expected, 12);
    else expect(found).toBe(expected);
  });
});

describe('mergekit’s own examples, unchanged', () => {
  const llamas = ['psmathur/orca_mini_v3_13b', 'garage-bAInd/Platypus2-13B', 'WizardLM/WizardLM-13B-V1.2'];
  const write = (names: readonly string[], options = {}) =>
    Promise.all(names.map((name, seed) => writeLlama(at(name), { seed, ...options })));
  const merge = async (text: string, options = {}) => {
    const file = await recipe(text);
    await mergeRecipe(file, { out: at('out'), ...options });
    return readModel(at('out'));
  };

  test('linear.yml', async () => {
    await write(llamas);
    const found = await merge(`models:
  - model: psmathur/orca_mini_v3_13b
    parameters:
      weight: 1.0
  - model: WizardLM/WizardLM-13B-V1.2
    parameters:
      weight: 0.3
  - model: garage-bAInd/Platypus2-13B
    parameters:
      weight: 0.5
merge_method: linear
dtype: float16
`);
    expect(found.dtypes).toEqual(['F16']);
    expect(found.config).toMatchObject({ torch_dtype: 'float16', model_type: 'llama' });
    expect(found.companions).toEqual(expect.arrayContaining(['tokenizer.json', 'tokenizer_config.json']));
    const parts = await Promise.all([llamas[0]!, llamas[2]!, llamas[1]!].map((name) => readModel(at(name))));
    for (const [name, values] of Object.entries(found.tensors)) {
      const exact = oracle.linear(
        parts.map(({ tensors }) => tensors[name]!),
        [1, 0.3, 0.5],
      );
      values.forEach((value, i) => {
        expect(Math.abs(value - exact[i]!)).toBeLessThan(1e-3 * Math.max(1, Math.abs(exact[i]!)));
      });
    }
  });

  test('gradient-slerp.yml', async () => {
    await write(llamas.slice(0, 2), { layers: 40, width: 4 });
    const found = await merge(`slices:
  - sources:
      - model: psmathur/orca_mini_v3_13b
        layer_range: [0, 40]
      - model: garage-bAInd/Platypus2-13B
        layer_range: [0, 40]
# or, the equivalent models: syntax:
# models:
#   - model: psmathur/orca_mini_v3_13b
#   - model: garage-bAInd/Platypus2-13B
merge_method: slerp
base_model: psmathur/orca_mini_v3_13b
parameters:
  t:
    - filter: self_attn
      value: [0, 0.5, 0.3, 0.7, 1]
    - filter: mlp
      value: [1, 0.5, 0.7, 0.3, 0]
    - value: 0.5 # fallback for rest of tensors
dtype: float16
`);
    const [a, b] = await Promise.all(llamas.slice(0, 2).map((name) => readModel(at(name))));
    const expected: [string, number][] = [
      ['model.layers.0.self_attn.q_proj.weight', 0],
      ['model.layers.39.self_attn.q_proj.weight', 1],
      ['model.layers.39.mlp.up_proj.weight', 0],
      ['model.layers.13.input_layernorm.weight', 0.5],
      ['model.embed_tokens.weight', 0.5],
    ];
    for (const [name, t] of expected) {
      const exact = oracle.slerp(a!.tensors[name]!, b!.tensors[name]!, t);
      found.tensors[name]!.forEach((value, i) => {
        expect(value).toBeCloseTo(exact[i]!, 2);
      });
    }
  });

  test('orcamini-platy-44layer.yml', async () => {
    await write(llamas.slice(0, 2), { layers: 40, width: 4 });
    const found = await merge(`slices:
  - sources:
    - model: psmathur/orca_mini_v3_13b
      layer_range: [0, 24]
  - sources:
    - model: garage-bAInd/Platypus2-13B
      layer_range: [20, 40]
merge_method: passthrough
dtype: float16
`);
    expect(found.config).toMatchObject({ num_hidden_layers: 44 });
    const [a, b] = await Promise.all(llamas.slice(0, 2).map((name) => readModel(at(name))));
    const same = (name: string, from: typeof a, other: string) =>
      found.tensors[name]!.forEach((value, i) => {
        expect(value).toBeCloseTo(from!.tensors[other]![i]!, 2);
      });
    same('model.layers.23.mlp.up_proj.weight', a, 'model.layers.23.mlp.up_proj.weight');
    same('model.layers.24.mlp.up_proj.weight', b, 'model.layers.20.mlp.up_proj.weight');
    same('model.layers.43.mlp.up_proj.weight', b, 'model.layers.39.mlp.up_proj.weight');
    same('model.embed_tokens.weight', a, 'model.embed_tokens.weight');
    same('lm_head.weight', b, 'lm_head.weight');
    expect(found.tensors['model.layers.44.mlp.up_proj.weight']).toBeUndefined();
  });

  test('ties.yml', async () => {
    const names = [
      'TheBloke/Llama-2-13B-fp16',
      'psmathur/orca_mini_v3_13b',
      'garage-bAInd/Platypus2-13B',
      'WizardLM/WizardMath-13B-V1.0',
    ];
    await write(names, { layers: 3 });
    const text = `models:
  - model: psmathur/orca_mini_v3_13b
    parameters:
      density: [1, 0.7, 0.1] # density gradient
      weight: 1.0
  - model: garage-bAInd/Platypus2-13B
    parameters:
      density: 0.5
      weight: [0, 0.3, 0.7, 1] # weight gradient
  - model: WizardLM/WizardMath-13B-V1.0
    parameters:
      density: 0.33
      weight:
        - filter: mlp
          value: 0.5
        - value: 0
merge_method: ties
base_model: TheBloke/Llama-2-13B-fp16
parameters:
  normalize: true
  int8_mask: true
dtype: float16
`;
    const found = await merge(text.replace('dtype: float16', 'dtype: bfloat16'));
    const [base, ...models] = await Promise.all(names.map((name) => readModel(at(name))));
    const middle = { density: [0.7, 0.5, 0.33] };
    const cases: [string, { weights: number[]; density: number[] }][] = [
      ['model.layers.1.mlp.up_proj.weight', { ...middle, weights: [1, 0.5, 0.5] }],
      ['model.layers.1.self_attn.k_proj.weight', { ...middle, weights: [1, 0.5, 0] }],
      ['model.layers.2.mlp.down_proj.weight', { density: [0.1, 0.5, 0.33], weights: [1, 1, 0.5] }],
      ['lm_head.weight', { density: [1, 0.5, 0.33], weights: [1, 0, 0] }],
    ];
    for (const [name, settings] of cases)
      expectBf16(
        found.tensors[name]!,
        oracle.ties(
          base!.tensors[name]!,
          models.map(({ tensors }) => tensors[name]!),
          settings,
        ),
      );
  });

  test('bio-merge.yml', async () => {
    await write([
      'mistralai/Mistral-7B-v0.1',
      'mistralai/Mistral-7B-Instruct-v0.2',
      'BioMistral/BioMistral-7B',
    ]);
    const found = await merge(`models:
  - model: mistralai/Mistral-7B-Instruct-v0.2
    parameters:
      density: 0.5
      weight: 0.5
  - model: BioMistral/BioMistral-7B
    parameters:
      density: 0.5
      weight: 0.5
merge_method: ties
base_model: mistralai/Mistral-7B-v0.1
parameters:
  normalize: false
  int8_mask: true
dtype: float16
`);
    expect(Object.keys(found.tensors)).toHaveLength(21);
  });

  test('arcee_fusion.yml', async () => {
    await write(['model_a', 'model_b']);
    const found = await merge(`models:
  - model: model_a
  - model: model_b
merge_method: arcee_fusion
base_model: model_a
dtype: bfloat16
`);
    const [a, b] = await Promise.all(['model_a', 'model_b'].map((name) => readModel(at(name))));
    let [taken, all] = [0, 0];
    for (const [name, values] of Object.entries(found.tensors))
      values.forEach((value, i) => {
        expect([a!.tensors[name]![i], b!.tensors[name]![i]]).toContain(value);
        taken += Number(value === b!.tensors[name]![i]);
        all++;
      });
    expect(taken / all).toBeGreaterThan(0.01);
    expect(taken / all).toBeLessThan(0.5);
  });
});

const two = (method: string, more = '', perModel = 'weight: 0.5') => `merge_method: ${method}
base_model: base
models:
  - model: a
    parameters: {${perModel}}
  - model: b
    parameters: {${perModel}}
${more}`;

describe('merging', () => {
  beforeEach(async () => {
    for (const [seed, name] of ['base', 'a', 'b'].entries()) await writeLlama(at(name), { seed });
  });

  test.each([
    'linear',
    'nuslerp',
    'task_arithmetic',
    'ties',
    'dare_linear',
    'dare_ties',
    'della',
    'della_linear',
    'breadcrumbs',
    'breadcrumbs_ties',
    'model_stock',
    'sce',
    'karcher',
    'tsvm',
    'r_tsvm',
  ])('%s gives the same bytes for a seed, whatever the shards', async (method) => {
    const dense = /dare|della|bread|ties/.test(method) ? 'weight: 0.5, density: 0.5' : 'weight: 0.5';
    const file = await recipe(two(method, '', dense));
    await mergeRecipe(file, { out: at('one'), seed: 3 });
    const { files } = await mergeRecipe(file, { out: at('many'), seed: 3, maxShardSize: 2000 });
    expect(files.length).toBeGreaterThan(1);
    const [one, many] = [await readModel(at('one')), await readModel(at('many'))];
    expect(many.tensors).toEqual(one.tensors);
    expect(one.dtypes).toEqual(['BF16']);
    for (const values of Object.values(one.tensors)) expect(values.every(Number.isFinite)).toBe(true);
  });

  test('linear, task arithmetic and slerp equal the oracles', async () => {
    const parts = await Promise.all(['base', 'a', 'b'].map((name) => readModel(at(name))));
    const name = 'model.layers.1.mlp.gate_proj.weight';
    const [base, a, b] = parts.map(({ tensors }) => tensors[name]!) as [number[], number[], number[]];
    await mergeRecipe(await recipe(two('linear')), { out: at('linear') });
    expectBf16((await readModel(at('linear'))).tensors[name]!, oracle.linear([a, b], [0.5, 0.5]));
    await mergeRecipe(await recipe(two('task_arithmetic', 'parameters: {lambda: 0.7}')), { out: at('sum') });
    expectBf16(
      (await readModel(at('sum'))).tensors[name]!,
      oracle.taskArithmetic(base, [a, b], [0.5, 0.5], 0.7),
    );
    await mergeRecipe(
      await recipe('merge_method: slerp\nbase_model: a\nmodels: [{model: b}]\nparameters: {t: 0.3}\n'),
      { out: at('slerp') },
    );
    expectBf16((await readModel(at('slerp'))).tensors[name]!, oracle.slerp(a, b, 0.3));
  });

  test('integers are copied, a tied scoring layer stands for itself, the recipe is kept', async () => {
    const ids = {
      name: 'model.position_ids',
      dtype: 'I64' as const,
      shape: [2],
      data: BigInt64Array.of(0n, 1n),
    };
    await writeLlama(at('a'), { seed: 1, extra: [ids] });
    await writeLlama(at('b'), { seed: 2, extra: [ids], tied: true });
    const file = await recipe(two('linear').replace('base_model: base\n', ''));
    await mergeRecipe(file, { out: at('out') });
    const found = await readModel(at('out'));
    expect(found.tensors['model.position_ids']).toEqual([0, 1]);
    const [a, b] = [await readModel(at('a')), await readModel(at('b'))];
    expectBf16(
      found.tensors['lm_head.weight']!,
      oracle.linear([a.tensors['lm_head.weight']!, b.tensors['model.embed_tokens.weight']!], [1, 1]),
    );
    expect(await readFile(at('out', 'mergekit_config.yml'), 'utf8')).toContain('merge_method: linear');
  });

  test('a preview counts signs that differ', async () => {
    const { layers, merged } = await previewRecipe(await recipe(two('ties')));
    expect(merged).toEqual(['a', 'b']);
    expect(layers.map(({ layer }) => layer)).toEqual([null, 0, 1]);
    for (const { conflicts, cosine, norms } of layers) {
      expect(conflicts).toBeGreaterThan(0.4);
      expect(conflicts).toBeLessThan(0.6);
      expect(Math.abs(cosine!)).toBeLessThan(0.15);
      expect(norms.every((norm) => norm > 0.5)).toBe(true);
    }
  });
});

describe('several vocabularies', () => {
  beforeEach(async () => {
    await writeLlama(at('base'), { tokens: ['x', 'y', 'z'] });
    await writeLlama(at('a'), { seed: 1, tokens: ['x', 'y', 'z', 'only a'] });
    await writeLlama(at('b'), { seed: 2, tokens: ['y', 'x', 'z', 'only b'] });
  });

  test('are refused, with what would help', async () => {
    await expect(openRecipe(await recipe(two('ties')))).rejects.toMatchObject({
      code: 'DIMENSION_MISMATCH',
      message: expect.stringContaining('Add "tokenizer_source: union"'),
    });
  });

  test('union keeps the tokens of all, base those of the base', async () => {
    const rows = (values: number[]) =>
      Array.from({ length: values.length / 8 }, (_, i) => values.slice(8 * i, 8 * i + 8));
    const name = 'model.embed_tokens.weight';
    const [base, a, b] = await Promise.all(
      ['base', 'a', 'b'].map(async (model) => rows((await readModel(at(model))).tensors[name]!)),
    );
    await mergeRecipe(await recipe(two('task_arithmetic', 'tokenizer_source: union')), { out: at('union') });
    const union = await readModel(at('union'));
    expect(union.config).toMatchObject({ vocab_size: 5 });
    expect(union.shapes[name]).toEqual([5, 8]);
    const found = rows(union.tensors[name]!);
    // x is row 0 of the base and of a, row 1 of b.
    expectBf16(
      found[0]!,
      base![0]!.map((from, i) => from + 0.5 * (a![0]![i]! - from) + 0.5 * (b![1]![i]! - from)),
    );
    // What only one has, all have from it.
    expect(found[3]).toEqual(a![3]);
    expect(found[4]).toEqual(b![3]);
    const tokenizer = JSON.parse(await readFile(at('union', 'tokenizer.json'), 'utf8'));
    expect(
      tokenizer.added_tokens.map(({ id, content }: { id: number; content: string }) => [id, content]),
    ).toEqual([
      [3, 'only a'],
      [4, 'only b'],
    ]);
    await mergeRecipe(await recipe(two('linear', 'tokenizer_source: base')), { out: at('base-tokens') });
    expect((await readModel(at('base-tokens'))).shapes[name]).toEqual([3, 8]);
  });
});

describe('bad input', () => {
  beforeEach(async () => {
    for (const [seed, name] of ['base', 'a', 'b'].entries()) await writeLlama(at(name), { seed });
  });
  const refused = async (text: string, code: string, message: string, options = {}) =>
    expect(mergeRecipe(await recipe(text), { out: at('out'), ...options })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });

  test.each([
    [
      'merge_metod: ties\nmodels: [{model: a}]\n',
      'there is no key "merge_metod". Did you mean "merge_method"?',
    ],
    [two('tise'), 'There is no merge method "tise". Did you mean "ties"?'],
    [two('ties', 'parameters: {lamda: 1}'), 'ties has no parameter "lamda". Did you mean "lambda"?'],
    [two('ties', '', 'wieght: 1'), 'ties has no parameter "wieght". Did you mean "weight"?'],
    [two('ties', '', 'weight: 1, density: 1.5'), 'density is 1.5; it must be a number above 0 and at most 1'],
    [two('ties', '', 'density: 0.5'), 'weight is missing'],
    [two('linear', '', 'weight: heavy'), 'weight is "heavy"; it must be a number'],
    [two('della', '', 'weight: 1, density: 0.1'), 'density ± epsilon is 0.1 ± 0.15'],
    [two('linear', 'dtype: float8'), 'there is no dtype "float8". Did you mean "float'],
    [two('ties').replace('base_model: base\n', ''), 'name base_model'],
    [two('slerp', 'parameters: {t: 0.5}', ''), 'slerp takes exactly 2 models, not 3'],
    ['merge_method: linear\n', 'either models or slices'],
    ['merge_method: [', 'it is no YAML'],
    ['just words', 'no recipe'],
    ['merge_method: ties\nmodules: {}\nmodels: [{model: a}]\n', 'Models of several modules are not merged'],
    [
      'merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 5]}]}]\n',
      'the layers 0 to 5 of "a" are not there: it has 2',
    ],
  ])('%#: %j', async (text, message) => {
    await refused(text, 'INVALID_ARGUMENT', message);
    expect(await readdir(root)).not.toContain('out');
  });

  test('models outside of the folder, by path or by link; models that are not there', async () => {
    await refused(two('linear').replace('model: a', 'model: ../a'), 'UNSAFE_PATH', 'is not inside');
    await refused(two('linear').replace('model: a', 'model: /etc'), 'UNSAFE_PATH', 'is not inside');
    await symlink(tmpdir(), at('link'));
    await refused(two('linear').replace('model: a', 'model: link'), 'UNSAFE_PATH', 'is not inside');
    await refused(
      two('linear').replace('model: a', 'model: org/c'),
      'NOT_FOUND',
      'There is no model "org/c"',
    );
  });

  test('another architecture lists the tensors that differ', async () => {
    await writeLlama(at('b'), { seed: 2, width: 16 });
    await refused(two('linear'), 'DIMENSION_MISMATCH', 'are not of one architecture: "');
    await writeLlama(at('b'), { seed: 2, layers: 3 });
    await refused(two('linear'), 'INVALID_ARGUMENT', '"a" gives 2 layers and "b" 3');
  });

  test('numbers that are not finite, in every type', async () => {
    for (const dtype of ['BF16', 'F16', 'F32'] as const) {
      await rm(at('b'), { recursive: true });
      await writeLlama(at('b'), {
        seed: 2,
        dtype,
        change: (name, values) => {
          if (name.endsWith('norm.weight'))
            values[3] = dtype === 'F32' ? Number.NaN : Number.POSITIVE_INFINITY;
        },
      });
      for (const method of ['linear', 'ties'])
        await refused(two(method), 'NON_FINITE', `of "b" holds ${dtype === 'F32' ? 'NaN' : 'Infinity'} at 3`);
    }
    expect((await readdir(root)).sort()).not.toContain('out');
  });

  test('a target that is there, one that cannot be written, and a full disk', async () => {
    await put(at('out', 'precious'), '');
    await refused(two('linear'), 'ALREADY_EXISTS', 'not empty');
    await mergeRecipe(await recipe(two('linear')), { out: at('out'), force: true });
    expect(await readdir(at('out'))).not.toContain('precious');
    await put(at('file'), '');
    await refused(two('linear'), 'IO', at('file', 'x'), { out: at('file', 'x') });
  });

  // Root may write everywhere.
  test.skipIf(process.getuid?.() === 0)('a folder that is read-only', async () => {
    await mkdir(at('locked'), { mode: 0o555 });
    await refused(two('linear'), 'IO', 'No permission to write', { out: at('locked', 'out') });
  });

  test('a model larger than the disk is refused before anything is written', async () => {
    const rows = 2 ** 31;
    const header = JSON.stringify({
      w: { dtype: 'BF16', shape: [rows, 1024], data_offsets: [0, rows * 2048] },
    });
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const head = Buffer.alloc(8 + padded.length);
    head.writeBigUInt64LE(BigInt(padded.length));
    head.write(padded, 8);
    for (const name of ['big', 'bigger']) {
      const path = await put(at(name, 'model.safetensors'), '');
      await writeFile(path, head);
      await truncate(path, head.length + rows * 2048);
    }
    const text = 'merge_method: linear\nmodels: [{model: big}, {model: bigger}]\nparameters: {weight: 1}\n';
    await refused(text, 'DISK_FULL', 'has room for');
  });
});

describe('an interrupted run', () => {
  beforeEach(async () => {
    for (const [seed, name] of ['base', 'a', 'b'].entries()) await writeLlama(at(name), { seed });
  });

  test('leaves no half model, goes on with finished files, and gives the same bytes', async () => {
    const file = await recipe(two('dare_ties', '', 'weight: 0.5, density: 0.5'));
    await mergeRecipe(file, { out: at('whole'), maxShardSize: 1000 });
    const controller = new AbortController();
    const stopped = mergeRecipe(file, {
      out: at('out'),
      maxShardSize: 1000,
      signal: controller.signal,
      onProgress: ({ done, total }) => {
        if (done > total! / 2) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await readdir(root)).not.toContain('out');
    const left = (await readdir(at('out.partial'))).filter((name) => name.endsWith('.safetensors'));
    expect(left.length).toBeGreaterThan(0);
    await put(at('out.partial', 'model-00099-of-00099.safetensors.77.tmp'), 'half');
    const before = await stat(at('out.partial', left[0]!));
    const { resumed } = await mergeRecipe(file, { out: at('out'), maxShardSize: 1000 });
    expect(resumed).toBe(left.length);
    expect((await stat(at('out', left[0]!))).mtimeMs).toBe(before.mtimeMs);
    expect(await readdir(at('out'))).toEqual(await readdir(at('whole')));
    expect((await readModel(at('out'))).tensors).toEqual((await readModel(at('whole'))).tensors);
    expect(await readdir(root)).not.toContain('out.partial');
  });

  test('of another recipe is cleaned away; what no merge left is not touched', async () => {
    const controller = new AbortController();
    const stopped = mergeRecipe(await recipe(two('ties')), {
      out: at('out'),
      maxShardSize: 1000,
      signal: controller.signal,
      onProgress: ({ done, total }) => {
        if (done > total! / 2) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    const { resumed } = await mergeRecipe(await recipe(two('linear')), {
      out: at('out'),
      maxShardSize: 1000,
    });
    expect(resumed).toBe(0);
    await put(at('next.partial', 'notes.txt'), 'mine');
    await expect(mergeRecipe(at('merge.yml'), { out: at('next') })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect(await readFile(at('next.partial', 'notes.txt'), 'utf8')).toBe('mine');
  });
});

test('a recipe that mergekit wrote itself names models by objects', () => {
  const text =
    'merge_method: linear\nmodels:\n- model:\n    model:\n      path: a\n  parameters: {weight: 1.0}\n';
  expect(parseRecipe(text, 'merge.yml').models).toMatchObject([{ model: 'a' }]);
});

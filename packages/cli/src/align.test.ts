import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array } from '@fletch/array';
import { openSafetensors, writeSafetensors } from '@fletch/data';
import { cnn, gpt2, loadModel, mlp, resnet, saveModel, vit } from '@fletch/models';
import { applyPermutation, checkSpec, permutationSpec, randomPerms } from '@fletch/weights';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from './cli.case.js';

let folder: string;
const at = (name: string) => join(folder, name);
const align = (...args: string[]) => runHere(['align', '--threads', '1', ...args]);
const measured = ['--data', 'mnist', '--images', '60', '--points', '3'];

const perceptron = mlp.config({ input_size: 784, hidden_sizes: [12, 10], num_labels: 10 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-align-'));
  const first = mlp.init(perceptron, { seed: 1 });
  await saveModel(at('a'), { config: perceptron, params: first });
  await saveModel(
    at('b'),
    { config: perceptron, params: mlp.init(perceptron, { seed: 2 }) },
    { dtype: 'BF16' },
  );
  await writeFile(at('b/tokenizer.json'), '{"of": "b"}');
  const spec = permutationSpec('mlp', first);
  const turned = applyPermutation(spec, randomPerms(checkSpec(spec, first), 5), first);
  await saveModel(at('turned'), { config: perceptron, params: turned });
});
afterAll(() => rm(folder, { recursive: true }));

describe('fletch align', () => {
  test('two models of different seeds: writes the second in the order of the first, with all that belongs to it', async () => {
    const { code, stdout, stderr } = await align(at('a'), at('b'), '--out', at('out/'));
    expect(stderr).toContain('No data set is known');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^layout +mlp$/m);
    expect(stdout).toMatch(/^distance +[\d.]+ → [\d.]+/m);
    expect(stdout).toMatch(/^R\(0\.3\) +-?[\d.e-]+ → [\d.e-]+$/m);
    expect((await readdir(at('out'))).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'permutations.json',
      'tokenizer.json',
    ]);
    const perms = JSON.parse(await readFile(at('out/permutations.json'), 'utf8')) as Record<string, number[]>;
    expect(Object.values(perms).map((p) => p.length)).toEqual([12, 10]);
    // The same model: its rows as the permutation says, stored as they were.
    const [before, after] = [await loadModel(at('b')), await loadModel(at('out'))];
    const [b, out] = [before, after].map(({ params }) => params['layers.0.bias']!.data) as [
      Float32Array,
      Float32Array,
    ];
    expect(Array.from(out)).toEqual(perms['layers.0']!.map((from) => b[from]!));
    const file = await openSafetensors(at('out'));
    expect(file.tensors.get('layers.0.weight')!.dtype).toBe('BF16');
    await file.close();
    expect((await align(at('a'), at('b'), '--out', at('out'))).stderr).toMatch(/there already/);
    expect((await align(at('a'), at('b'), '--out', at('out'), '--force')).code).toBe(0);
  });

  test('a model in another order is found again, and averaging gives it back', async () => {
    const plot = at('path.svg');
    const { code, stdout, stderr } = await align(
      ...[
        at('a'),
        at('turned'),
        '--out',
        at('same'),
        '--merge',
        '0.5',
        '--plot',
        plot,
        '--json',
        ...measured,
      ],
    );
    expect(stderr).toContain('Drawn in');
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      architecture: 'mlp',
      data: 'mnist',
      units: 22,
      merged: `${at('same')}-merged`,
    });
    expect(report.distance.after).toBe(0);
    expect(report.alignment[0].after).toBeCloseTo(1, 5);
    expect(report.path.after.barrier).toBeLessThan(1e-5);
    expect(report.path.before.losses[2]).toBeCloseTo(report.path.after.losses[2], 5);
    const [a, merged] = [await loadModel(at('a')), await loadModel(`${at('same')}-merged`)];
    expect(merged.params).toEqual(a.params);
    expect(await readFile(plot, 'utf8')).toContain('aligned');
  });

  test.each(['activation', 'straight-through'])('by %s, on data', async (method) => {
    const { code, stdout } = await align(
      ...[at('a'), at('turned'), '--method', method, '--steps', '2', '--json', ...measured],
    );
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.method).toBe(method);
    expect(report.path.after.barrier).toBeLessThan(1e-4);
  });

  test.each([
    ['cnn', cnn, { hidden_sizes: [4, 6], num_labels: 10 }],
    [
      'vit',
      vit,
      {
        image_size: 28,
        patch_size: 14,
        num_channels: 1,
        hidden_size: 8,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        intermediate_size: 12,
        num_labels: 10,
      },
    ],
    [
      'resnet',
      resnet,
      {
        num_channels: 1,
        embedding_size: 4,
        hidden_sizes: [4, 6],
        depths: [1, 1],
        layer_type: 'basic',
        stem: 'small',
        num_labels: 10,
      },
    ],
  ] as const)('%s: statistics are estimated anew where there are any', async (name, family, fields) => {
    const config = family.config(fields as never);
    for (const seed of [1, 2])
      await saveModel(at(`${name}-${seed}`), { config, params: family.init(config as never, { seed }) });
    const { code, stdout, stderr } = await align(
      ...[at(`${name}-1`), at(`${name}-2`), '--method', 'activation', '--json', ...measured],
    );
    expect(stderr).not.toMatch(/Error/);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.architecture).toBe(name);
    expect(report.statisticsReset).toBe(name === 'vit' ? null : true);
    expect(report.path.after.losses.every(Number.isFinite)).toBe(true);
    // The permuted model does what the second did.
    expect(report.path.after.losses[2]).toBeCloseTo(report.path.before.losses[2], 4);
    if (name !== 'cnn') return;
    const plain = await align(at(`${name}-1`), at(`${name}-2`));
    expect(plain.stderr).toContain('must be estimated anew');
  });

  test('a language model: heads and all, and a spec of one’s own', async () => {
    const config = gpt2.config({ vocab_size: 20, n_positions: 6, n_embd: 8, n_layer: 1, n_head: 2 });
    for (const seed of [1, 2])
      await saveModel(at(`gpt-${seed}`), { config, params: gpt2.init(config, { seed }) });
    const whole = JSON.parse((await align(at('gpt-1'), at('gpt-2'), '--json')).stdout);
    expect(whole).toMatchObject({ architecture: 'gpt2', permutations: 4, path: null });
    const block = 'transformer.h.0.mlp';
    const spec = {
      [`${block}.c_fc.weight`]: [null, 'P'],
      [`${block}.c_fc.bias`]: ['P'],
      [`${block}.c_proj.weight`]: ['P', null],
    };
    await writeFile(at('spec.json'), JSON.stringify(spec));
    const own = JSON.parse(
      (await align(at('gpt-1'), at('gpt-2'), '--spec', at('spec.json'), '--json')).stdout,
    );
    expect(own).toMatchObject({ architecture: null, permutations: 1, units: 32 });
    expect(own.distance.after).toBeGreaterThan(whole.distance.after);
  });

  test('--help shows an example', async () => {
    const { stdout } = await align('--help');
    expect(stdout).toContain('$ fletch align run-1/ run-2/ --out run-2-aligned');
  });
});

describe('fletch align refuses', () => {
  beforeAll(async () => {
    const other = mlp.config({ input_size: 784, hidden_sizes: [12, 11], num_labels: 10 });
    await saveModel(at('wider'), { config: other, params: mlp.init(other, { seed: 1 }) });
    const odd = {
      x: array(new Float32Array(6), 'float32', [2, 3]),
      y: array(new Float32Array(6), 'float32', [1, 6]),
    };
    for (const name of ['odd-1', 'odd-2'])
      await writeSafetensors(
        join(at(name), 'model.safetensors'),
        Object.entries(odd).map(([key, { data, shape }]) => ({
          name: key,
          dtype: 'F32',
          shape: [...shape],
          data: data as Float32Array,
        })),
      );
    const sick = mlp.init(perceptron, { seed: 3 });
    sick['layers.1.bias'] = array(new Float32Array(10).fill(Number.NaN), 'float32', [10]);
    await saveModel(at('sick'), { config: perceptron, params: sick });
    await writeFile(at('bad.json'), '{"layers.0.weight": "P"}');
    await writeFile(at('missing.json'), '{"layers.9.weight": ["P", null]}');
  });

  test.each<[string, string[], number, RegExp]>([
    ['one model', ['a'], 2, /missing required argument 'second'/],
    ['a folder that there is not', ['a', 'none'], 1, /none/],
    ['models of other widths', ['a', 'wider'], 1, /not of one architecture: "layers\.1\.(weight|bias)" is/],
    ['a layout that is not known', ['odd-1', 'odd-2'], 2, /layout of .* is not known.*--spec/],
    ['weights that are not numbers', ['a', 'sick'], 1, /"layers\.1\.bias" .* second model is NaN/],
    ['a method without its data', ['a', 'b', '--method', 'activation'], 2, /needs data/],
    ['to draw what is not measured', ['a', 'b', '--plot', 'x.svg'], 2, /--data/],
    ['to merge without a folder', ['a', 'b', '--merge', '0.5'], 2, /--out/],
    ['to merge outside of both', ['a', 'b', '--merge', '2'], 2, /from 0/],
    ['an even number of places', ['a', 'b', '--points', '4'], 2, /odd/],
    ['a spec that is none', ['a', 'b', '--spec', 'bad.json'], 1, /no spec.*"layers\.0\.weight"/],
    [
      'a spec of other tensors',
      ['a', 'b', '--spec', 'missing.json'],
      2,
      /"layers\.9\.weight", which the model does not have/,
    ],
  ])('%s', async (_, args, code, message) => {
    const named = args.map((arg) => (/^(a|b|none|wider|sick|odd-\d|\w+\.json)$/.test(arg) ? at(arg) : arg));
    const done = await align(...named);
    expect(done.stderr).toMatch(message);
    expect(done.code).toBe(code);
  });
});

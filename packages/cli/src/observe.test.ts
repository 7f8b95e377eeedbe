import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gpt2, saveModel } from '@fletch/models';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from './cli.case.js';

const words = '? he she so f m is kind'.split(' ');
const tokenizer = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: null,
  decoder: null,
  model: { type: 'WordLevel', unk_token: '?', vocab: Object.fromEntries(words.map((word, i) => [word, i])) },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-observe-'));
  const config = gpt2.config({ vocab_size: 8, n_positions: 6, n_embd: 8, n_layer: 2, n_head: 2 });
  await saveModel(join(folder, 'model'), { config, params: gpt2.init(config, { seed: 1 }) });
  await writeFile(join(folder, 'model', 'tokenizer.json'), JSON.stringify(tokenizer));
});
afterAll(() => rm(folder, { recursive: true }));

const observe = (...args: string[]) => runHere(['observe', join(folder, 'model'), '--threads', '1', ...args]);

describe('fletch observe', () => {
  test('without prompts ranks the heads of a checkpoint by weights alone', async () => {
    const { code, stdout } = await observe('--observable', 'he - she');
    expect(code).toBe(0);
    expect(stdout).toContain('observable  + "he" − "she"');
    expect(stdout).toMatch(/head +norm\n(\d\.\d +[\d.e-]+\n){4}/);
  });

  test('with a pair prints heads and paths, as one JSON object on demand, and draws them', async () => {
    const pair = ['--observable', 'he - she', '--prompt', 'so m is kind', '--counter', 'so f is kind'];
    const plain = await observe(...pair, '--length', '2', '--top', '3');
    expect(plain.code).toBe(0);
    expect(plain.stdout).toMatch(/patched[\s\S]*contribution/);
    const plot = join(folder, 'plot.svg');
    const { code, stdout } = await observe(...pair, '--json', '--plot', plot);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as { heads: unknown[]; paths: { path: string }[] };
    expect(report.heads).toHaveLength(4);
    expect(report.paths[0]!.path).toMatch(/^(attn|mlp)/);
    const svg = await readFile(plot, 'utf8');
    expect(svg).toContain('<svg');
    expect(svg).toContain('Paths: how far');
  });

  test.each<[string, string[], RegExp]>([
    ['unknown tokens', ['--observable', 'he - nurse'], /'nurse' is not in the vocabulary/],
    ['a prompt alone', ['--observable', 'he', '--prompt', 'so'], /given together/],
    ['no observable', [], /--observable/],
    [
      'prompts of two lengths',
      ['--observable', 'he', '--prompt', 'so m', '--counter', 'so'],
      /2 and 1 tokens: positions must match/,
    ],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await observe(...args);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  test('refuses what is neither a folder nor in the zoo, and layouts that are not supported', async () => {
    const absent = await runHere(['observe', 'nothing', '--observable', 'he']);
    expect(absent.stderr).toMatch(/nothing is no folder of a model.*no recipe/);
    await writeFile(join(folder, 'config.json'), JSON.stringify({ model_type: 'gptj' }));
    const other = await runHere(['observe', folder, '--observable', 'he']);
    expect(other.code).not.toBe(0);
    expect(other.stderr).toMatch(/model_type "gptj"; the families are/);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelFolder, zooRecipe } from '@fletch/models';
import { plantModel } from '@fletch/models/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runHere } from './cli.case.js';

const inProcess = (...args: string[]) => runHere(args);

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'fletch-cli-zoo-'));
  vi.stubEnv('FLETCH_CACHE', cache);
  await plantModel('gpt-nano-text', [{ kind: 'text', prompt: 'arrow: ', text: 'a thin thing that flies' }]);
  await plantModel('vit-nano-fashion');
  await writeFile(join(modelFolder(zooRecipe('vit-nano-fashion').plan), 'record.json'), '{}');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

describe('fletch zoo', () => {
  test('list shows what was trained, and what was not', async () => {
    const { code, stdout } = await inProcess('zoo', 'list');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^gpt-nano-text +2 +\d{4}-\d\d-\d\d +perplexity 2\.5 \(a guess 4\) {2}A small GPT/m,
    );
    expect(stdout).toMatch(/^vit-nano-fashion +damaged/m);
    expect(stdout).toMatch(/^cnn-mnist +not yet/m);
    const entries = JSON.parse((await inProcess('zoo', 'list', '--json')).stdout) as { name: string }[];
    expect(stdout.trim().split('\n')).toHaveLength(entries.length + 1);
  });

  test('describe shows recipe, curves, quality, samples and folder', async () => {
    const { code, stdout } = await inProcess('zoo', 'describe', 'gpt-nano-text');
    expect(code).toBe(0);
    expect(stdout).toContain('family    gpt2: vocab_size 2048, n_positions 128');
    expect(stdout).toMatch(/^training {2}seed 1, .*steps \d+/m);
    expect(stdout).toMatch(/^train +[▁▂▃▄▅▆▇█]{10,48} {2}loss [\d.]+ → /m);
    expect(stdout).toContain('Held out: 3 held-out lines');
    expect(stdout).toMatch(/^perplexity +2\.5 {2}4 a guess$/m);
    expect(stdout).toContain('“arrow: ” → a thin thing that flies');
    expect(stdout).toContain(`Kept in ${cache}`);
  });

  test('describe says what there is to do', async () => {
    expect((await inProcess('zoo', 'describe', 'cnn-mnist')).stdout).toContain(
      'It is not trained yet: fletch zoo train cnn-mnist',
    );
    expect((await inProcess('zoo', 'describe', 'vit-nano-fashion')).stdout).toContain('damaged');
    const { stdout } = await inProcess('zoo', 'describe', 'cnn-mnist', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ name: 'cnn-mnist', state: 'absent', record: null });
  });

  test('train finds what the cache holds', async () => {
    const { code, stdout } = await inProcess('zoo', 'train', 'gpt-nano-text');
    expect(code).toBe(0);
    expect(stdout).toContain('2 parameters (0.0 MB), trained ');
    const { stdout: json } = await inProcess('zoo', 'train', 'gpt-nano-text', '--json');
    expect(JSON.parse(json)).toMatchObject({
      name: 'gpt-nano-text',
      parameters: 2,
      folder: expect.any(String),
    });
  });

  test.each([
    [['zoo', 'train', 'nothing'], 'There is no recipe "nothing" in the zoo: there are gpt-nano-text, '],
    [['zoo', 'describe', 'nothing'], 'There is no recipe "nothing"'],
    [['zoo', 'train', 'cnn-mnist', '--threads', '0'], 'whole number of at least 1'],
  ])('%j could not run', async (args, message) => {
    const { code, stderr, stdout } = await inProcess(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

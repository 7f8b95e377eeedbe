import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFletchError, type Progress } from '@fletch/base';
import { openSafetensors } from '@fletch/data';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tinyRecipe } from '../../fixtures/tiny-recipe.mjs';
import type { ZooModel } from './folder.js';
import { modelFolder, obtain, unfinishedTraining } from './obtain.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'fletch-zoo-'));
  vi.stubEnv('FLETCH_CACHE', cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

const threads = 1;
const never = () => expect.unreachable();
const weights = ({ params }: ZooModel) =>
  Object.entries(params).map(([name, { data }]) => [name, Array.from(data as Float32Array)]);

describe('a recipe', () => {
  it('is trained on first use, and found afterwards', async () => {
    const told: Progress[] = [];
    const made = await obtain(tinyRecipe(), { threads, onProgress: (progress) => told.push(progress) });
    expect(told.at(-1)).toMatchObject({ done: 60, total: 60, stage: 'training tiny' });
    expect(told.at(-1)!.figures!.loss).toBeGreaterThan(0);
    expect(told.at(-1)!.figures!.validation).toBeGreaterThan(0);
    const found = await obtain(tinyRecipe({ onPrepare: never }));
    expect(weights(found)).toEqual(weights(made));
    expect(found.record).toEqual(made.record);
    expect(found.tokenizer!.decode(found.tokenizer!.encode('one two'))).toBe('one two');
    const { record } = found;
    expect(record).toMatchObject({
      name: 'tiny',
      parameters: 4 * 8 + 8 + 1,
      resumed: 0,
      facts: { examples: 960 },
      machine: { cores: expect.any(Number) },
      versions: { node: process.version },
    });
    expect(record.curves.train).toHaveLength(60);
    expect(record.curves.validation.map(({ step }) => step)).toEqual([20, 40, 60]);
    const [figure] = record.quality.figures;
    expect(figure!.value).toBeLessThan(figure!.baseline!.value);
    expect(figure!.value).toBe(record.curves.validation.at(-1)!.loss);
  });

  it('is kept as Hugging Face keeps models', async () => {
    const { folder } = await obtain(tinyRecipe(), { threads });
    expect((await readdir(folder)).sort()).toEqual(
      ['checksums.json', 'config.json', 'model.safetensors', 'record.json', 'tokenizer.json'].sort(),
    );
    expect(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))).toEqual({
      model_type: 'mlp',
      hidden_size: 8,
    });
    const file = await openSafetensors(folder);
    expect([...file.tensors.keys()].sort()).toEqual([
      'net.first.weight',
      'net.second.bias',
      'net.second.weight',
    ]);
    expect(file.metadata).toMatchObject({ format: 'pt' });
    await file.close();
    // Nothing else is left.
    expect(await readdir(join(cache, 'zoo'))).toEqual([folder.split('/').at(-1)]);
  });

  it('comes out the same when it is made anew', async () => {
    const first = await obtain(tinyRecipe(), { threads });
    const second = await obtain(tinyRecipe(), { threads, fresh: true });
    expect(weights(second)).toEqual(weights(first));
    expect(second.record.date).not.toBe(first.record.date);
    expect(weights(await obtain(tinyRecipe({ training: { seed: 2, beta2: 0.9 } }), { threads }))).not.toEqual(
      weights(first),
    );
  });
});

describe('an interruption', () => {
  it('by the signal loses nothing', async () => {
    const whole = weights(await obtain(tinyRecipe(), { threads }));
    await rm(join(cache, 'zoo'), { recursive: true });
    const controller = new AbortController();
    const stopping = obtain(tinyRecipe({ pause: 12 }), {
      threads,
      signal: controller.signal,
      onProgress: ({ done }) => done >= 20 && controller.abort(),
    });
    await expect(stopping).rejects.toThrow(expect.toSatisfy((error) => isFletchError(error, 'ABORTED')));
    expect(await unfinishedTraining(tinyRecipe().plan)).toMatchObject({ total: 60 });
    const from: number[] = [];
    const rest = await obtain(tinyRecipe(), { threads, onResume: (step) => from.push(step) });
    expect(from[0]).toBeGreaterThanOrEqual(20);
    expect(from[0]).toBeLessThan(60);
    expect(weights(rest)).toEqual(whole);
    expect(rest.record.resumed).toBe(1);
    expect(await unfinishedTraining(tinyRecipe().plan)).toBeUndefined();
  });

  it('is forgotten when the data have changed meanwhile', async () => {
    const controller = new AbortController();
    await expect(
      obtain(tinyRecipe({ pause: 5 }), {
        threads,
        signal: controller.signal,
        onProgress: ({ done }) => done >= 10 && controller.abort(),
      }),
    ).rejects.toThrow(/aborted/);
    const recipe = tinyRecipe();
    const others = {
      ...recipe,
      prepare: async () => ({ ...(await recipe.prepare({})), facts: { examples: 'others' } }),
    };
    const made = await obtain(others, { threads, onResume: never });
    expect(made.record).toMatchObject({ resumed: 0, facts: { examples: 'others' } });
  });

  it('by kill -9 comes to the same weights, bit for bit', async () => {
    const whole = await child(0);
    await rm(join(cache, 'zoo'), { recursive: true });
    // The first report comes before the first saving.
    const killed = await child(12, (line) => Number(/^training tiny (\d+)/.exec(line)?.[1]) > 5);
    expect(killed.lines.join()).not.toContain('weights');
    expect(await readdir(join(cache, 'zoo'))).toEqual([expect.stringMatching(/\.training$/)]);
    const rest = await child(0);
    expect(rest.lines).toContainEqual(expect.stringMatching(/^resume \d+$/));
    expect(rest.lines.at(-1)).toMatch(/^weights [0-9a-f]{64}$/);
    expect(rest.lines.at(-1)).toBe(whole.lines.at(-1));
  });
});

/** Runs the child, killed at the first line that fits. */
function child(pause: number, until?: (line: string) => boolean): Promise<{ lines: string[] }> {
  const program = fileURLToPath(new URL('../../fixtures/train-child.mjs', import.meta.url));
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [program, String(pause)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let text = '';
    running.stdout.on('data', (data: Buffer) => {
      text += data.toString();
      if (until && text.split('\n').slice(0, -1).some(until)) running.kill('SIGKILL');
    });
    running.on('error', reject);
    running.on('exit', () => resolve({ lines: text.trim().split('\n') }));
  });
}

describe('two at once', () => {
  it('in one process: one trains, the other waits', async () => {
    let prepared = 0;
    const recipe = tinyRecipe({ pause: 3, onPrepare: () => prepared++ });
    const stages: string[] = [];
    const [one, other] = await Promise.all([
      obtain(recipe, { threads, onProgress: ({ stage }) => stages.push(stage!) }),
      obtain(recipe, { threads, onProgress: ({ stage }) => stages.push(stage!) }),
    ]);
    expect(weights(one!)).toEqual(weights(other!));
    expect(prepared).toBe(1);
    expect(stages).toContainEqual(`waiting for process ${process.pid}, which trains tiny`);
  });

  it('in two processes: neither is disturbed', async () => {
    const [one, other] = await Promise.all([child(5), child(5)]);
    expect(one!.lines.at(-1)).toBe(other!.lines.at(-1));
    const trained = [one!, other!].filter(({ lines }) => lines.some((line) => line.startsWith('training')));
    expect(trained).toHaveLength(1);
  });
});

describe('a damaged cache', () => {
  const damages: [string, (folder: string) => Promise<void>][] = [
    [
      'model.safetensors',
      async (folder) => {
        const path = join(folder, 'model.safetensors');
        const bytes = await readFile(path);
        bytes[bytes.length - 3]! ^= 1;
        await writeFile(path, bytes);
      },
    ],
    ['tokenizer.json', (folder) => truncate(join(folder, 'tokenizer.json'), 10)],
    ['config.json', (folder) => rm(join(folder, 'config.json'))],
    ['record.json', (folder) => writeFile(join(folder, 'record.json'), '{}')],
    ['checksums.json', (folder) => rm(join(folder, 'checksums.json'))],
    ['checksums.json', (folder) => writeFile(join(folder, 'checksums.json'), '{}')],
    ['checksums.json', (folder) => writeFile(join(folder, 'checksums.json'), '{"a')],
  ];

  it.each(damages)('%s is noticed, said, and made again', async (file, damage) => {
    const whole = await obtain(tinyRecipe({ steps: 8 }), { threads });
    await damage(whole.folder);
    const stages = new Set<string>();
    const again = await obtain(tinyRecipe({ steps: 8 }), {
      threads,
      onProgress: ({ stage }) => stages.add(stage!),
    });
    expect([...stages][0]).toBe(`${file} in the cache is damaged: making tiny again`);
    expect(weights(again)).toEqual(weights(whole));
    expect(await obtain(tinyRecipe({ steps: 8, onPrepare: never }))).toMatchObject({ name: 'tiny' });
  });
});

it('folders are below FLETCH_CACHE', () => {
  expect(modelFolder(tinyRecipe().plan)).toMatch(
    new RegExp(`^${cache.replaceAll('.', '\\.')}/zoo/tiny-[0-9a-f]{16}$`),
  );
});

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runHere } from './cli.case.js';

let folder: string;
const at = (name: string) => join(folder, name);
const merge = (...args: string[]) => runHere(['merge', at('merge.yml'), ...args]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-merge-'));
  for (const [seed, name] of ['base', 'mine', 'yours'].entries())
    await writeCheckpoint(
      at(name),
      [0, 1].map((layer) => ({
        name: `model.layers.${layer}.mlp.up_proj.weight`,
        dtype: 'F32' as const,
        shape: [8, 8],
        data: rng(seed, layer).fillNormal(new Float32Array(64)),
      })),
    );
  await writeFile(
    at('merge.yml'),
    'merge_method: task_arithmetic\nbase_model: base\nmodels: [{model: mine}, {model: yours}]\nparameters: {weight: 0.5}\ndtype: bfloat16\n',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('looks before, merges, and says what was done', async () => {
  const dry = await merge('--dry-run');
  expect(dry.stdout).toContain('task_arithmetic of 3 models');
  expect(dry.stdout).toContain('2 tensors are merged and 0 copied, 2 layers');
  const preview = await merge('--preview');
  expect(preview.stdout).toMatch(/layer +base +mine +yours +cosine +signs differ/);
  expect(await readdir(folder)).not.toContain('merged');
  const done = await merge('--out', at('merged'), '--shard-size', '100', '--json');
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout)).toMatchObject({
    method: 'task_arithmetic',
    tensors: 2,
    bytes: 256,
    resumed: 0,
  });
  expect(await readdir(at('merged'))).toContain('model.safetensors.index.json');
});

test('what is wrong is said, and nothing is written', async () => {
  const none = await merge();
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('Name the folder that is written: --out merged');
  const there = await merge('--out', at('mine'));
  expect(there.code).toBe(1);
  expect(there.stderr).toContain('is there already and not empty');
  const size = await merge('--out', at('x'), '--shard-size', 'huge');
  expect(size.code).toBe(2);
  const gone = await runHere(['merge', at('none.yml'), '--dry-run']);
  expect(gone.stderr).toContain('There is no file');
});

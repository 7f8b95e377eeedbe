import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@fletch/data';
import { plantModel } from '@fletch/models/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { testApp } from '../testing/setup.case.js';

const root = mkdtempSync(join(tmpdir(), 'fletch-server-weights-'));
const weights = join(root, 'models');
const name = 'model.layers.0.self_attn.q_proj.weight';

async function write(folder: string, change = 0): Promise<void> {
  const tensors = [name, 'model.layers.0.self_attn.o_proj.weight'].map((tensor) => {
    const data = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * i + tensor.length));
    if (tensor === name) for (let i = 0; i < 8; i++) data[8 * i]! += change;
    return { name: tensor, dtype: 'F32' as const, shape: [8, 8], data };
  });
  await writeCheckpoint(join(weights, folder), tensors);
}

beforeAll(async () => {
  vi.stubEnv('FLETCH_CACHE', join(root, 'cache'));
  await plantModel('dit-nano-mnist');
  await write('family/base');
  await write('family/tuned', 40);
  mkdirSync(join(root, 'secret'));
  await writeCheckpoint(join(root, 'secret'), [
    { name: 'x', dtype: 'U8', shape: [1], data: Uint8Array.of(1) },
  ]);
  symlinkSync(join(root, 'secret'), join(weights, 'link'));
  await writeCheckpoint(join(weights, 'other'), [
    { name: 'x', dtype: 'F32', shape: [1], data: Float32Array.of(1) },
  ]);
  mkdirSync(join(weights, 'broken'));
  writeFileSync(join(weights, 'broken', 'model.safetensors'), 'no checkpoint');
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const query = (path: string, values: Readonly<Record<string, string>>) =>
  `${path}?${new URLSearchParams(values)}`;

describe('checkpoints over HTTP', () => {
  test('lists the zoo’s trained models and the folder’s, links left out', async () => {
    const { ask } = await testApp({ weights });
    const { body } = await ask('GET', '/weights');
    expect(body.result.models.map(({ id }: { id: string }) => id).sort()).toEqual([
      'folder/broken',
      'folder/family/base',
      'folder/family/tuned',
      'folder/other',
      'zoo/dit-nano-mnist',
    ]);
    expect(JSON.stringify(body)).not.toContain(root);
    const alone = await (await testApp()).ask('GET', '/weights');
    expect(alone.body.result).toMatchObject({ folder: false, models: [{ id: 'zoo/dit-nano-mnist' }] });
  });

  test('a report, and a tensor with its spectrum', async () => {
    const { ask } = await testApp({ weights });
    const report = await ask('GET', query('/weights/report', { model: 'folder/family/base' }));
    expect(report.body.result).toMatchObject({ architecture: 'llama', parameters: 128, nonFinite: [] });
    const tensor = await ask('GET', query('/weights/tensor', { model: 'folder/family/base', name }));
    expect(tensor.body.result).toMatchObject({ name, kind: 'linear', layer: 0 });
    expect(tensor.body.result.spectrum.values).toHaveLength(8);
  });

  test('a comparison, and a tensor of it', async () => {
    const { ask } = await testApp({ weights });
    const both = { base: 'folder/family/base', model: 'folder/family/tuned' };
    const report = await ask('GET', query('/weights/compare', both));
    expect(report.body.result).toMatchObject({ changed: [1], cosines: [[1]] });
    const { body } = await ask('GET', query('/weights/compare/tensor', { ...both, name }));
    expect(body.result).toMatchObject({ tensor: { name, layer: 0 }, similarity: { size: 8 } });
    expect(body.result.intruders.effectiveRank).toBeCloseTo(1, 3);
    const same = await ask(
      'GET',
      query('/weights/compare/tensor', { ...both, name: 'model.layers.0.self_attn.o_proj.weight' }),
    );
    expect(same.body.result).toMatchObject({ intruders: null, similarity: null });
  });

  test.each<[string, Readonly<Record<string, string>>, number]>([
    ['/weights/report', { model: 'folder/../secret' }, 404],
    ['/weights/report', { model: 'folder/link' }, 404],
    ['/weights/report', { model: '/etc/passwd' }, 404],
    ['/weights/report', { model: 'folder/broken' }, 400],
    ['/weights/report', {}, 400],
    ['/weights/tensor', { model: 'folder/other', name: 'y' }, 404],
    ['/weights/compare', { base: 'folder/other' }, 400],
    ['/weights/compare', { base: 'folder/other', model: 'folder/family/base' }, 400],
  ])('%s of %j is refused', async (path, values, status) => {
    const { ask } = await testApp({ weights });
    expect((await ask('GET', query(path, values))).status).toBe(status);
  });
});

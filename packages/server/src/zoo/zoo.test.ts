import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FletchError, type Progress } from '@fletch/base';
import { modelFolder, type TrainingRecord, zooRecipe } from '@fletch/models';
import { plantModel } from '@fletch/models/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventsOf } from '../testing/events.case.js';
import { testApp } from '../testing/setup.case.js';
import { ZooRuns } from './runs.js';

let cache: string;
let record: TrainingRecord;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'fletch-server-zoo-'));
  vi.stubEnv('FLETCH_CACHE', cache);
  record = await plantModel('dit-nano-mnist', [{ kind: 'image', label: '7', file: 'sample-7.png' }]);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

/** A trainer whose progress and end the test decides. */
function scripted() {
  const calls: {
    id: string;
    fresh: boolean | undefined;
    report: (progress: Progress) => void;
    finish: (record: TrainingRecord) => void;
  }[] = [];
  const runs = new ZooRuns(
    ({ id, fresh }, { signal, onProgress } = {}) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new FletchError('ABORTED', 'It was stopped.')));
        calls.push({ id, fresh, report: (progress) => onProgress?.(progress), finish: resolve });
      }),
  );
  return { calls, runs };
}

describe('the zoo', () => {
  test('lists recipes and what was trained of them', async () => {
    const { ask } = await testApp();
    const { status, body } = await ask('GET', '/zoo');
    expect(status).toBe(200);
    const byName = new Map(body.result.models.map((model: { name: string }) => [model.name, model]));
    expect(byName.get('dit-nano-mnist')).toMatchObject({
      state: 'trained',
      record: { parameters: 2, quality: { figures: [{ name: 'perplexity', value: 2.5 }, {}] } },
    });
    expect(byName.get('gpt-nano-text')).toMatchObject({ state: 'absent', record: null, unfinished: null });
    expect(body.result.running).toBeNull();
  });

  test('one recipe with its curves, or 404', async () => {
    const { ask } = await testApp();
    const { body } = await ask('GET', '/zoo/dit-nano-mnist');
    expect(body.result.record.curves.train.length).toBeGreaterThan(10);
    expect(body.result).toMatchObject({ plan: { family: 'dit' }, hash: record.hash });
    const none = await ask('GET', '/zoo/nothing');
    expect(none.status).toBe(404);
    expect(none.body.status.error).toContain('There is no recipe "nothing" in the zoo');
  });

  test('pictures that the record lists, and no other file', async () => {
    const { ask } = await testApp();
    const picture = await ask('GET', '/zoo/dit-nano-mnist/samples/sample-7.png');
    expect(picture.status).toBe(200);
    expect(picture.headers.get('content-type')).toBe('image/png');
    for (const path of [
      'dit-nano-mnist/samples/config.json',
      'dit-nano-mnist/samples/..%2Fconfig.json',
      'gpt-nano-text/samples/sample-7.png',
      'nothing/samples/sample-7.png',
    ])
      expect((await ask('GET', `/zoo/${path}`)).status).toBe(404);
  });

  test('says that the cache is damaged', async () => {
    await plantModel('vit-nano-fashion');
    await writeFile(join(modelFolder(zooRecipe('vit-nano-fashion').plan), 'record.json'), '{}');
    const { ask } = await testApp();
    expect((await ask('GET', '/zoo/vit-nano-fashion')).body.result).toMatchObject({
      state: 'damaged',
      record: null,
    });
  });

  test('a training tells its progress, its loss and its end', async () => {
    const { calls, runs } = scripted();
    const { ask } = await testApp({ zooRuns: runs });
    const started = await ask('POST', '/zoo/cnn-mnist/train', { fresh: true });
    expect(started.status).toBe(202);
    const { run } = started.body.result;
    expect(calls[0]).toMatchObject({ id: 'cnn-mnist', fresh: true });
    // Who comes later finds it.
    expect((await ask('GET', '/zoo')).body.result.running).toEqual({ run, id: 'cnn-mnist' });
    const progress = { done: 1, total: 2, stage: 'training cnn-mnist', figures: { loss: 1.5 } };
    calls[0]!.report(progress);
    const events = ask('GET', `/zoo/runs/${run}/events`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    calls[0]!.finish(record);
    expect(eventsOf((await events).body)).toEqual([
      ['progress', progress],
      ['done', JSON.parse(JSON.stringify(record))],
    ]);
  });

  test('one training at a time; a stopped one makes room', async () => {
    const { runs } = scripted();
    const { ask } = await testApp({ zooRuns: runs });
    const { run } = (await ask('POST', '/zoo/cnn-mnist/train', {})).body.result;
    const second = await ask('POST', '/zoo/gpt-nano-text/train', {});
    expect(second.status).toBe(409);
    expect(second.body.status.error).toContain('A training of "cnn-mnist" is under way');
    expect((await ask('DELETE', `/zoo/runs/${run}`)).status).toBe(200);
    expect(eventsOf((await ask('GET', `/zoo/runs/${run}/events`)).body)).toEqual([
      ['failed', { message: 'It was stopped.' }],
    ]);
    expect((await ask('POST', '/zoo/gpt-nano-text/train', {})).status).toBe(202);
    runs.close();
  });

  test('what cannot be trained says so', async () => {
    const { ask } = await testApp({ zooRuns: scripted().runs });
    expect((await ask('POST', '/zoo/nothing/train', {})).status).toBe(404);
    expect((await ask('POST', '/zoo/cnn-mnist/train', { fresh: 'yes' })).status).toBe(422);
    expect((await ask('POST', '/zoo/cnn-mnist/train', { more: 1 })).status).toBe(422);
    expect((await ask('GET', '/zoo/runs/none/events')).status).toBe(404);
    expect((await ask('DELETE', '/zoo/runs/none')).status).toBe(404);
  });

  test('a training in a process of its own finds what the cache holds', async () => {
    const runs = new ZooRuns();
    const { run } = runs.begin({ id: 'dit-nano-mnist' });
    const end = await new Promise((resolve) => {
      runs.listen(run, (event) => event.event !== 'progress' && resolve(event));
    });
    expect(end).toMatchObject({ event: 'done', data: { name: 'dit-nano-mnist', hash: record.hash } });
  });
});

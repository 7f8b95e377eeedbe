import { FletchError, type Progress } from '@fletch/base';
import { runExperiment, type StoredResult } from '@fletch/lab';
import { describe, expect, test } from 'vitest';
import { eventsOf } from '../testing/events.case.js';
import { testApp } from '../testing/setup.case.js';
import { LabRuns } from './runs.js';

/** A runner whose progress and end the test decides. */
function scripted() {
  const calls: {
    id: string;
    report: (progress: Progress) => void;
    finish: (result: StoredResult | Error) => void;
  }[] = [];
  const kept: StoredResult[] = [];
  const runs = new LabRuns(
    ({ id }, { signal, onProgress } = {}) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new FletchError('ABORTED', 'The run was stopped.')));
        calls.push({
          id,
          report: (progress) => onProgress?.(progress),
          finish: (result) => (result instanceof Error ? reject(result) : resolve(result)),
        });
      }),
    async (result) => kept.push(result),
  );
  return { calls, kept, runs };
}

const result = await runExperiment('38', { profile: 'smoke' });

describe('the laboratory', () => {
  test('lists the 51 systems with their verdicts', async () => {
    const { ask } = await testApp();
    const { status, body } = await ask('GET', '/lab/systems');
    expect(status).toBe(200);
    expect(body.result.systems).toHaveLength(51);
    expect(body.result.systems[37]).toMatchObject({ id: 'lsa-one-step-gd', status: 'built' });
    expect(body.result.systems[37].result.holds).toBe(true);
  });

  test('one system, by id or number, and its plot', async () => {
    const { ask } = await testApp();
    const one = await ask('GET', '/lab/systems/38');
    expect(one.body.result).toMatchObject({ number: 38, result: { profile: 'full', seeds: [0, 1, 2] } });
    const plot = await ask('GET', '/lab/systems/lsa-one-step-gd/plot.svg');
    expect(plot.headers.get('content-type')).toBe('image/svg+xml');
    expect(plot.body).toContain('<svg');
    expect((await ask('GET', '/lab/systems/nothing')).status).toBe(404);
    expect((await ask('GET', '/lab/systems/genre/plot.svg')).status).toBe(404);
    expect((await ask('GET', '/lab/systems/genre')).body.result).toMatchObject({
      status: 'planned',
      result: null,
    });
  });

  test('a run tells its progress and its end', async () => {
    const { calls, runs } = scripted();
    const { ask } = await testApp({ labRuns: runs });
    const started = await ask('POST', '/lab/systems/38/runs', { profile: 'smoke' });
    expect(started.status).toBe(202);
    const { run } = started.body.result;
    const [call] = calls;
    call!.report({ done: 1, total: 2, stage: 'training' });
    const events = ask('GET', `/lab/runs/${run}/events`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    call!.report({ done: 2, total: 2 });
    call!.finish(result);
    const told = eventsOf((await events).body);
    expect(told.slice(0, 2)).toEqual([
      ['progress', { done: 1, total: 2, stage: 'training' }],
      ['progress', { done: 2, total: 2 }],
    ]);
    expect(told[2]![0]).toBe('done');
    expect(told[2]![1]).toMatchObject({ id: 'lsa-one-step-gd', profile: 'smoke' });
    expect(told[2]![1]).not.toHaveProperty('series');
    // Who comes late hears how it ended.
    expect(eventsOf((await ask('GET', `/lab/runs/${run}/events`)).body)).toEqual([told[2]]);
  });

  test('one run at a time; a stopped one makes room', async () => {
    const { runs } = scripted();
    const { ask } = await testApp({ labRuns: runs });
    const { run } = (await ask('POST', '/lab/systems/38/runs', {})).body.result;
    const second = await ask('POST', '/lab/systems/3/runs', {});
    expect(second.status).toBe(409);
    expect(second.body.status.error).toContain('A run of "lsa-one-step-gd" is under way');
    expect((await ask('DELETE', `/lab/runs/${run}`)).status).toBe(200);
    expect(eventsOf((await ask('GET', `/lab/runs/${run}/events`)).body)).toEqual([
      ['failed', { message: 'The run was stopped.' }],
    ]);
    expect((await ask('POST', '/lab/systems/3/runs', {})).status).toBe(202);
    runs.close();
  });

  test('only full results are kept', async () => {
    for (const profile of ['quick', 'full'] as const) {
      const { calls, kept, runs } = scripted();
      const { ask } = await testApp({ labRuns: runs });
      const { run } = (await ask('POST', '/lab/systems/38/runs', { profile })).body.result;
      calls[0]!.finish(result);
      await ask('GET', `/lab/runs/${run}/events`);
      expect(kept).toHaveLength(profile === 'full' ? 1 : 0);
    }
  });

  test('what cannot be run says so', async () => {
    const { ask } = await testApp();
    expect((await ask('POST', '/lab/systems/38/runs', { profile: 'huge' })).status).toBe(422);
    expect((await ask('POST', '/lab/systems/nothing/runs', {})).status).toBe(404);
    expect((await ask('GET', '/lab/runs/none/events')).status).toBe(404);
    expect((await ask('DELETE', '/lab/runs/none')).status).toBe(404);
    const { run } = (await ask('POST', '/lab/systems/genre/runs', { profile: 'smoke' })).body.result;
    const [[event, data]] = eventsOf((await ask('GET', `/lab/runs/${run}/events`)).body) as [
      [string, unknown],
    ];
    expect(event).toBe('failed');
    expect(data).toEqual({ message: 'System 1, "genre", is planned and has no experiment yet.' });
  });
});

test('a run in a process of its own', async () => {
  const runs = new LabRuns();
  const { run } = runs.begin({ id: '38', profile: 'smoke' });
  const end = await new Promise((resolve) => {
    runs.listen(run, (event) => event.event !== 'progress' && resolve(event));
  });
  expect(end).toMatchObject({ event: 'done', data: { id: 'lsa-one-step-gd', profile: 'smoke' } });
});

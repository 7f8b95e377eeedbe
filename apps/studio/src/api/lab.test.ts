import { describe, expect, it } from 'vitest';
import { ApiError } from './errors.js';
import { createHttp } from './http.js';
import { createLab, plotPath } from './lab.js';
import { createRaw } from './raw.js';
import { createVitals } from './vitals.js';

function serving(answers: Record<string, () => Response>) {
  const asked: { path: string; init: RequestInit }[] = [];
  const fetch = (async (path: string, init: RequestInit) => {
    asked.push({ path, init });
    return answers[path]?.() ?? Response.json({ status: { error: 'Not found' } }, { status: 404 });
  }) as typeof globalThis.fetch;
  const raw = createRaw({ fetch, apiKey: () => 'secret' });
  return { asked, raw, http: createHttp({}, raw) };
}

describe('the laboratory’s routes', () => {
  it('start, stop and follow runs, with the key', async () => {
    const text = [
      ': keeps the line open',
      'event: progress\ndata: {"done":1}',
      'event: later\ndata: {}',
      'event: done\ndata: {"holds":true}',
      '',
    ].join('\n\n');
    const { asked, raw, http } = serving({
      '/lab/systems/a%2Fb/runs': () => Response.json({ result: { run: 'r1' } }, { status: 202 }),
      '/lab/runs/r1': () => Response.json({ result: true }),
      '/lab/runs/r1/events': () => new Response(text),
    });
    const lab = createLab(http, raw);
    expect(await lab.start('a/b', 'quick')).toBe('r1');
    expect(asked[0]!.init).toMatchObject({ method: 'POST', body: '{"profile":"quick"}' });
    const told: unknown[] = [];
    for await (const event of lab.events('r1')) told.push(event);
    expect(told).toEqual([
      { event: 'progress', data: { done: 1 } },
      { event: 'done', data: { holds: true } },
    ]);
    expect(asked[1]!.init.headers).toEqual({ 'api-key': 'secret' });
    await lab.stop('r1');
    expect(asked[2]!.init.method).toBe('DELETE');
    expect(plotPath('a/b')).toBe('/lab/systems/a%2Fb/plot.svg');
  });

  it('say that a run is unknown', async () => {
    const { raw, http } = serving({});
    const next = createLab(http, raw).events('r1').next();
    await expect(next).rejects.toEqual(new ApiError('Not found', 404));
  });
});

it('metrics are text, telemetry is in the envelope', async () => {
  const { raw, http } = serving({
    '/metrics': () => new Response('up 1\n'),
    '/telemetry?details_level=1': () => Response.json({ result: { app: { version: '1' } } }),
  });
  const vitals = createVitals(http, raw);
  expect(await vitals.metrics()).toBe('up 1\n');
  expect(await vitals.telemetry()).toEqual({ app: { version: '1' } });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { testApp } from '../testing/setup.case.js';

const view = {
  figures: { rows: 2 },
  sample: { kind: 'table', columns: [{ name: 'a', type: 'number', missing: 1 }], rows: [[1], [null]] },
};

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'fletch-data-routes-'));
  vi.stubEnv('FLETCH_CACHE', cache);
  mkdirSync(join(cache, 'datasets'));
  writeFileSync(join(cache, 'datasets/soup.view-1.json'), JSON.stringify(view));
  writeFileSync(join(cache, 'datasets/iris.view-1.json'), '{');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

describe('data sets', () => {
  test('are listed with their states', async () => {
    const { ask } = await testApp();
    const { status, body } = await ask('GET', '/data');
    expect(status).toBe(200);
    const states = Object.fromEntries(
      body.result.datasets.map(({ name, state }: { name: string; state: string }) => [name, state]),
    );
    // One that is damaged is made anew when it is asked for.
    expect(states).toMatchObject({ soup: 'ready', mnist: 'absent', iris: 'absent', movielens: 'own' });
    expect(body.result.datasets[0]).not.toHaveProperty('view');
  });

  test('one, and its sample', async () => {
    const { ask } = await testApp();
    const one = await ask('GET', '/data/soup');
    expect(one.body.result).toMatchObject({ name: 'soup', kind: 'table', state: 'ready', view });
    expect((await ask('GET', '/data/soup/sample')).body.result).toEqual(view.sample);
    expect((await ask('GET', '/data/mnist')).body.result).toMatchObject({ state: 'absent', view: null });
  });

  test.each([
    ['/data/nothing', /no data set "nothing". Data sets: mnist/],
    ['/data/nothing/sample', /no data set "nothing"/],
    ['/data/..%2fsoup', /./],
    ['/data/mnist/sample', /not there yet \(fletch data get mnist\)/],
    ['/data/movielens/sample', /--path <folder>/],
  ])('404 for %s', async (path, message) => {
    const { ask } = await testApp();
    const { status, body } = await ask('GET', path);
    expect([404, 400]).toContain(status);
    expect(body.status.error).toMatch(message);
  });

  test('405 for what is not done here', async () => {
    const { ask } = await testApp();
    expect((await ask('POST', '/data/mnist', {})).status).toBe(405);
  });
});

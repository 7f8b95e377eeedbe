import type { DatasetDescription, DatasetView } from '@fletch/data';
import { describe, expect, it, vi } from 'vitest';
import { createDatasetRoutes, type DatasetRoutes, type ListedDataset } from '../api/data.js';
import { ApiError } from '../api/errors.js';
import { createHttp } from '../api/http.js';
import { createRaw } from '../api/raw.js';
import { createDatasets } from './datasets.js';
import { openDesk } from './desk.case.js';
import { routeTo } from './route.js';

const listed = (name: string, state: ListedDataset['state']) => ({ name, state }) as ListedDataset;
const view: DatasetView = { figures: { rows: 1 }, sample: { kind: 'texts', items: [] } };

function fake(): { routes: DatasetRoutes; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    routes: {
      list: async () => [listed('soup', 'ready'), listed('mnist', 'absent'), listed('iris', 'ready')],
      async one(name) {
        asked.push(name);
        if (name === 'nothing') throw new ApiError('There is no data set "nothing".', 404);
        return { name, view: name === 'mnist' ? null : view } as DatasetDescription;
      },
    },
  };
}

describe('the data sets', () => {
  it('are asked for when their page opens, with what is in those that are there', async () => {
    const { desk } = await openDesk('#/words');
    const { routes, asked } = fake();
    const state = createDatasets(routes, desk);
    expect(state.list.value.value).toBeNull();
    desk.router.go(routeTo('data'));
    await vi.waitFor(() => expect(state.views.value.size).toBe(2));
    expect(asked).toEqual(['soup', 'iris']);
    expect(state.views.value.get('soup')).toEqual(view);
  });

  it('one of them, and one that there is not', async () => {
    const { desk } = await openDesk('#!/data/mnist');
    const { routes } = fake();
    const state = createDatasets(routes, desk);
    await vi.waitFor(() => expect(state.detail.value.value?.name).toBe('mnist'));
    desk.router.go(routeTo('data', { item: 'nothing' }));
    expect(state.detail.value.value).toBeNull();
    await vi.waitFor(() => expect(state.detail.missing.value).toBe(true));
  });

  it('stand without samples when those cannot be had', async () => {
    const { desk } = await openDesk('#!/data');
    const { routes } = fake();
    routes.one = () => Promise.reject(new ApiError('no', 500));
    const state = createDatasets(routes, desk);
    await vi.waitFor(() => expect(state.list.value.value).toHaveLength(3));
    expect(state.views.value.size).toBe(0);
  });

  it('come from the routes of the server', async () => {
    const answers: Record<string, unknown> = {
      '/data': { result: { datasets: [listed('a/b', 'ready')] } },
      '/data/a%2Fb': { result: { name: 'a/b', view } },
    };
    const fetch = (async (path: string) => Response.json(answers[path])) as typeof globalThis.fetch;
    const routes = createDatasetRoutes(createHttp({}, createRaw({ fetch })));
    expect(await routes.list()).toEqual([listed('a/b', 'ready')]);
    expect((await routes.one('a/b')).view).toEqual(view);
  });
});

import type { Payload, PointId, ScrollRequest } from '@fletch/search';
import { describe, expect, it, vi } from 'vitest';
import { ApiError, UnreachableError } from '../api/errors.js';
import type { Points } from '../api/points.js';
import { openDesk } from './desk.case.js';
import { fakePoints } from './fake.case.js';
import { createPointBrowser, PAGE } from './point-browser.js';

async function open(hash: string) {
  const { desk, client, browser } = await openDesk(hash);
  const stored = new Map<PointId, Payload>(fakePoints.map(({ id, payload }) => [id, payload ?? {}]));
  const asked: ScrollRequest[] = [];
  const points: Points = {
    async page(_, body) {
      asked.push(body);
      if (client.failure !== null) throw client.failure;
      const ids = [...stored.keys()].filter((id) => Number(id) >= Number(body.offset ?? 0));
      const next = ids[body.limit ?? 10];
      return {
        points: ids.slice(0, body.limit ?? 10).map((id) => ({ id, payload: stored.get(id)! })),
        next_page_offset: next ?? null,
      };
    },
    async point(_, id) {
      if (client.failure !== null) throw client.failure;
      const payload = stored.get(id);
      if (payload === undefined) throw new ApiError(`Not found: Point with id ${id} does not exist!`, 404);
      return { id, payload, vector: [1, 2] };
    },
    overwritePayload: async (_, id, payload) => void stored.set(id, payload),
    remove: async (_, id) => void stored.delete(id),
    alike: () => Promise.resolve({ records: [], compared: 0, more: false }),
    localDimension: () => Promise.reject(new Error('not asked here')),
    ask: () => Promise.reject(new Error('not asked here')),
  };
  const state = createPointBrowser(points, client, desk);
  await vi.waitFor(() => expect(state.page.value.value).not.toBeNull());
  return { desk, client, browser, stored, asked, points: state };
}

const idsOf = ({ page }: Awaited<ReturnType<typeof open>>['points']) =>
  page.value.value!.points.map(({ id }) => id);

describe('pages of points', () => {
  it('go on and back by the ids that they start at', async () => {
    const { points, browser, asked } = await open('#!/points/words');
    expect(idsOf(points)).toHaveLength(PAGE);
    points.next();
    await vi.waitFor(() => expect(idsOf(points)[0]).toBe(20));
    expect(browser.entries.at(-1)).toBe('#!/points/words?from=20');
    expect(points.page.value.value!.next_page_offset).toBeNull();
    points.next();
    expect(browser.entries).toHaveLength(2);
    points.previous();
    await vi.waitFor(() => expect(idsOf(points)[0]).toBe(0));
    points.goTo('35');
    await vi.waitFor(() => expect(idsOf(points)).toEqual([35, 36, 37, 38, 39]));
    // However many points there are, a page's worth is asked for.
    expect(new Set(asked.map(({ limit }) => limit))).toEqual(new Set([PAGE]));
  });

  it('are filtered, counted, and start anew with the filter', async () => {
    const { points, asked, browser } = await open('#!/points/words?from=20');
    points.filter([{ clause: 'must', key: 'pos', test: 'is', first: 'verb', second: '' }]);
    await vi.waitFor(() => expect(points.matching.value.value).toBe(10));
    expect(asked.at(-1)).toMatchObject({ filter: { must: [{ key: 'pos', match: { value: 'verb' } }] } });
    expect(asked.at(-1)).not.toHaveProperty('offset');
    expect(browser.entries.at(-1)).not.toContain('from');
    points.filter([]);
    await vi.waitFor(() => expect(points.matching.value.value).toBeNull());
  });

  it('are asked again when the server is back', async () => {
    const { points, client, asked, desk } = await open('#!/points/words');
    client.failure = new UnreachableError('gone');
    points.next();
    await vi.waitFor(() => expect(desk.connection.state.value).toBe('gone'));
    client.failure = null;
    const before = asked.length;
    await desk.collections.refresh();
    await vi.waitFor(() => expect(idsOf(points)[0]).toBe(20));
    expect(asked.length).toBeGreaterThan(before);
  });
});

describe('the open point', () => {
  async function opened(hash = '#!/points/words/3') {
    const all = await open(hash);
    await vi.waitFor(() => expect(all.points.point.value.value).not.toBeNull());
    return all;
  }

  it('shows its payload and saves another one', async () => {
    const { points, stored } = await opened();
    expect(points.payload.parsed.value).toMatchObject({ ok: true, value: { gloss: 'gloss number 3' } });
    points.payload.edit('{"gloss": "new"}');
    expect(await points.save()).toBe(true);
    expect(stored.get(3)).toEqual({ gloss: 'new' });
    expect(points.payload.edited.value).toBe(false);
    expect(points.payload.parsed.value).toEqual({ ok: true, value: { gloss: 'new' } });
    expect(points.action.done.value).toBe('The payload is saved.');
  });

  it('does not overwrite what someone else wrote meanwhile, unless told to', async () => {
    const { points, stored } = await opened();
    points.payload.edit('{"gloss": "mine"}');
    stored.set(3, { gloss: 'theirs' });
    expect(await points.save()).toBe(false);
    expect(stored.get(3)).toEqual({ gloss: 'theirs' });
    expect(points.overtaken.value).toBe(true);
    expect(points.action.error.value).toContain('changed by someone else');
    expect(await points.save(true)).toBe(true);
    expect(stored.get(3)).toEqual({ gloss: 'mine' });
    expect(points.overtaken.value).toBe(false);
  });

  it('keeps unsaved changes through a look at another point, with the payload they began at', async () => {
    const { points, stored } = await opened();
    points.payload.edit('{"gloss": "mine"}');
    points.open(4);
    await vi.waitFor(() => expect(points.point.value.value?.id).toBe(4));
    expect(points.payload.edited.value).toBe(false);
    stored.set(3, { gloss: 'theirs' });
    points.open(3);
    await vi.waitFor(() => expect(points.point.value.value?.id).toBe(3));
    expect(points.payload.text.value).toBe('{"gloss": "mine"}');
    expect(await points.save()).toBe(false);
    expect(points.overtaken.value).toBe(true);
    await points.reload();
    expect(points.payload.parsed.value).toEqual({ ok: true, value: { gloss: 'theirs' } });
  });

  it('is deleted, and the page goes on without it', async () => {
    const { points, stored, browser } = await opened();
    expect(await points.remove()).toBe(true);
    expect(stored.has(3)).toBe(false);
    expect(browser.entries.at(-1)).toBe('#!/points/words');
    expect(idsOf(points)).not.toContain(3);
  });

  it('says that it is not there', async () => {
    const { points } = await open('#!/points/words/999');
    await vi.waitFor(() => expect(points.point.missing.value).toBe(true));
  });

  it('is asked for again when the server is back', async () => {
    const { points, client, desk } = await open('#!/points/words');
    client.failure = new UnreachableError('gone');
    points.open(5);
    await vi.waitFor(() => expect(desk.connection.state.value).toBe('gone'));
    client.failure = null;
    await desk.collections.refresh();
    await vi.waitFor(() => expect(points.point.value.value?.id).toBe(5));
  });
});

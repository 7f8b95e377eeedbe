import type { PointId } from '@fletch/search';
import { describe, expect, it, vi } from 'vitest';
import { ApiError, UnreachableError } from '../api/errors.js';
import { toggle } from '../lib/filter.js';
import { fakeBrowser } from './address.case.js';
import { type FakeClient, fakeClient, fakeInfo } from './fake.case.js';
import { createRouter, routeTo } from './route.js';
import { createStudio, type Studio } from './studio.js';

async function open(hash = '', client: FakeClient = fakeClient()) {
  const browser = fakeBrowser(hash);
  const studio = createStudio(client, createRouter(browser));
  await studio.collections.refresh();
  return { studio, client, address: () => browser.entries.at(-1)! };
}

const hits = (studio: Studio): PointId[] => studio.search.outcome.value?.hits.map(({ id }) => id) ?? [];
const settled = (studio: Studio) =>
  vi.waitFor(() => {
    expect(studio.search.pending.value).toBe(false);
    expect(studio.search.outcome.value).not.toBeNull();
  });

describe('studio', () => {
  it('enters the first collection and asks nothing yet', async () => {
    const { studio, client, address } = await open();
    expect(address()).toBe('#/words');
    expect(studio.card.value?.name).toBe('words');
    expect(client.queries).toEqual([]);
    await vi.waitFor(() => expect(studio.facets.facets.value).toHaveLength(2));
    expect(studio.hints.value).toEqual({ textField: 'gloss', tagFields: ['pos'] });
  });

  it('asks once for what is typed in one go', async () => {
    const { studio, client } = await open('#/words');
    for (const text of ['s', 'sa', 'sad']) studio.type(text);
    await settled(studio);
    expect(client.queries.filter(({ with_vector }) => with_vector === undefined)).toEqual([
      { query: { text: 'sad' }, limit: 20, with_payload: true },
    ]);
    expect(hits(studio)).toHaveLength(20);
    expect(studio.search.latencies.value).toEqual([{ server: 2, roundTrip: 3 }]);
  });

  it('restores a question from the address, filters and trail included', async () => {
    const { studio, client } = await open('#/words?q=sad&f.pos=verb&near=8');
    await settled(studio);
    expect(client.queries[0]).toEqual({
      query: 8,
      filter: { must: [{ key: 'pos', match: { value: 'verb' } }] },
      limit: 20,
      with_payload: true,
    });
    expect(hits(studio)).toEqual([0, 4, 12, 16, 20, 24, 28, 32, 36]);
    await vi.waitFor(() => expect(studio.trail.known.value['8']?.payload?.words).toEqual(['word8']));
    await vi.waitFor(() => expect(studio.facets.matching.value).toBe(10));
    // A field's own choice does not narrow its own counts.
    expect(studio.facets.facets.value[0]!.values).toEqual([
      { value: 'noun', count: 30 },
      { value: 'verb', count: 10 },
    ]);
  });

  it('walks to neighbours and back to words', async () => {
    const { studio, address } = await open('#/words?q=sad');
    await settled(studio);
    studio.neighbours(studio.search.outcome.value!.hits[1]!);
    expect(address()).toBe('#/words?q=sad&near=1');
    expect(studio.trail.known.value['1']?.payload?.gloss).toBe('gloss number 1');
    studio.type('glad');
    expect(address()).toBe('#/words?q=glad');
  });

  it('asks for more, and for the first page again with the next question', async () => {
    const { studio, client } = await open('#/words?q=sad');
    await settled(studio);
    studio.more();
    await vi.waitFor(() => expect(hits(studio)).toHaveLength(39));
    studio.router.go({ chosen: toggle(studio.router.route.value.chosen, 'pos', 'noun') });
    await vi.waitFor(() => expect(client.queries.at(-1)).toMatchObject({ filter: { must: [{}] } }));
    expect(studio.limit.value).toBe(20);
  });

  it('compares with the exact search', async () => {
    const { studio } = await open('#/words?q=sad');
    await settled(studio);
    await studio.compare.run(studio.search.outcome.value!.request);
    expect(studio.compare.comparison.value).toMatchObject({ k: 20, recall: 0.95, index: 2, exact: 8 });
    expect(studio.compare.comparison.value?.missing.map(({ id }) => id)).toEqual([3]);
    studio.ask('glad');
    await vi.waitFor(() => expect(studio.compare.comparison.value).toBeNull());
  });

  it('draws the map of the hits, without keeping their vectors', async () => {
    const { studio } = await open('#/words?q=sad');
    await vi.waitFor(() => expect(studio.map.points.value).toHaveLength(39));
    expect(studio.map.points.value[0]!.hit).not.toHaveProperty('vector');
    studio.ask('');
    expect(studio.map.points.value).toEqual([]);
    expect(studio.search.outcome.value).toBeNull();
  });

  it('tells the server’s message and keeps the last hits', async () => {
    const { studio, client } = await open('#/words?q=sad');
    await settled(studio);
    client.failure = new ApiError('Bad request: no encoder', 400);
    studio.ask('glad');
    await vi.waitFor(() => expect(studio.search.error.value).toBe('Bad request: no encoder'));
    expect(hits(studio)).toHaveLength(20);
    expect(studio.connection.state.value).toBe('ok');
  });

  it('asks again by itself when the server is back', async () => {
    const { studio, client } = await open('#/words?q=sad');
    await settled(studio);
    client.failure = new UnreachableError('gone');
    studio.ask('glad');
    await vi.waitFor(() => expect(studio.connection.state.value).toBe('gone'));
    expect(studio.search.error.value).toBeNull();
    client.failure = null;
    await studio.collections.refresh();
    await vi.waitFor(() => expect(studio.search.outcome.value?.request.body.query).toEqual({ text: 'glad' }));
    expect(studio.connection.state.value).toBe('ok');
  });

  it('asks for a key when the server wants one', async () => {
    const client = fakeClient();
    client.failure = new ApiError('Invalid API key', 401);
    const { studio } = await open('', client);
    expect(studio.connection.state.value).toBe('locked');
    client.failure = null;
    await studio.collections.refresh();
    expect(studio.connection.state.value).toBe('ok');
    expect(studio.card.value?.name).toBe('words');
  });

  it('repeats the search while the collection grows, not with every look', async () => {
    const client = fakeClient();
    client.facts = fakeInfo({ status: 'yellow', points_count: 1100 });
    const { studio } = await open('#/words?q=sad', client);
    await settled(studio);
    const searches = () => client.queries.filter(({ with_vector }) => with_vector === undefined).length;
    expect(searches()).toBe(1);
    client.facts = fakeInfo({ status: 'yellow', points_count: 1110 });
    await studio.collections.refresh();
    expect(searches()).toBe(1);
    client.facts = fakeInfo({ status: 'yellow', points_count: 2000 });
    await studio.collections.refresh();
    expect(searches()).toBe(2);
  });

  it('names the vector where vectors are named', async () => {
    const client = fakeClient();
    const info = fakeInfo();
    info.config.params.vectors = {
      title: { size: 4, distance: 'Dot' },
      body: { size: 8, distance: 'Cosine' },
    };
    client.facts = info;
    const { studio } = await open('#/words?q=sad', client);
    await settled(studio);
    expect(client.queries[0]).toMatchObject({ using: 'title' });
    await vi.waitFor(() => expect(client.queries.at(-1)).toMatchObject({ with_vector: ['title'] }));
  });

  it('asks nothing on the other pages, and remembers the collection', async () => {
    const { studio, client } = await open('#/words?q=sad');
    await settled(studio);
    const asked = client.queries.length;
    studio.router.go(routeTo('lab'));
    expect(studio.search.outcome.value).toBeNull();
    await studio.collections.refresh();
    expect(client.queries).toHaveLength(asked);
    expect(studio.router.route.value.collection).toBe('');
    expect(studio.lately.value).toBe('words');
  });

  it('does not lock the page when a key may not do one thing', async () => {
    const { studio, client } = await open('#/words');
    client.failure = new ApiError('Forbidden: Global manage access is required', 403);
    studio.ask('sad');
    await vi.waitFor(() => expect(studio.search.error.value).toContain('Forbidden'));
    expect(studio.connection.state.value).toBe('ok');
  });
});

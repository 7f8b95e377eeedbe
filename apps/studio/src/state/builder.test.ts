import type { ScoredPoint } from '@fletch/search';
import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/errors.js';
import { createBuilder } from './builder.js';
import { openDesk } from './desk.case.js';
import { routeTo } from './route.js';

async function open(hash: string) {
  const { desk, browser, client } = await openDesk(hash);
  client.names = ['words', 'other'];
  await desk.collections.refresh();
  const asked: [string, unknown][] = [];
  const points = {
    failure: null as Error | null,
    async ask(collection: string, body: unknown) {
      asked.push([collection, body]);
      if (points.failure !== null) throw points.failure;
      const result: ScoredPoint[] = [{ id: 1, version: 0, score: 0.5 }];
      return { result, serverMs: 1, roundTripMs: 2 };
    },
  };
  return { desk, browser, asked, points, builder: createBuilder(points, desk) };
}

describe('the query builder', () => {
  it('sends what its JSON says, and keeps the form in the address', async () => {
    const { builder, asked, browser, desk, points } = await open('#!/query/words');
    const example = { source: 'text' as const, value: 'sad', model: '' };
    builder.change({ example, limit: '3' });
    await builder.run();
    expect(asked).toEqual([['words', { query: { text: 'sad' }, limit: 3, with_payload: true }]]);
    expect(builder.answer.value.value).toMatchObject({ collection: 'words', serverMs: 1 });
    // Another tab with this address has the same form.
    const again = createBuilder(points, (await openDesk(browser.entries.at(-1)!)).desk);
    expect(again.form.value).toEqual(builder.form.value);
    // Coming back without a query in the address finds all as it was left.
    desk.router.go(routeTo('lab'));
    desk.router.go(routeTo('query', { collection: 'words' }));
    expect(builder.form.value.example).toEqual(example);
    desk.router.go(routeTo('query', { collection: 'other' }));
    expect(builder.form.value.example.value).toBe('');
    expect(builder.answer.value.value).toBeNull();
  });

  it('sends JSON that was written by hand, and nothing while it has a mistake', async () => {
    const { builder, asked, browser } = await open('#!/query/words');
    builder.draft.edit('{"limit": 1');
    await builder.run();
    expect(asked).toEqual([]);
    builder.draft.edit('{"limit": 1}');
    await builder.run();
    expect(asked).toEqual([['words', { limit: 1 }]]);
    expect(browser.entries.at(-1)).toBe(`#!/query/words?${new URLSearchParams({ body: '{"limit":1}' })}`);
  });

  it('takes a query out of the address', async () => {
    const body = '{"query":8,"limit":2}';
    const { builder } = await open(`#!/query/words?${new URLSearchParams({ body })}`);
    expect(builder.draft.edited.value).toBe(true);
    expect(builder.draft.parsed.value).toEqual({ ok: true, value: { query: 8, limit: 2 } });
  });

  it('does not put a query of any length into the address', async () => {
    const { builder, browser, asked } = await open('#!/query/words');
    const vector = Array.from({ length: 4000 }, (_, i) => i);
    builder.draft.edit(JSON.stringify({ query: vector }));
    await builder.run();
    expect(asked).toEqual([['words', { query: vector }]]);
    expect(browser.entries.at(-1)).toBe('#!/query/words');
  });

  it('tells the server’s message', async () => {
    const { builder, points } = await open('#!/query/words');
    points.failure = new ApiError('Validation error in JSON body: limit: must be 1 or larger', 422);
    await builder.run();
    await vi.waitFor(() => expect(builder.answer.error.value).toContain('must be 1 or larger'));
  });
});

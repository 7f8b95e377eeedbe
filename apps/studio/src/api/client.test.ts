import { describe, expect, it } from 'vitest';
import { createClient } from './client.js';
import type { HttpRequest } from './http.js';

function recording(result: unknown) {
  const asked: { path: string; request: HttpRequest | undefined }[] = [];
  const client = createClient(async <T>(path: string, request?: HttpRequest) => {
    asked.push({ path, request });
    return { result: result as T, serverMs: 1, roundTripMs: 2 };
  });
  return { asked, client };
}

describe('client', () => {
  it('lists collections in order', async () => {
    const { client } = recording({ collections: [{ name: 'b' }, { name: 'A' }, { name: 'a' }] });
    expect(await client.collections()).toEqual(['a', 'A', 'b']);
  });

  it('speaks the dialect', async () => {
    const { asked, client } = recording({ points: [], hits: [], count: 4 });
    await client.info('my notes/2');
    expect((await client.query('c', { query: { text: 'x' }, limit: 3 })).roundTripMs).toBe(2);
    await client.scroll('c', { limit: 2 });
    await client.facet('c', { key: 'pos', limit: 5 });
    await client.retrieve('c', [1, 'u']);
    expect(await client.count('c', { must: [] })).toBe(4);
    expect(asked.map(({ path, request }) => [request?.method ?? 'GET', path, request?.body])).toEqual([
      ['GET', '/collections/my%20notes%2F2', undefined],
      ['POST', '/collections/c/points/query', { query: { text: 'x' }, limit: 3 }],
      ['POST', '/collections/c/points/scroll', { limit: 2 }],
      ['POST', '/collections/c/facet', { key: 'pos', limit: 5 }],
      ['POST', '/collections/c/points', { ids: [1, 'u'], with_payload: true }],
      ['POST', '/collections/c/points/count', { filter: { must: [] }, exact: true }],
    ]);
  });
});

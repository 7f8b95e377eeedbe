import { describe, expect, it } from 'vitest';
import { endpoints } from '../routes/index.js';
import { fillCities, testApp } from '../testing/setup.case.js';
import { isRead } from './access.js';

const error = (words: string) => ({ status: { error: expect.stringContaining(words) } });
const READER = { 'api-key': 'reader' };

describe('keys', () => {
  it('are asked for in a header, not in the address', async () => {
    const { ask } = await testApp({ apiKey: 'secret' });
    const given = async (headers: Record<string, string>, path = '/collections') =>
      (await ask('GET', path, undefined, headers)).status;
    expect(await given({})).toBe(401);
    expect(await given({}, '/collections?api-key=secret')).toBe(401);
    expect(await given({ 'api-key': 'secre' })).toBe(401);
    expect(await given({ 'api-key': '' })).toBe(401);
    expect(await given({ authorization: 'Basic secret' })).toBe(401);
    expect(await given({ 'api-key': 'secret' })).toBe(200);
    expect(await given({ authorization: 'Bearer secret' })).toBe(200);
    expect(await given({ authorization: 'Bearer wrong' })).toBe(401);
    for (const open of ['/', '/healthz', '/readyz', '/livez']) expect(await given({}, open)).toBe(200);
    for (const shut of ['/openapi.json', '/nothing', '/healthz/x', '/metrics', '/telemetry'])
      expect(await given({}, shut)).toBe(401);
    const none = await ask('GET', '/collections');
    expect(none.body).toMatchObject(error('Must provide an API key or an Authorization bearer token'));
    expect(none.headers.get('www-authenticate')).toBe('Bearer');
    expect((await ask('GET', '/collections', undefined, { 'api-key': 'x' })).body).toMatchObject(
      error('Invalid API key or JWT'),
    );
  });

  it('that are empty are none', async () => {
    const { ask } = await testApp({ apiKey: '', readOnlyApiKey: '' });
    expect((await ask('GET', '/collections')).status).toBe(200);
  });

  it('for reading let read and nothing else', async () => {
    const { ask } = await testApp({ apiKey: 'secret', readOnlyApiKey: 'reader' });
    await fillCities((method, path, body) => ask(method, path, body, { 'api-key': 'secret' }));
    const by = (method: string, path: string, body?: unknown) => ask(method, path, body, READER);
    expect((await by('POST', '/collections/cities/points/count', {})).body.result).toEqual({ count: 6 });
    expect((await by('POST', '/collections/cities/points/query', { query: [1, 0, 0, 0] })).status).toBe(200);
    expect((await by('GET', '/metrics')).status).toBe(200);
    for (const [method, path] of [
      ['DELETE', '/collections/cities'],
      ['PUT', '/collections/cities/points'],
      ['POST', '/collections/cities/points/delete'],
      ['POST', '/collections/cities/points/delete/'],
      ['POST', '/collections/cities%2Fpoints/points/query/x'],
      ['PUT', '/quotas'],
      ['GET', '/profiler/slow_requests'],
      ['GET', '/profiler/slow_requests/'],
    ] as const)
      expect(await by(method, path, method === 'GET' ? undefined : {}), path).toMatchObject({
        status: 403,
        body: error('Forbidden: Global manage access is required'),
      });
    expect((await by('POST', '/collections/cities/points/count', {})).body.result.count).toBe(6);
  });

  it('for reading work without another one', async () => {
    const { ask } = await testApp({ readOnlyApiKey: 'reader' });
    expect((await ask('GET', '/collections')).status).toBe(401);
    expect((await ask('GET', '/collections', undefined, READER)).status).toBe(200);
    expect((await ask('DELETE', '/collections/a', undefined, READER)).status).toBe(403);
  });

  it('are looked at before the body', async () => {
    const { app } = await testApp({ apiKey: 'secret', readOnlyApiKey: 'reader' });
    const body = new ReadableStream({
      pull: () => {
        throw new Error('read');
      },
    });
    const response = await app.request('/collections/a', {
      method: 'PUT',
      headers: READER,
      body,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(403);
  });
});

/** What holders of a read-only key may do with POST, as Qdrant decides. */
const READING_POSTS = new Set([
  'alike_points',
  'count_points',
  'discover_batch_points',
  'discover_points',
  'facet',
  'get_points',
  'local_dimension',
  'query_batch_points',
  'query_points',
  'query_points_groups',
  'recommend_batch_points',
  'recommend_point_groups',
  'recommend_points',
  'scroll_points',
  'search_batch_points',
  'search_matrix_offsets',
  'search_matrix_pairs',
  'search_point_groups',
  'search_points',
]);

describe('isRead', () => {
  it('knows every endpoint', () => {
    for (const { method, path, operationId } of endpoints) {
      const reads =
        (method === 'get' && operationId !== 'get_slow_requests') ||
        (method === 'post' && READING_POSTS.has(operationId));
      expect(isRead(method.toUpperCase(), path), `${method} ${path}`).toBe(reads);
    }
  });
});

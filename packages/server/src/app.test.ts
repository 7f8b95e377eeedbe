import { FletchError } from '@fletch/base';
import type { Store } from '@fletch/search';
import { describe, expect, it, vi } from 'vitest';
import { fillCities, openTestStore, testApp } from './testing/setup.case.js';

const error = (words: string) => ({ status: { error: expect.stringContaining(words) } });
const points = '/collections/cities/points';

describe('bodies', () => {
  it('that are not JSON are refused with their place', async () => {
    const { ask } = await testApp();
    await fillCities(ask);
    for (const [body, words] of [
      ['{"points": [', 'Format error in JSON body: expected a value, but the text ends at line 1 column 13'],
      ['{"points":[{"id":1,"vector":[NaN]}]}', 'expected a value at line 1 column 30'],
      ['{"points":[{"id":1,"vector":[1e999,0,0,0]}]}', 'number out of range'],
      ['', 'expected a value, but the text ends at line 1 column 1'],
      ['\ufffe{', 'expected a value at line 1 column 1'],
      ['null', 'expected {"points"'],
      ['5', 'expected {"points"'],
      [`{"points":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, 'nested deeper than 128 levels'],
    ] as const)
      expect(await ask('PUT', points, body), words).toMatchObject({ status: 400, body: error(words) });
    expect((await ask('POST', `${points}/count`, {})).body.result.count).toBe(6);
  });

  it('that are deep are refused wherever they are', async () => {
    const { ask } = await testApp();
    await fillCities(ask);
    const deep = `${'{"must":'.repeat(200)}{}${'}'.repeat(200)}`;
    for (const body of [`{"filter":${deep}}`, `{"unknown":${deep}}`])
      expect(await ask('POST', `${points}/count`, body)).toMatchObject({
        status: 400,
        body: error('nested deeper'),
      });
    const shallow = `${'{"must":'.repeat(20)}{"has_id":[1]}${'}'.repeat(20)}`;
    expect((await ask('POST', `${points}/count`, `{"filter":${shallow}}`)).status).toBe(200);
  });

  it('that are not UTF-8 are refused', async () => {
    const { app } = await testApp();
    const body = Buffer.from('{"a":"\xff"}', 'latin1');
    const response = await app.request('/collections/a', { method: 'PUT', body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject(error('not UTF-8'));
  });

  it('over the limit are refused, declared or not', async () => {
    const { app, ask } = await testApp({ maxBodyBytes: 1000 });
    const big = { metadata: { text: 'x'.repeat(1000) } };
    const length = String(JSON.stringify(big).length);
    const refused = { status: 413, body: error('a body may have 1000 bytes') };
    expect(await ask('PUT', '/collections/a', big)).toMatchObject(refused);
    expect(await ask('PUT', '/collections/a', big, { 'content-length': length })).toMatchObject(refused);
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 100;
        controller.enqueue(new Uint8Array(100).fill(32));
      },
    });
    const response = await app.request('/collections/a', {
      method: 'PUT',
      body: endless,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(3000);
  });

  it('may have any content type', async () => {
    const { ask } = await testApp();
    const params = { vectors: { size: 4, distance: 'Dot' } };
    expect((await ask('PUT', '/collections/a', params, { 'content-type': 'text/plain' })).status).toBe(200);
  });

  it('with a key twice are refused, and keys of the language are plain ones', async () => {
    const { ask } = await testApp();
    await fillCities(ask);
    for (const body of ['{"ids":[1],"ids":[2]}', '{"ids":[1],"with_payload":{"include":["a"],"include":[]}}'])
      expect(await ask('POST', points, body)).toMatchObject({
        status: 400,
        body: error('a key occurs twice'),
      });
    const payload = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}';
    const body = `{"points":[{"id":9,"vector":[1,0,0,0],"payload":${payload}}]}`;
    expect((await ask('PUT', points, body)).status).toBe(200);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(JSON.stringify((await ask('GET', `${points}/9`)).body.result.payload)).toBe(payload);
  });
});

describe('paths', () => {
  it('that are unknown get 404', async () => {
    const { ask } = await testApp();
    for (const path of ['/nothing', '/collections/a/b/c/d', '/collections/../../etc/passwd', '/%2e%2e/x'])
      expect(await ask('GET', path)).toMatchObject({ status: 404, body: error('Not found') });
  });

  it('with other methods get 405 and the ones they have', async () => {
    const { ask } = await testApp();
    const wrong = await ask('POST', '/collections/a', {});
    expect(wrong).toMatchObject({ status: 405, body: error('use PUT, GET, HEAD, PATCH, DELETE') });
    expect(wrong.headers.get('allow')).toContain('PUT');
    const options = await ask('OPTIONS', '/collections/cities/facet');
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST, OPTIONS']);
    expect((await ask('GET', `${points}/query/batch`)).status).toBe(405);
  });

  it('may end with a slash and be asked for heads', async () => {
    const { app, ask } = await testApp();
    expect((await ask('GET', '/collections/')).status).toBe(200);
    const head = await app.request('/collections', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('the service', () => {
  it('tells version and health', async () => {
    let ready = false;
    const { ask } = await testApp({ ready: () => ready });
    expect((await ask('GET', '/')).body).toEqual({
      title: 'fletch - vector search engine',
      version: '1.19.0',
    });
    expect(await ask('GET', '/healthz')).toMatchObject({ status: 200, body: 'healthz check passed' });
    expect(await ask('GET', '/livez')).toMatchObject({ status: 200 });
    expect(await ask('GET', '/readyz')).toMatchObject({ status: 503, body: 'some shards are not ready' });
    ready = true;
    expect(await ask('GET', '/readyz')).toMatchObject({ status: 200, body: 'all shards are ready' });
  });
});

describe('hosts and origins', () => {
  it('of other sites are refused', async () => {
    const { ask } = await testApp({ allowedHosts: ['localhost', '127.0.0.1', '[::1]'] });
    const by = async (host: string) => (await ask('GET', '/collections', undefined, { host })).status;
    for (const host of ['localhost:6333', 'LOCALHOST', '127.0.0.1:80', '[::1]:6333'])
      expect(await by(host)).toBe(200);
    for (const host of ['evil.example', 'localhost.evil.example:6333', '10.0.0.1'])
      expect(await by(host)).toBe(403);
  });

  it('of other pages may not write, with any host', async () => {
    for (const options of [{}, { allowedHosts: ['localhost'] }]) {
      const { ask } = await testApp(options);
      const from = async (origin: string, method = 'DELETE') =>
        (await ask(method, '/collections/a', undefined, { origin, host: 'localhost:6333' })).status;
      expect(await from('http://localhost:6333')).toBe(200);
      expect(await from('https://evil.example')).toBe(403);
      expect(await from('null')).toBe(403);
      expect(await from('https://evil.example', 'GET')).toBe(404);
    }
  });

  it('get no permission to read answers across sites', async () => {
    const { ask } = await testApp();
    const { headers } = await ask('GET', '/collections', undefined, { origin: 'https://evil.example' });
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('failures', () => {
  const failing = async (failure: unknown) => {
    const store: Store = await openTestStore();
    vi.spyOn(store, 'collections').mockImplementation(() => {
      throw failure;
    });
    const onError = vi.fn();
    return { ...(await testApp({ store, onError })), onError };
  };

  it('that nobody foresaw tell nothing of the inside, but are reported', async () => {
    const { ask, onError } = await failing(new Error('secret detail'));
    const answer = await ask('GET', '/collections');
    expect(answer).toMatchObject({ status: 500, body: error('Service internal error') });
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(onError).toHaveBeenCalledWith(expect.any(Error), { method: 'GET', path: '/collections' });
  });

  it.each([
    ['DISK_FULL', 507, true],
    ['LOCKED', 503, true],
    ['UNAVAILABLE', 503, true],
    ['INVALID_ARGUMENT', 400, false],
    ['ZERO_VECTOR', 400, false],
    ['CORRUPT', 500, true],
  ] as const)('of code %s become %i', async (code, status, reported) => {
    const { ask, onError } = await failing(new FletchError(code, 'What, where, what to do.'));
    const answer = await ask('GET', '/collections');
    expect(answer).toMatchObject({ status, body: error('What, where, what to do.') });
    expect(answer.headers.has('retry-after')).toBe(status === 503);
    expect(onError).toHaveBeenCalledTimes(reported ? 1 : 0);
  });
});

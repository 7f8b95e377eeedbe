import { describe, expect, it } from 'vitest';
import { ApiError, isAbort, messageOf, UnreachableError } from './errors.js';
import { createHttp } from './http.js';

/** A server that answers once with `body`, and keeps what it was asked. */
function answering(body: unknown, status = 200) {
  const asked: { url: string; init: RequestInit }[] = [];
  const fetch = async (url: unknown, init: RequestInit = {}) => {
    asked.push({ url: String(url), init });
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  return { asked, fetch: fetch as typeof globalThis.fetch };
}

describe('http', () => {
  it('unwraps the envelope and measures', async () => {
    const server = answering({ result: { n: 1 }, status: 'ok', time: 0.0042 });
    const { result, serverMs, roundTripMs } = await createHttp({ base: 'http://x', fetch: server.fetch })(
      '/a',
      {
        method: 'POST',
        body: { limit: 3 },
      },
    );
    expect(result).toEqual({ n: 1 });
    expect(serverMs).toBeCloseTo(4.2, 6);
    expect(roundTripMs).toBeGreaterThanOrEqual(0);
    expect(server.asked[0]!.url).toBe('http://x/a');
    expect(server.asked[0]!.init).toMatchObject({ method: 'POST', body: '{"limit":3}' });
  });

  it('sends the key of the moment', async () => {
    const server = answering({ result: true });
    let key: string | null = null;
    const http = createHttp({ fetch: server.fetch, apiKey: () => key });
    await http('/');
    key = 'secret';
    await http('/');
    expect(server.asked.map(({ init }) => init.headers)).toEqual([{}, { 'api-key': 'secret' }]);
  });

  it.each([
    [{ status: { error: 'Bad request: limit' }, time: 0 }, 400, 'Bad request: limit'],
    [{ error: 'Unauthorized' }, 401, 'Unauthorized'],
    ['<html>', 500, 'The server answered with status 500.'],
    ['null', 422, 'The server answered with status 422.'],
  ])('passes on the words of %j', async (body, status, message) => {
    const failure = await createHttp({ fetch: answering(body, status).fetch })('/').catch((error) => error);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ message, status });
    expect(messageOf(failure)).toBe(message);
  });

  it('refuses an answer without a result', async () => {
    await expect(createHttp({ fetch: answering('{}').fetch })('/x')).rejects.toThrow(
      '/x answered without a result.',
    );
  });

  it('tells a server that is gone from one that refuses', async () => {
    const gone = createHttp({ fetch: () => Promise.reject(new TypeError('fetch failed')) });
    await expect(gone('/')).rejects.toBeInstanceOf(UnreachableError);
    await expect(createHttp({ fetch: answering('', 503).fetch })('/')).rejects.toBeInstanceOf(
      UnreachableError,
    );
  });

  it('lets an abort be an abort', async () => {
    const controller = new AbortController();
    const fetch = ((_: unknown, init: RequestInit) =>
      new Promise((_resolve, reject) => {
        init.signal!.addEventListener('abort', () => reject(init.signal!.reason));
      })) as typeof globalThis.fetch;
    const request = createHttp({ fetch })('/', { signal: controller.signal }).catch((error) => error);
    controller.abort();
    expect(isAbort(await request)).toBe(true);
  });
});

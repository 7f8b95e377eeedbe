import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Store } from '@fletch/search';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, type ServeOptions, serve } from './serve.js';
import { fillCities, openTestStore, testEncoders } from './testing/setup.case.js';
import { speak } from './testing/socket.case.js';

let store: Store;
let server: RunningServer | undefined;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  server = await serve({ store, encoders: testEncoders(), port: 0, ...options });
  return server;
}

describe('serve', () => {
  it('listens on this machine and says where', async () => {
    const { url, port } = await start();
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect(await (await fetch(`${url}/`)).json()).toMatchObject({ version: '1.19.0' });
  });

  it('says which port is taken', async () => {
    const { port } = await start();
    await expect(serve({ store, encoders: testEncoders(), port })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(`Port ${port} of 127.0.0.1 is in use`),
    });
    await expect(
      serve({ store, encoders: testEncoders(), port: 0, host: '203.0.113.1' }),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('answers on loopback only to names of this machine', async () => {
    const { port } = await start();
    const by = (host: string) =>
      speak(port, `GET /collections HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(await by('rebound.example')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await by(`localhost:${port}`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('lets requests at work finish when it closes', async () => {
    const { url, close } = await start();
    await fillCities(async (method, path, body) => {
      await fetch(url + path, { method, body: JSON.stringify(body) });
      return { status: 0, headers: new Headers(), body: undefined };
    }, 'drain');
    const slow = request(`${url}/collections/drain/points/count`, {
      method: 'POST',
      headers: { 'content-length': 2 },
    });
    slow.write('{');
    await new Promise((resolve) => setTimeout(resolve, 30));
    const closed = close();
    server = undefined;
    await expect(fetch(url)).rejects.toThrow();
    slow.end('}');
    const [response] = await once(slow, 'response');
    expect(response.statusCode).toBe(200);
    response.resume();
    await closed;
  });

  it('ends requests that outlast the grace', async () => {
    const { url, close } = await start({ grace: 50 });
    const stuck = request(`${url}/collections/a`, { method: 'PUT', headers: { 'content-length': 10 } });
    stuck.write('{');
    await new Promise((resolve) => setTimeout(resolve, 30));
    const failed = once(stuck, 'error');
    await close();
    server = undefined;
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('the event loop', () => {
  it('stays free while large batches are written and queried', async () => {
    const { url } = await start();
    const size = 128;
    const send = (method: string, path: string, body: object) =>
      fetch(`${url}/collections/busy${path}`, { method, body: JSON.stringify(body) });
    await send('PUT', '', { vectors: { size, distance: 'Dot' } });
    const vector = (seed: number) =>
      [...createHash('shake256', { outputLength: size }).update(String(seed)).digest()].map(
        (byte) => byte / 128 - 1,
      );
    const rows = Array.from({ length: 256 }, (_, id) => ({ id, vector: vector(id) }));
    const searches = Array.from({ length: 200 }, (_, seed) => ({ query: vector(seed), limit: 10 }));
    const work = Promise.all([
      ...[0, 1, 2, 3].map(() => send('PUT', '/points?wait=true', { points: rows })),
      ...[0, 1, 2, 3].map(() => send('POST', '/points/query/batch', { searches })),
    ]);
    let busy = true;
    void work.finally(() => {
      busy = false;
    });
    const waits: number[] = [];
    while (busy) {
      const asked = performance.now();
      await (await fetch(`${url}/healthz`)).text();
      waits.push(performance.now() - asked);
    }
    for (const response of await work) expect(response.status).toBe(200);
    expect(Math.max(...waits)).toBeLessThan(1000);
    await store.deleteCollection('busy');
  });
});

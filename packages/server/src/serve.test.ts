import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { Store } from '@fletch/search';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, type ServeOptions, serve } from './serve.js';
import { fillCities, openTestStore, testEncoders } from './testing/setup.case.js';

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

/** Speaks to the server in bytes; resolves with all that it said when it hangs up. */
async function speak(port: number, ...pieces: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.setEncoding('utf8').on('data', (text) => {
    heard += text;
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await closed;
  return heard;
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

describe('a bad client', () => {
  const alive = async (url: string) => expect((await fetch(`${url}/healthz`)).status).toBe(200);

  it('that announces or sends too much gets 413', async () => {
    const { url, port } = await start({ maxBodyBytes: 1000 });
    const announced = await speak(
      port,
      'PUT /collections/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n',
      '{'.repeat(100),
    );
    expect(announced).toMatch(/^HTTP\/1\.1 413 /);
    const chunk = `200\r\n${' '.repeat(0x200)}\r\n`;
    const chunked = await speak(
      port,
      'PUT /collections/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
      ...Array.from({ length: 5 }, () => chunk),
    );
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
    await alive(url);
  });

  it('that lies about lengths gets 400', async () => {
    const { url, port } = await start();
    const both = await speak(
      port,
      'PUT /collections/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    );
    expect(both).toMatch(/^HTTP\/1\.1 400 /);
    expect(await speak(port, 'GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await speak(port, `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    await alive(url);
  });

  it('that hangs up in the middle of a body harms nobody', async () => {
    const reported: unknown[] = [];
    const { url, port } = await start({ onError: (error) => reported.push(error) });
    for (let round = 0; round < 5; round++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        'PUT /collections/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"vectors"',
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
      socket.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
    await alive(url);
    expect(store.hasCollection('a')).toBe(false);
    expect(reported).toEqual([]);
  });

  it('that is slow is cut off', async () => {
    const { url, port } = await start({ headersTimeout: 200 });
    const started = performance.now();
    expect(await speak(port, 'GET / HTTP/1.1\r\nHost: local')).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - started).toBeLessThan(5000);
    await alive(url);
  });

  it('is served in turn when it sends many requests at once', async () => {
    const { port } = await start();
    const one = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const heard = await speak(
      port,
      one.repeat(20) + one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    );
    expect(heard.match(/healthz check passed/g)).toHaveLength(21);
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

/** Too much to do at once, and clients that do not wait for it. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Collection } from '@fletch/search';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pause, testServers, until } from '../testing/socket.case.js';

const servers = testServers();
afterEach(() => {
  vi.restoreAllMocks();
});

const COUNT = '/collections/cities/points/count';
const post = (url: string, path = COUNT, body = '{}') => fetch(url + path, { method: 'POST', body });

/** Makes counting wait until it is let go. */
function holdCounts() {
  const collection = servers.store.collection('cities') as Collection;
  const waiting: (() => void)[] = [];
  const spy = vi.spyOn(collection, 'count').mockImplementation(
    () =>
      new Promise((resolve) => {
        waiting.push(() => resolve(6));
      }),
  );
  return {
    spy,
    get held() {
      return waiting.length;
    },
    letGo: () => {
      for (const go of waiting.splice(0)) go();
    },
  };
}

describe('too many requests', () => {
  it('wait for their turn, and beyond that get 503 with the time to try again', async () => {
    const { url } = await servers.start({ maxRequests: 2, maxWaiting: 3 });
    const counts = holdCounts();
    const all = Array.from({ length: 8 }, () => post(url));
    const refused = await Promise.race(all);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({
      status: { error: 'Service unavailable: 2 requests are at work and 3 wait already. Try again.' },
    });
    expect(counts.held).toBe(2);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    const free = setInterval(counts.letGo, 5);
    const statuses = (await Promise.all(all)).map(({ status }) => status).sort();
    clearInterval(free);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 503, 503, 503]);
  });

  it('do not wait for ever', async () => {
    const { url } = await servers.start({ maxRequests: 1, maxWait: 50 });
    const counts = holdCounts();
    const first = post(url);
    await until(() => counts.held === 1);
    expect((await post(url)).status).toBe(503);
    counts.letGo();
    expect((await first).status).toBe(200);
  });

  it('that are heavy, a thousand of them, leave the server its breath', async () => {
    const { url } = await servers.start({ maxRequests: 16, maxWaiting: 200 });
    const size = 64;
    const body = (value: unknown) => JSON.stringify(value);
    await fetch(`${url}/collections/heavy`, {
      method: 'PUT',
      body: body({ vectors: { size, distance: 'Dot' } }),
    });
    const vector = () => [...randomBytes(size)].map((byte) => byte / 128 - 1);
    const points = Array.from({ length: 2000 }, (_, id) => ({ id, vector: vector() }));
    await fetch(`${url}/collections/heavy/points?wait=true`, { method: 'PUT', body: body({ points }) });
    const search = body({ query: vector(), limit: 100, with_payload: true });
    const before = process.memoryUsage.rss();
    let finished = false;
    const all = Promise.all(
      Array.from({ length: 1000 }, async () => {
        const response = await post(url, '/collections/heavy/points/query', search);
        await response.arrayBuffer();
        return response;
      }),
    ).finally(() => {
      finished = true;
    });
    let answered = 0;
    while (!finished) {
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      answered++;
      await pause(5);
    }
    const answers = await all;
    const by = (status: number) => answers.filter((answer) => answer.status === status);
    expect(by(200).length + by(503).length).toBe(1000);
    expect(by(200).length).toBeGreaterThan(0);
    for (const refused of by(503)) expect(refused.headers.get('retry-after')).toBe('1');
    expect(answered).toBeGreaterThan(0);
    expect(process.memoryUsage.rss() - before).toBeLessThan(600 * 2 ** 20);
    await servers.store.deleteCollection('heavy');
  });
});

describe('a read that takes too long', () => {
  it('gets 408 after its timeout, while its work keeps its place', async () => {
    const { url } = await servers.start({ maxRequests: 1, maxWaiting: 0 });
    const counts = holdCounts();
    const started = performance.now();
    const late = await post(url, `${COUNT}?timeout=1`);
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(late.status).toBe(408);
    expect(await late.json()).toMatchObject({
      status: { error: expect.stringMatching(/^Timeout: Operation '.+' timed out after 1s$/) },
    });
    expect((await post(url)).status).toBe(503);
    counts.letGo();
    await pause(5);
    vi.restoreAllMocks();
    expect((await post(url)).status).toBe(200);
  });

  it('is cut off without being asked, too', async () => {
    const { url } = await servers.start({ readTimeout: 0.05 });
    const counts = holdCounts();
    expect((await post(url)).status).toBe(408);
    counts.letGo();
  });

  it('names a timeout that is none', async () => {
    const { url } = await servers.start();
    for (const timeout of ['0', '-1', 'x', '1.5', ''])
      expect((await post(url, `${COUNT}?timeout=${timeout}`)).status, timeout).toBeGreaterThanOrEqual(400);
  });
});

describe('a client that goes away', () => {
  const leave = async (url: string, path: string, body: string, when: () => boolean) => {
    const client = request(url + path, { method: 'POST', agent: false });
    client.on('error', () => undefined);
    client.end(body);
    await until(when);
    client.destroy();
  };

  it('leaves the queue', async () => {
    const { url } = await servers.start({ maxRequests: 1, maxWaiting: 5 });
    const counts = holdCounts();
    const first = post(url);
    await until(() => counts.held === 1);
    const gone = request(url + COUNT, { method: 'POST', agent: false });
    gone.on('error', () => undefined);
    gone.end('{}');
    await pause(30);
    gone.destroy();
    await pause(30);
    counts.letGo();
    expect((await first).status).toBe(200);
    await pause(20);
    expect(counts.spy).toHaveBeenCalledTimes(1);
  });

  it('stops its batch', async () => {
    const reported: unknown[] = [];
    const { url } = await servers.start({ onError: (error) => reported.push(error) });
    const collection = servers.store.collection('cities');
    let ended: Promise<string> | undefined;
    const real = collection.queryBatch.bind(collection);
    vi.spyOn(collection, 'queryBatch').mockImplementation((...given) => {
      const answers = real(...given);
      ended = answers.then(
        () => 'answered',
        () => 'stopped',
      );
      return answers;
    });
    const searches = Array.from({ length: 50_000 }, () => ({ query: [1, 0, 0, 0] }));
    const body = JSON.stringify({ searches });
    await leave(url, '/collections/cities/points/query/batch', body, () => ended !== undefined);
    expect(await ended).toBe('stopped');
    expect(reported).toEqual([]);
  });

  it('does not undo its write', async () => {
    const { url } = await servers.start();
    const collection = servers.store.collection('cities');
    let began = false;
    const real = collection.setPayload.bind(collection);
    vi.spyOn(collection, 'setPayload').mockImplementation(async (...given) => {
      began = true;
      await pause(50);
      return real(...given);
    });
    const body = JSON.stringify({ payload: { seen: true }, points: [1] });
    await leave(url, '/collections/cities/points/payload', body, () => began);
    await until(() => collection.retrieve([1], { with_payload: true })[0]!.payload?.seen === true);
  });
});

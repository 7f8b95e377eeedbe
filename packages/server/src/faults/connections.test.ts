/** Connections that are slow, silent, too many, or hurried. */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { pause, speak, statuses, type Talk, talk, testServers, until } from '../testing/socket.case.js';

const servers = testServers();
const GET = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
const LAST = GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
const alive = async (url: string) => expect((await fetch(`${url}/healthz`)).status).toBe(200);

/** How long until the connection is closed, in milliseconds. */
const lasts = async ({ closed }: Talk): Promise<number> => {
  const started = performance.now();
  await closed;
  return performance.now() - started;
};

/** The server's end of a connection: both are in this process. */
function serverEnd(port: number, { socket }: Talk): unknown {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles(): unknown[] };
  return handles
    .call(process)
    .find(
      (handle) =>
        handle instanceof Socket && handle.localPort === port && handle.remotePort === socket.localPort,
    );
}

describe('a slow client', () => {
  it('that does not finish its headers is cut off', async () => {
    const { url, port } = await servers.start({ headersTimeout: 200 });
    const slow = talk(port);
    slow.socket.write('GET / HTTP/1.1\r\nHost: local');
    // A little now and then does not help.
    const drip = setInterval(() => slow.socket.write('x'), 40);
    expect(await lasts(slow)).toBeLessThan(3000);
    clearInterval(drip);
    expect(statuses(slow.heard())).toEqual([408]);
    await alive(url);
  });

  it('that does not finish its body is cut off', async () => {
    const { url, port } = await servers.start({ headersTimeout: 200, requestTimeout: 300 });
    const slow = talk(port);
    slow.socket.write('PUT /collections/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n');
    const drip = setInterval(() => slow.socket.write(' '), 40);
    expect(await lasts(slow)).toBeLessThan(3000);
    clearInterval(drip);
    expect(statuses(slow.heard())).toEqual([408]);
    await alive(url);
  });

  it('that never says anything is cut off, also when it closed its half', async () => {
    const { url, port } = await servers.start({ headersTimeout: 200 });
    const silent = talk(port);
    const half = talk(port);
    half.socket.end('GET / HT');
    expect(await lasts(silent)).toBeLessThan(3000);
    expect(await lasts(half)).toBeLessThan(3000);
    await alive(url);
  });

  it('that does not take its answer is cut off', async () => {
    const { url, port } = await servers.start({ idleTimeout: 300 });
    const deaf = talk(port);
    deaf.socket.pause();
    // Answers that nobody takes fill the buffers of both ends.
    const openApi = 'GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n';
    deaf.socket.write(openApi.repeat(400));
    await until(() => serverEnd(port, deaf) !== undefined);
    await until(() => serverEnd(port, deaf) === undefined, 20_000);
    deaf.socket.resume();
    await deaf.closed;
    expect(statuses(deaf.heard()).length).toBeLessThan(400);
    await alive(url);
  });

  it('does not keep a place at work while it sends', async () => {
    const { url, port } = await servers.start({ maxRequests: 1, maxWaiting: 0 });
    const slow = talk(port);
    slow.socket.write('PUT /collections/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{');
    await pause(20);
    const answer = await fetch(`${url}/collections/cities/points/count`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(200);
    slow.socket.destroy();
  });
});

describe('a hurried client', () => {
  it('gets all its answers in their order', async () => {
    const { port } = await servers.start();
    const point = (id: number) =>
      `GET /collections/cities/points/${id} HTTP/1.1\r\nHost: localhost\r\n${id === 5 ? 'Connection: close\r\n' : ''}\r\n`;
    const heard = await speak(port, [1, 2, 3, 4, 5].map(point).join(''));
    expect(statuses(heard)).toEqual([200, 200, 200, 200, 200]);
    expect([...heard.matchAll(/"id":(\d)/g)].map(([, id]) => Number(id))).toEqual([1, 2, 3, 4, 5]);
  });

  it('gets many small answers on one connection', async () => {
    const { port } = await servers.start();
    expect(statuses(await speak(port, GET.repeat(100) + LAST))).toEqual(Array(101).fill(200));
  });
});

/** File descriptors that this process may have. */
function mostFiles(): number {
  try {
    return Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 256);
  } catch {
    return 256;
  }
}

describe('very many connections', () => {
  it('that are idle leave the others their answers, and are ended', async () => {
    const { url, port } = await servers.start({ headersTimeout: 2000 });
    // Both ends are in this process.
    const many = Math.min(2_000, Math.floor((mostFiles() - 200) / 2));
    expect(many).toBeGreaterThan(20);
    const talks: Talk[] = [];
    for (let i = 0; i < many; i += 500) {
      for (let j = i; j < Math.min(many, i + 500); j++) talks.push(talk(port));
      await pause(1);
    }
    await until(() => talks.some(({ socket }) => socket.readyState === 'open'));
    const started = performance.now();
    await alive(url);
    expect(performance.now() - started).toBeLessThan(2000);
    await Promise.all(talks.map(({ closed }) => closed));
    await alive(url);
  });
});

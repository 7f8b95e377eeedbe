/** Bodies that are too large, compressed, cut off, or not what their headers say. */
import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pause, speak, statuses, testServers } from '../testing/socket.case.js';

const servers = testServers();

const head = (...headers: string[]) =>
  ['PUT /collections/a HTTP/1.1', 'Host: localhost', ...headers, '', ''].join('\r\n');

const send = async (url: string, path: string, body: BodyInit, encoding?: string) => {
  const headers = { ...(encoding && { 'content-encoding': encoding }) };
  const response = await fetch(url + path, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text(), headers: response.headers };
};
const COUNT = '/collections/cities/points/count';

const alive = async (url: string) => {
  const { status, text } = await send(url, COUNT, '{}');
  expect([status, JSON.parse(text).result]).toEqual([200, { count: 6 }]);
};

describe('a body over the limit', () => {
  it('is refused when it is announced, before it is sent', async () => {
    const { url, port } = await servers.start({ maxBodyBytes: 1000 });
    const heard = await speak(port, head('Content-Length: 5000000'), '{'.repeat(100));
    expect(statuses(heard)).toEqual([413]);
    expect(heard).toMatch(/connection: close/i);
    await alive(url);
  });

  it('is refused when it grows, without a length', async () => {
    const { url, port } = await servers.start({ maxBodyBytes: 1000 });
    const chunk = `200\r\n${' '.repeat(0x200)}\r\n`;
    const heard = await speak(port, head('Transfer-Encoding: chunked'), ...Array(5).fill(chunk));
    expect(statuses(heard)).toEqual([413]);
    await alive(url);
  });

  it('is refused when all bodies together have too many bytes', async () => {
    const { url, port } = await servers.start({ maxBodyBytes: 1000, maxBodiesBytes: 1500 });
    const slow = speak(port, head('Content-Length: 900', 'Connection: close'), ' ');
    await pause(20);
    const { status, headers } = await send(url, COUNT, `{"filter":{}${' '.repeat(700)}}`);
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    const other = connect(port, '127.0.0.1');
    other.on('error', () => undefined);
    await servers.start();
    other.destroy();
    await alive(url);
    void slow;
  });
});

describe('a compressed body', () => {
  const body = JSON.stringify({ filter: { must: [{ has_id: [1, 2] }] } });

  it.each([
    ['gzip', gzipSync(body)],
    ['GZIP', gzipSync(body)],
    ['x-gzip', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['br', brotliCompressSync(body)],
    ['identity', Buffer.from(body)],
  ])('is read: %s', async (encoding, bytes) => {
    const { url } = await servers.start();
    const { status, text } = await send(url, COUNT, new Uint8Array(bytes), encoding);
    expect([status, JSON.parse(text).result]).toEqual([200, { count: 2 }]);
  });

  it.each(['zstd', 'gzip, gzip', 'nonsense'])('is refused: %s', async (encoding) => {
    const { url } = await servers.start();
    const { status, headers } = await send(url, COUNT, body, encoding);
    expect([status, headers.get('accept-encoding')]).toEqual([415, 'gzip, deflate, br']);
  });

  it.each(['gzip', 'deflate', 'br'])(
    'is refused when it is not %s, or only its beginning',
    async (encoding) => {
      const { url } = await servers.start();
      const whole = encoding === 'br' ? brotliCompressSync(body) : gzipSync(body);
      for (const bytes of [Buffer.from(body), whole.subarray(0, whole.length - 9), Buffer.alloc(0)]) {
        const { status, text } = await send(url, COUNT, new Uint8Array(bytes), encoding);
        expect(status).toBe(400);
        expect(text).toContain(`not valid ${encoding}`);
      }
      await alive(url);
    },
  );

  it.each([
    ['gzip', gzipSync(Buffer.alloc(2 ** 26, ' '), { level: 9 })],
    ['deflate', deflateSync(Buffer.alloc(2 ** 26, ' '), { level: 9 })],
    ['br', brotliCompressSync(Buffer.alloc(2 ** 26, ' '))],
  ])('that is a bomb is refused long before it has gone off: %s', async (encoding, bomb) => {
    const { url } = await servers.start();
    expect(bomb.length).toBeLessThan(2 ** 17);
    const before = process.memoryUsage.rss();
    const { status, text } = await send(url, COUNT, new Uint8Array(bomb), encoding);
    expect(status).toBe(413);
    expect(text).toContain('inflates to more than 200 times its size');
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 25);
    await alive(url);
  });

  it('is bounded like any other', async () => {
    const { url } = await servers.start({ maxBodyBytes: 100_000 });
    const noise = Array.from({ length: 30_000 }, (_, i) => Math.sin(i)).join(' ');
    const { status, text } = await send(
      url,
      COUNT,
      new Uint8Array(gzipSync(noise).subarray(0, 90_000)),
      'gzip',
    );
    expect([status, text]).toEqual([413, expect.stringContaining('a body may have 100000 bytes')]);
  });
});

describe('headers that lie', () => {
  it('about the length end the connection', async () => {
    const { url, port } = await servers.start();
    // More than announced: what is left over is not taken for a request.
    const over = await speak(port, `${head('Content-Length: 2')}[]GARBAGE\r\n\r\n`);
    expect([...new Set(statuses(over))]).toEqual([400]);
    // Less than announced: the rest never comes.
    const under = connect(port, '127.0.0.1');
    under.on('error', () => undefined);
    under.end(`${head('Content-Length: 1000')}{"vectors":`);
    await pause(30);
    for (const length of ['-5', '1e3', '0x10', '5, 6', ' '])
      expect(statuses(await speak(port, head(`Content-Length: ${length}`), '{}')), length).toEqual([400]);
    expect(servers.store.hasCollection('a')).toBe(false);
    await alive(url);
  });

  it('about where the body ends are refused: nothing is smuggled', async () => {
    const { url, port } = await servers.start();
    const smuggled = 'DELETE /collections/cities HTTP/1.1\r\nHost: localhost\r\n\r\n';
    for (const headers of [
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', 'Content-Length: 5'],
      ['Content-Length: 5', 'Content-Length: 6'],
      ['Transfer-Encoding: chunked, identity'],
      ['Transfer-Encoding: xchunked'],
      ['Transfer-Encoding : chunked'],
      ['Content-Length: 0', ' Transfer-Encoding: chunked'],
    ]) {
      const heard = await speak(port, `${head(...headers)}0\r\n\r\n${smuggled}`);
      expect(statuses(heard), headers.join()).toEqual([400]);
    }
    expect(servers.store.hasCollection('cities')).toBe(true);
    await alive(url);
  });

  it('or are too long, or none, are refused', async () => {
    const { url, port } = await servers.start();
    expect(statuses(await speak(port, 'GET / HTTP/1.1\r\n\r\n'))).toEqual([400]);
    const long = `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    expect(statuses(await speak(port, long))).toEqual([431]);
    const many = Array.from({ length: 3000 }, (_, i) => `x${i}: 1`);
    expect(statuses(await speak(port, head(...many)))).toEqual([431]);
    expect(statuses(await speak(port, '\x16\x03\x01\x02\x00\x01\x00\x01'))).toEqual([400]);
    await alive(url);
  });
});

describe('a client that hangs up in the middle of a body', () => {
  it('harms nobody', async () => {
    const reported: unknown[] = [];
    const { url, port } = await servers.start({ onError: (error) => reported.push(error) });
    for (let round = 0; round < 10; round++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`${head('Content-Length: 1000')}{"vectors"`);
      await pause(5);
      if (round % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    }
    await pause(30);
    await alive(url);
    expect(servers.store.hasCollection('a')).toBe(false);
    expect(reported).toEqual([]);
  });
});

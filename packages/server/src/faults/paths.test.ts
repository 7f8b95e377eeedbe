/** Paths, methods, media types, hosts and origins that no good client has. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { speak, statuses, testServers } from '../testing/socket.case.js';

const servers = testServers();

const ask = async (port: number, method: string, path: string, ...headers: string[]) => {
  const heard = await speak(
    port,
    [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n'),
  );
  const [head = '', body = ''] = heard.split('\r\n\r\n');
  return { status: statuses(head)[0], head: head.toLowerCase(), body };
};

describe('ids in paths', () => {
  it.each([
    '%2e%2e',
    '..%2f..%2fetc',
    '%00',
    'a%00b',
    '%c0%ae%c0%ae',
    '%ff',
    '%',
    '%zz',
    'CON',
    'NUL.txt',
    '-1',
    '1.5',
    '99999999999999999999',
    '550e8400',
    '%F0%9F%98%80',
    'a'.repeat(3000),
  ])('of points: %s', async (id) => {
    const { port } = await servers.start();
    const { status } = await ask(port, 'GET', `/collections/cities/points/${id}`);
    expect(status).toBe(400);
  });

  it.each(['%00', 'a%00b', 'a%2fb', '%2e%2e%2fb', 'a%3ab', 'a%5cb', 'a'.repeat(256), '%ff', '%c0%ae'])(
    'of new collections: %s',
    async (name) => {
      const { url, port } = await servers.start();
      const body = '{"vectors":{"size":1,"distance":"Dot"}}';
      const heard = await speak(
        port,
        `PUT /collections/${name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      expect(Math.floor(statuses(heard)[0]! / 100), heard).toBe(4);
      const { result } = (await (await fetch(`${url}/collections`)).json()) as {
        result: { collections: unknown };
      };
      expect(result.collections).toEqual([{ name: 'cities' }]);
    },
  );

  it('that are names of devices are names like any other: no file bears them', async () => {
    const { url } = await servers.start();
    for (const name of ['CON', 'nul', 'COM1', 'aux.h', '...', '. ']) {
      const path = `${url}/collections/${encodeURIComponent(name)}`;
      const body = '{"vectors":{"size":1,"distance":"Dot"}}';
      const made = await fetch(path.replace(/\/\.\.\.$/, '/%2e%2e%2e'), { method: 'PUT', body });
      expect(made.status, name).toBe(200);
      expect((await fetch(path)).status).toBe(200);
      expect((await fetch(path, { method: 'DELETE' })).status).toBe(200);
    }
  });
});

describe('methods', () => {
  it('that a path has not get 405, with those that it has', async () => {
    const { port } = await servers.start();
    const wrong = await ask(port, 'PATCH', '/collections/cities/facet');
    expect([wrong.status, wrong.head]).toEqual([405, expect.stringContaining('allow: post, options')]);
    for (const method of ['TRACE', 'PROPFIND', 'PURGE', 'QUERY', 'LINK'])
      expect((await ask(port, method, '/collections')).status).toBe(405);
    expect((await ask(port, 'NONSENSE', '/collections')).status).toBe(400);
    // A tunnel is not opened.
    expect((await ask(port, 'CONNECT', 'localhost:1')).status).toBeUndefined();
  });

  it('HEAD answers as GET without a body, OPTIONS with the methods', async () => {
    const { port } = await servers.start();
    for (const path of ['/', '/collections', '/collections/cities', '/healthz', '/metrics', '/nothing']) {
      const get = await ask(port, 'GET', path);
      const head = await ask(port, 'HEAD', path);
      expect([head.status, head.body], path).toEqual([get.status, '']);
    }
    const options = await ask(port, 'OPTIONS', '/collections/cities');
    expect(options.status).toBe(204);
    expect(options.head).toContain('allow: put, get, head, patch, delete, options');
    expect((await ask(port, 'OPTIONS', '/nothing')).status).toBe(404);
    expect((await ask(port, 'OPTIONS', '*')).status).toBeGreaterThanOrEqual(400);
  });

  it('of upgrades are not understood', async () => {
    const { url, port } = await servers.start();
    const { status } = await ask(port, 'GET', '/collections', 'Upgrade: websocket', 'Connection: Upgrade');
    expect([200, 400, undefined]).toContain(status);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('hosts and origins of other sites', () => {
  it('are refused on loopback, however they are written', async () => {
    const { port } = await servers.start();
    const by = async (host: string, ...headers: string[]) =>
      statuses(
        await speak(
          port,
          [
            'DELETE /collections/none HTTP/1.1',
            `Host: ${host}`,
            'Connection: close',
            ...headers,
            '',
            '',
          ].join('\r\n'),
        ),
      )[0];
    for (const host of ['rebound.example', `rebound.example:${port}`, 'localhost.evil', '127.0.0.1.evil'])
      expect(await by(host), host).toBe(403);
    expect(await by(`localhost:${port}`)).toBe(200);
    expect(await by(`localhost:${port}`, 'Origin: https://evil.example')).toBe(403);
    expect(await by(`localhost:${port}`, 'Origin: null')).toBe(403);
    expect(await by(`localhost:${port}`, `Origin: http://localhost:${port}`)).toBe(200);
  });

  it('may use a server that allows them, and only those', async () => {
    const { url } = await servers.start({ corsOrigins: ['https://app.example'], apiKey: 'secret' });
    const from = (origin: string, method: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/collections/none`, { method, headers: { origin, ...headers } });
    const preflight = await from('https://app.example', 'OPTIONS', {
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'api-key',
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('api-key');
    const deleted = await from('https://app.example', 'DELETE', { 'api-key': 'secret' });
    expect([deleted.status, deleted.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'https://app.example',
    ]);
    expect((await from('https://evil.example', 'DELETE', { 'api-key': 'secret' })).status).toBe(403);
    const read = await from('https://evil.example', 'GET', { 'api-key': 'secret' });
    expect(read.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('files', () => {
  it('are those of the studio and no others', async () => {
    const folder = join(servers.store.path, 'studio');
    await mkdir(join(folder, 'assets'), { recursive: true });
    await writeFile(join(folder, 'index.html'), '<h1>studio</h1>');
    await writeFile(join(servers.store.path, 'secret.txt'), 'secret');
    await symlink(join(servers.store.path, 'secret.txt'), join(folder, 'link.txt'));
    const { port } = await servers.start({ studio: folder });
    expect((await ask(port, 'GET', '/dashboard/')).body).toContain('studio');
    for (const path of [
      '../secret.txt',
      '%2e%2e/secret.txt',
      '..%2fsecret.txt',
      '%2e%2e%2fsecret.txt',
      '..%5csecret.txt',
      'assets/..%2f..%2fsecret.txt',
      '%252e%252e/secret.txt',
      'link.txt',
      '%00',
      'index.html%00.png',
      '%c0%ae%c0%ae/secret.txt',
      '/etc/passwd',
    ]) {
      const { status, body } = await ask(port, 'GET', `/dashboard/${path}`);
      expect([400, 404], path).toContain(status);
      expect(body).not.toContain('root:');
      expect(body).not.toMatch(/^secret/);
    }
  });
});

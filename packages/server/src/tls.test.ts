import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statuses, talk, testServers } from './testing/socket.case.js';

const servers = testServers();
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}.pem`, import.meta.url));

let folder = '';
let files: { cert: string; key: string };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-tls-'));
  files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await use('first');
});
afterAll(() => rm(folder, { recursive: true }));

async function use(name: string): Promise<void> {
  await copyFile(fixture(`${name}.cert`), files.cert);
  await copyFile(fixture(`${name}.key`), files.key);
}

/** The name in the certificate that a new connection is shown. */
function nameOn(port: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.end();
    });
    socket.on('error', reject);
  });
}

describe('TLS', () => {
  it('serves over HTTPS and not over HTTP', async () => {
    const { url, port } = await servers.start({ tls: files });
    expect(url).toBe(`https://127.0.0.1:${port}`);
    const [status, body] = await new Promise<[number | undefined, string]>((resolve, reject) => {
      get(`${url}/collections`, { rejectUnauthorized: false, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => resolve([response.statusCode, text]));
      }).on('error', reject);
    });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ result: { collections: [{ name: 'cities' }] } });
    const plain = talk(port);
    plain.socket.write('GET /collections HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await plain.closed;
    expect(statuses(plain.heard())).not.toContain(200);
  });

  it('takes a new certificate while it runs, and keeps the old one when the new is none', async () => {
    const { port, reloadTls } = await servers.start({ tls: files });
    expect(await nameOn(port)).toBe('first.test');
    await use('second');
    await reloadTls();
    expect(await nameOn(port)).toBe('second.test');
    await writeFile(files.cert, 'no certificate');
    await expect(reloadTls()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(files.cert),
    });
    expect(await nameOn(port)).toBe('second.test');
    await use('first');
  });

  it('does not wait for a handshake for ever', async () => {
    const { port } = await servers.start({ tls: files, headersTimeout: 200 });
    const silent = connectPlain(port, '127.0.0.1');
    silent.on('error', () => undefined);
    const started = performance.now();
    await new Promise((resolve) => silent.once('close', resolve));
    expect(performance.now() - started).toBeLessThan(3000);
    expect(await nameOn(port)).toBe('first.test');
  });

  it('says which files it cannot use', async () => {
    const missing = { ...files, cert: join(folder, 'none.pem') };
    await expect(servers.start({ tls: missing })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/none\.pem.*PEM files that belong together/s),
    });
    const strangers = { cert: fixture('first.cert'), key: fixture('second.key') };
    await expect(servers.start({ tls: strangers })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

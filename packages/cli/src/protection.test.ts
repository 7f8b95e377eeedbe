import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Running, runCli, startCli } from './cli.case.js';

let folder = '';
let store = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fletch-protection-'));
  store = join(folder, 'store');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../server/fixtures/${name}.pem`, import.meta.url));
const serve = (args: readonly string[], env: Record<string, string> = {}) =>
  startCli(['serve', '--port', '0', '--json', '--store', store, ...args], env);

async function addressOf(running: Running): Promise<URL> {
  return new URL(JSON.parse(await running.printed('stdout', /\}\n/)).url);
}

/** A request that is never finished. */
async function stuckRequest(port: string) {
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('PUT /collections/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{');
  await new Promise((resolve) => setTimeout(resolve, 100));
  return socket;
}

test('keys come from files and the environment, and are not in the list of processes', async () => {
  const file = join(folder, 'key');
  writeFileSync(file, 'secret-of-file\n');
  const server = serve(['--api-key-file', file], { FLETCH_READ_ONLY_API_KEY: 'secret-of-reader' });
  const { href } = await addressOf(server);
  const status = async (method: string, key: string) =>
    (await fetch(`${href}collections/a`, { method, headers: { 'api-key': key } })).status;
  expect(await status('DELETE', 'secret-of-file')).toBe(200);
  expect(await status('DELETE', 'secret-of-reader')).toBe(403);
  expect(await status('GET', 'secret-of-reader')).toBe(404);
  expect(await status('GET', 'secret')).toBe(401);
  if (process.platform === 'linux')
    expect(readFileSync(`/proc/${server.child.pid}/cmdline`, 'utf8')).not.toContain('secret');
  server.child.kill('SIGTERM');
  const { code, stdout, stderr } = await server.finished;
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain('secret');
});

test.each([
  [['--api-key-file', '/nonexistent/key'], /key in \/nonexistent\/key cannot be read/],
  [['--api-key', 'a', '--api-key-file', '/x'], /not both/],
  [['--tls-cert', '/x'], /belong together/],
  [['--tls-ca', '/x'], /only with --tls-cert/],
  [['--tls-cert', '/x', '--tls-key', '/y'], /cannot be used/],
  [['--max-body', '0'], /at least|from 1/],
  [['--grace', 'soon'], /whole number/],
] as const)('what does not fit is refused: %j', async (args, words) => {
  const { code, stdout, stderr } = await runCli(['serve', '--port', '0', '--store', store, ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(words);
});

test('the limits that are given are kept', async () => {
  const server = serve(['--max-body', '1', '--cors-origin', 'https://app.example']);
  const { href } = await addressOf(server);
  const large = await fetch(`${href}collections/a`, { method: 'PUT', body: ' '.repeat(2 ** 20 + 1) });
  expect(large.status).toBe(413);
  const { headers } = await fetch(`${href}collections`, { headers: { origin: 'https://app.example' } });
  expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
  server.child.kill('SIGTERM');
  expect(await server.finished).toMatchObject({ code: 0 });
});

test('it serves HTTPS, and reads the certificate again when it is told to', async () => {
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const use = (name: string) => {
    copyFileSync(fixture(`${name}.cert`), files.cert);
    copyFileSync(fixture(`${name}.key`), files.key);
  };
  use('first');
  const server = serve(['--tls-cert', files.cert, '--tls-key', files.key]);
  const { href, protocol, port } = await addressOf(server);
  expect(protocol).toBe('https:');
  const status = await new Promise((resolve, reject) => {
    get(href, { rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
  expect(status).toBe(200);
  if (process.platform !== 'win32') {
    const name = () =>
      new Promise((resolve, reject) => {
        const socket = connectTls(
          { port: Number(port), host: '127.0.0.1', rejectUnauthorized: false },
          () => {
            resolve(socket.getPeerCertificate().subject.CN);
            socket.end();
          },
        );
        socket.on('error', reject);
      });
    expect(await name()).toBe('first.test');
    use('second');
    server.child.kill('SIGHUP');
    await server.printed('stderr', /Read the certificate again/);
    expect(await name()).toBe('second.test');
    writeFileSync(files.cert, 'none');
    server.child.kill('SIGHUP');
    await server.printed('stderr', /Keeping the old certificate/);
    expect(await name()).toBe('second.test');
  }
  server.child.kill('SIGTERM');
  expect(await server.finished).toMatchObject({ code: 0 });
});

test('it ends with 0 when its grace is over, and at once when it is told twice', async () => {
  const patient = serve(['--grace', '1']);
  await stuckRequest((await addressOf(patient)).port);
  let started = performance.now();
  patient.child.kill('SIGTERM');
  expect(await patient.finished).toMatchObject({ code: 0 });
  expect(performance.now() - started).toBeGreaterThan(900);

  const hurried = serve(['--grace', '60']);
  await stuckRequest((await addressOf(hurried)).port);
  started = performance.now();
  hurried.child.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 300));
  hurried.child.kill('SIGTERM');
  expect(await hurried.finished).toMatchObject({ code: 130 });
  expect(performance.now() - started).toBeLessThan(10_000);
  // Nothing is lost or locked by that.
  expect((await runCli(['collections', 'list', '--store', store])).code).toBe(0);
});

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, testApp } from './testing/setup.case.js';

let outer: string;
let ask: Ask;

beforeAll(async () => {
  outer = await mkdtemp(join(tmpdir(), 'fletch-studio-'));
  const studio = join(outer, 'dist');
  await mkdir(join(studio, 'assets'), { recursive: true });
  await writeFile(join(outer, 'secret.txt'), 'secret');
  await writeFile(join(studio, 'index.html'), '<!doctype html><title>Studio</title>');
  await writeFile(join(studio, 'assets', 'main-abc123.js'), 'export {};');
  await writeFile(join(studio, 'favicon.svg'), '<svg/>');
  await symlink(join(outer, 'secret.txt'), join(studio, 'link.txt'));
  ({ ask } = await testApp({ studio, apiKey: 'secret' }));
});
afterAll(() => rm(outer, { recursive: true }));

describe('the studio', () => {
  it('is where browsers are sent', async () => {
    const home = await ask('GET', '/', undefined, { accept: 'text/html,*/*' });
    expect([home.status, home.headers.get('location')]).toEqual([302, '/dashboard/']);
    const short = await ask('GET', '/dashboard');
    expect([short.status, short.headers.get('location')]).toEqual([302, '/dashboard/']);
    expect((await ask('GET', '/', undefined, { accept: '*/*' })).body.version).toBe('1.19.0');
  });

  it('comes with types, a strict policy and no key', async () => {
    const page = await ask('GET', '/dashboard/');
    expect(page).toMatchObject({ status: 200, body: '<!doctype html><title>Studio</title>' });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const script = await ask('GET', '/dashboard/assets/main-abc123.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect((await ask('GET', '/dashboard/favicon.svg')).headers.get('content-type')).toBe('image/svg+xml');
  });

  it('is not sent again when it did not change', async () => {
    const tag = (await ask('GET', '/dashboard/')).headers.get('etag')!;
    expect(await ask('GET', '/dashboard/', undefined, { 'if-none-match': tag })).toMatchObject({
      status: 304,
      body: '',
    });
  });

  it('is confined to its folder', async () => {
    for (const path of [
      '..%2Fsecret.txt',
      '%2e%2e/secret.txt',
      '../secret.txt',
      'assets/..%2f..%2fsecret.txt',
      '..%5Csecret.txt',
      'link.txt',
      '%00',
      '%FF',
      'assets',
      'missing.js',
    ]) {
      const { status, body } = await ask('GET', `/dashboard/${path}`);
      expect([400, 401, 404], path).toContain(status);
      expect(JSON.stringify(body)).not.toContain('"secret"');
    }
  });

  it('is not there without its folder', async () => {
    const { ask } = await testApp();
    expect((await ask('GET', '/dashboard/')).status).toBe(404);
    expect((await ask('GET', '/', undefined, { accept: 'text/html' })).status).toBe(200);
  });
});

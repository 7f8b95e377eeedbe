import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '@fletch/search';
import type { Env, Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Ask, fillCities, testApp } from '../testing/setup.case.js';

let app: Hono<Env>;
let ask: Ask;
let store: Store;

beforeEach(async () => {
  ({ app, ask, store } = await testApp({ maxSnapshotBytes: 4 * 2 ** 20 }));
  await fillCities(ask);
});

const at = '/collections/cities/snapshots';
const error = (words: string) => ({ status: { error: expect.stringContaining(words) } });

async function send(path: string, file: BlobPart | undefined, name = 'mine.snapshot', field = 'snapshot') {
  const form = new FormData();
  form.set('note', 'x');
  if (file !== undefined) form.set(field, new Blob([file]), name);
  const response = await app.request(path, { method: 'POST', body: form });
  return { status: response.status, body: await response.json() };
}

describe('aliases', () => {
  const change = (...actions: unknown[]) => ask('POST', '/collections/aliases', { actions });
  const create = (alias_name: string, collection_name: string) => ({
    create_alias: { alias_name, collection_name },
  });

  it('stand for a collection wherever its name does', async () => {
    expect(await change(create('towns', 'cities'))).toMatchObject({ status: 200, body: { result: true } });
    const aliases = [{ alias_name: 'towns', collection_name: 'cities' }];
    expect((await ask('GET', '/aliases')).body.result).toEqual({ aliases });
    expect((await ask('GET', '/collections/towns/aliases')).body.result).toEqual({ aliases });
    expect((await ask('GET', '/collections/cities/aliases')).body.result).toEqual({ aliases });
    expect((await ask('GET', '/collections/towns/exists')).body.result).toEqual({ exists: true });
    expect((await ask('GET', '/collections')).body.result).toEqual({ collections: [{ name: 'cities' }] });
    expect((await ask('GET', '/collections/towns')).body.result.points_count).toBe(6);
    const query = { query: [1, 0, 0, 0], limit: 1 };
    expect((await ask('POST', '/collections/towns/points/query', query)).body.result.points[0].id).toBe(1);
    expect((await ask('POST', '/collections/towns/snapshots')).status).toBe(200);
    expect((await ask('DELETE', '/collections/towns')).body.result).toBe(false);
    expect((await ask('PUT', '/collections/towns', { vectors: { size: 2, distance: 'Dot' } })).body).toEqual({
      ...error(
        "Wrong input: Can't create collection with name towns. Alias with the same name already exists",
      ),
      time: 0,
    });
  });

  it('are refused as in the dialect', async () => {
    expect(await change(create('a', 'none'))).toMatchObject({
      status: 404,
      body: error("Not found: Collection `none` doesn't exist!"),
    });
    expect(await change(create('cities', 'cities'))).toMatchObject({
      status: 409,
      body: error('Wrong input: Collection `cities` already exists!'),
    });
    const rename = { rename_alias: { old_alias_name: 'none', new_alias_name: 'b' } };
    expect(await change(rename)).toMatchObject({ status: 404, body: error('Alias none does not exists!') });
    expect(await change({ delete_alias: { alias_name: 'none' } })).toMatchObject({ status: 200 });
    expect(await change({ make_alias: {} })).toMatchObject({
      status: 400,
      body: error('actions[0]: expected'),
    });
    expect(await change({ create_alias: {} })).toMatchObject({
      status: 400,
      body: error('actions[0].create_alias.collection_name'),
    });
    expect((await ask('GET', '/collections/none/aliases')).status).toBe(404);
  });
});

describe('snapshots of a collection', () => {
  it('are made, listed, downloaded, recovered and deleted', async () => {
    const made = (await ask('POST', `${at}?wait=true`)).body;
    expect(made).toEqual({
      result: {
        name: expect.stringMatching(/^cities-\d+-[\d-]+\.snapshot$/),
        creation_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
        size: expect.any(Number),
        checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      status: 'ok',
      time: expect.any(Number),
    });
    const { name, size, checksum } = made.result;
    expect((await ask('GET', at)).body.result).toEqual([made.result]);
    const response = await app.request(`${at}/${name}`);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-disposition')).toContain(name);
    const bytes = await response.arrayBuffer();
    expect(bytes.byteLength).toBe(size);

    await ask('DELETE', `${at}/${name}`);
    await ask('POST', '/collections/cities/points/delete', { points: [1, 2, 3] });
    expect(await send(`${at}/upload?priority=snapshot&checksum=${checksum}`, bytes)).toMatchObject({
      status: 200,
      body: { result: true, status: 'ok' },
    });
    expect((await ask('GET', '/collections/cities')).body.result.points_count).toBe(6);
    expect((await ask('GET', at)).body.result).toMatchObject([{ name: 'mine.snapshot', checksum }]);

    const location = `file://${store.path}/snapshots/cities/mine.snapshot`;
    expect(await ask('PUT', '/collections/new/snapshots/recover', { location })).toMatchObject({
      status: 200,
      body: { result: true },
    });
    expect((await ask('GET', '/collections/new')).body.result.points_count).toBe(6);
    expect((await ask('DELETE', `${at}/mine.snapshot?wait=true`)).body.result).toBe(true);
    expect(await ask('DELETE', `${at}/mine.snapshot`)).toMatchObject({
      status: 404,
      body: error('Not found: Snapshot mine.snapshot not found'),
    });
  });

  it('are made in the background when nobody waits', async () => {
    const accepted = await ask('POST', `${at}?wait=false`);
    expect(accepted).toMatchObject({ status: 202, body: { status: 'accepted', time: expect.any(Number) } });
    expect(accepted.body).not.toHaveProperty('result');
    await expect.poll(async () => (await ask('GET', at)).body.result).toHaveLength(1);
    expect((await ask('DELETE', `${at}/none?wait=false`)).status).toBe(202);
  });

  it('are not found elsewhere, and refuse what is no snapshot', async () => {
    await ask('POST', at);
    for (const path of ['%2e%2e%2ffletch.json', '..%2F..%2Ffletch.json', '%2Fetc%2Fpasswd', 'x%00'])
      for (const method of ['GET', 'DELETE'])
        expect((await ask(method, `${at}/${path}`)).status, path).toBeGreaterThanOrEqual(400);
    expect(await readdir(store.path)).toContain('fletch.json');
    const cases: [unknown, number, string][] = [
      [{ location: 'file:///etc/passwd' }, 403, 'Forbidden: Snapshot file path must be inside'],
      [{ location: `file://${store.path}/snapshots/none` }, 400, 'does not exist'],
      [{ location: 'gopher://x/' }, 400, 'with scheme gopher is not supported'],
      [{ location: 'http://127.0.0.1:1/x' }, 503, 'cannot be fetched'],
      [{ location: 'x', checksum: 'abc' }, 400, 'checksum'],
      [{ location: 'x', priority: 'mine' }, 400, 'priority'],
      [{}, 400, 'location'],
    ];
    for (const [body, status, words] of cases)
      expect(await ask('PUT', `${at}/recover`, body)).toMatchObject({ status, body: error(words) });
    expect(await ask('PUT', '/collections/a%3Ab/snapshots/recover', { location: 'x' })).toMatchObject({
      status: 422,
    });
  });

  it('refuse bad uploads and leave nothing of them', async () => {
    expect(await send(`${at}/upload`, 'nonsense')).toMatchObject({
      status: 400,
      body: error('is damaged: it ends too early. Nothing was restored.'),
    });
    expect(await send(`${at}/upload?checksum=${'0'.repeat(64)}`, 'x')).toMatchObject({
      status: 400,
      body: error('Checksum mismatch: expected 000'),
    });
    expect(await send(`${at}/upload`, 'x', 'a', 'other')).toMatchObject({
      status: 400,
      body: error('the file `snapshot` is missing'),
    });
    expect(await send(`${at}/upload`, undefined)).toMatchObject({ status: 400 });
    expect(await send(`${at}/upload`, new Uint8Array(5 * 2 ** 20))).toMatchObject({ status: 413 });
    expect(await ask('POST', `${at}/upload`, {})).toMatchObject({
      status: 400,
      body: error('expected multipart/form-data'),
    });
    const broken = await app.request(`${at}/upload`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: '--b\r\nContent-Disposition: form-data; name="snapshot"; filename="f"\r\n\r\nhalf',
    });
    expect(broken.status).toBe(400);
    expect((await ask('GET', at)).body.result).toEqual([]);
    expect((await ask('GET', '/collections/cities')).body.result.points_count).toBe(6);
    expect(await readdir(join(store.path, 'temporary'))).toEqual([]);
  });

  it('take a place of their own whatever the client calls them', async () => {
    const { name } = (await ask('POST', at)).body.result;
    const bytes = await (await app.request(`${at}/${name}`)).arrayBuffer();
    for (const [given, kept] of [
      ['../../../evil.snapshot', 'evil.snapshot'],
      ['..\\evil2', 'evil2.snapshot'],
      ['/etc/passwd', 'passwd.snapshot'],
    ] as const) {
      expect((await send('/collections/other/snapshots/upload', bytes, given)).status).toBe(200);
      const { result } = (await ask('GET', '/collections/other/snapshots')).body;
      expect(result.map((each: { name: string }) => each.name)).toContain(kept);
    }
    expect((await readdir(store.path)).sort()).toEqual([
      'collections',
      'fletch.json',
      'lock',
      'snapshots',
      'temporary',
    ]);
  });
});

describe('snapshots of shards and of the store', () => {
  it('answer for the one shard there is', async () => {
    const shard = '/collections/cities/shards/0';
    const { result } = (await ask('POST', `${shard}/snapshots`)).body;
    expect(result.name).toMatch(/^cities-shard-0-/);
    expect((await ask('GET', `${shard}/snapshots`)).body.result).toEqual([result]);
    expect((await ask('GET', at)).body.result).toEqual([]);
    const bytes = await (await app.request(`${shard}/snapshots/${result.name}`)).arrayBuffer();
    const streamed = await (await app.request(`${shard}/snapshot`)).arrayBuffer();
    await ask('POST', '/collections/cities/points/delete', { points: [1] });
    for (const recover of [
      () => ask('PUT', `${shard}/snapshots/recover`, { location: result.name }),
      () => send(`${shard}/snapshots/upload`, bytes, result.name),
      () => send(`${shard}/snapshots/upload`, streamed, 'streamed'),
    ]) {
      await ask('POST', '/collections/cities/points/delete', { points: [2, 3] });
      expect(await recover()).toMatchObject({ status: 200, body: { result: true } });
      expect((await ask('GET', '/collections/cities')).body.result.points_count).toBe(6);
    }
    expect((await ask('DELETE', `${shard}/snapshots/${result.name}`)).body.result).toBe(true);
    expect(await ask('GET', '/collections/cities/shards/1/snapshots')).toMatchObject({
      status: 404,
      body: error('Not found: shard 1 not found'),
    });
    expect((await ask('GET', '/collections/cities/shards/x/snapshots')).status).toBe(400);
    expect((await send('/collections/cities/shards/7/snapshots/upload', bytes)).status).toBe(404);
  });

  it('hold everything', async () => {
    const { result } = (await ask('POST', '/snapshots')).body;
    expect(result.name).toMatch(/^full-snapshot-[\d-]+\.snapshot$/);
    expect((await ask('GET', '/snapshots')).body.result).toEqual([result]);
    const bytes = await (await app.request(`/snapshots/${result.name}`)).arrayBuffer();
    expect(bytes.byteLength).toBe(result.size);
    expect((await ask('GET', '/snapshots/..%2Ffletch.json')).status).toBe(404);
    expect((await ask('DELETE', `/snapshots/${result.name}`)).body.result).toBe(true);
    expect((await ask('GET', '/snapshots')).body.result).toEqual([]);
  });
});

describe('strict mode', () => {
  const patch = (strict_mode_config: object) => ask('PATCH', '/collections/cities', { strict_mode_config });

  it('answers 400 with what to do, and 429 with when to come back', async () => {
    await patch({ enabled: true, max_query_limit: 5, max_timeout: 10 });
    expect((await ask('GET', '/collections/cities')).body.result.config.strict_mode_config).toEqual({
      enabled: true,
      max_query_limit: 5,
      max_timeout: 10,
    });
    const query = { query: [1, 0, 0, 0], limit: 6 };
    expect(await ask('POST', '/collections/cities/points/query', query)).toMatchObject({
      status: 400,
      body: error(
        'Bad request: Limit exceeded 6 > 5 for "limit". Help: Reduce the "limit" parameter to or below 5.',
      ),
    });
    expect(await ask('POST', '/collections/cities/points/scroll?timeout=11', {})).toMatchObject({
      status: 400,
      body: error('Limit exceeded 11 > 10 for "timeout"'),
    });
    expect((await ask('POST', '/collections/cities/points/scroll?timeout=10', {})).status).toBe(200);
    await patch({ read_rate_limit: 2 });
    for (let i = 0; i < 2; i++)
      expect((await ask('POST', '/collections/cities/points/scroll', { limit: 1 })).status).toBe(200);
    const limited = await ask('POST', '/collections/cities/points/scroll', { limit: 1 });
    expect(limited).toMatchObject({
      status: 429,
      body: error('Rate limiting exceeded: Read rate limit exceeded: Operation requires 1 tokens'),
    });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(20);
    await patch({ enabled: false });
    expect((await ask('POST', '/collections/cities/points/scroll', { limit: 9 })).status).toBe(200);
  });
});

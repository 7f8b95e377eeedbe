import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import { type Fixture, freshName, method, operation, refused, useClient } from './client.case.js';

useClient();

const description = {
  name: expect.stringMatching(/\.snapshot$/),
  creation_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/),
  size: expect.any(Number),
  checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
};

async function collectionWith({ client }: Fixture, points: number): Promise<string> {
  const name = freshName();
  await client.createCollection(name, { vectors: { size: 1, distance: 'Dot' } });
  const rows = Array.from({ length: points }, (_, id) => ({ id, vector: [id + 1], payload: { id } }));
  await client.upsert(name, { points: rows });
  return name;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function download(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}

function form(bytes: Uint8Array<ArrayBuffer>): FormData {
  const data = new FormData();
  data.append('snapshot', new Blob([bytes]), 'some.snapshot');
  return data;
}

method('createSnapshot', async (fixture) => {
  const name = await collectionWith(fixture, 3);
  const made = await fixture.client.createSnapshot(name, { wait: true });
  expect(made).toEqual(description);
  expect(made!.size).toBeGreaterThan(0);
  await expect(fixture.client.createSnapshot('none')).rejects.toMatchObject({ status: 404 });
});

method('listSnapshots', async (fixture) => {
  const name = await collectionWith(fixture, 1);
  expect(await fixture.client.listSnapshots(name)).toEqual([]);
  const made = await fixture.client.createSnapshot(name);
  expect(await fixture.client.listSnapshots(name)).toEqual([made]);
});

method('deleteSnapshot', async (fixture) => {
  const { client } = fixture;
  const name = await collectionWith(fixture, 1);
  const made = await client.createSnapshot(name);
  expect(await client.deleteSnapshot(name, made!.name, { wait: true })).toBe(true);
  expect(await client.listSnapshots(name)).toEqual([]);
  await expect(client.deleteSnapshot(name, made!.name)).rejects.toMatchObject({ status: 404 });
  for (const outside of ['..%2f..%2fx', '../x', '%2e%2e'])
    await expect(client.deleteSnapshot(name, outside)).rejects.toMatchObject({
      status: expect.toSatisfy((status: number) => status === 400 || status === 404),
    });
});

operation('getSnapshot', async (fixture) => {
  const { client, url } = fixture;
  const name = await collectionWith(fixture, 3);
  const made = await client.createSnapshot(name);
  const bytes = await download(`${url}/collections/${name}/snapshots/${made!.name}`);
  expect([bytes.length, sha256(bytes)]).toEqual([made!.size, made!.checksum]);
  await expect(
    client.api().getSnapshot({ collection_name: name, snapshot_name: 'none.snapshot' }),
  ).rejects.toMatchObject({ status: 404 });
});

method('recoverSnapshot', async (fixture) => {
  const { client, url } = fixture;
  const name = await collectionWith(fixture, 3);
  const made = await client.createSnapshot(name);
  const location = `${url}/collections/${name}/snapshots/${made!.name}`;
  const checksum = made!.checksum!;
  await client.delete(name, { points: [0, 1] });
  expect(await client.recoverSnapshot(name, { location, priority: 'snapshot', checksum })).toBe(true);
  expect((await client.count(name)).count).toBe(3);
  expect(await client.retrieve(name, { ids: [1], with_vector: true })).toMatchObject([
    { id: 1, vector: [2], payload: { id: 1 } },
  ]);
  // Into a collection that is not there yet, too.
  const copy = freshName();
  await client.recoverSnapshot(copy, { location });
  expect((await client.query(copy, { query: [1], limit: 1 })).points).toMatchObject([{ id: 2, score: 3 }]);
});

method('recoverSnapshot: what cannot be recovered', async (fixture) => {
  const { client, url } = fixture;
  const name = await collectionWith(fixture, 3);
  const made = await client.createSnapshot(name);
  const location = `${url}/collections/${name}/snapshots/${made!.name}`;
  await expect(client.recoverSnapshot(name, { location, checksum: '0'.repeat(64) })).rejects.toMatchObject(
    refused(400, expect.stringMatching(/checksum/i)),
  );
  for (const wrong of ['file:///none', pathToFileURL(process.execPath).href, 'ftp://localhost/x', 'nonsense'])
    await expect(client.recoverSnapshot(name, { location: wrong })).rejects.toMatchObject({ status: 400 });
  await expect(client.recoverSnapshot(name, { location: `${url}/healthz` })).rejects.toMatchObject({
    status: expect.toSatisfy((status: number) => status >= 400),
  });
  expect((await client.count(name)).count).toBe(3);
});

operation('recoverFromUploadedSnapshot', async (fixture) => {
  const { client, url } = fixture;
  const name = await collectionWith(fixture, 3);
  const made = await client.createSnapshot(name);
  const bytes = await download(`${url}/collections/${name}/snapshots/${made!.name}`);
  const copy = freshName();
  const upload = (query: string, data: FormData) =>
    fetch(`${url}/collections/${copy}/snapshots/upload${query}`, { method: 'POST', body: data });
  const answer = await upload(`?priority=snapshot&wait=true&checksum=${made!.checksum}`, form(bytes));
  expect(await answer.json()).toMatchObject({ result: true, status: 'ok' });
  expect((await client.count(copy)).count).toBe(3);
  expect((await upload(`?checksum=${'0'.repeat(64)}`, form(bytes))).status).toBe(400);
  expect((await upload('', form(new Uint8Array([1, 2, 3])))).status).toBeGreaterThanOrEqual(400);
  expect((await client.count(copy)).count).toBe(3);
});

method('createFullSnapshot', async ({ client }) => {
  expect(await client.createFullSnapshot({ wait: true })).toEqual(description);
});

method('listFullSnapshots', async ({ client }) => {
  const made = await client.createFullSnapshot();
  expect(await client.listFullSnapshots()).toContainEqual(made);
});

method('deleteFullSnapshot', async ({ client }) => {
  const made = await client.createFullSnapshot();
  expect(await client.deleteFullSnapshot(made!.name)).toBe(true);
  expect(await client.listFullSnapshots()).not.toContainEqual(made);
  await expect(client.deleteFullSnapshot(made!.name)).rejects.toMatchObject({ status: 404 });
});

operation('getFullSnapshot', async ({ client, url }) => {
  const made = await client.createFullSnapshot();
  const bytes = await download(`${url}/snapshots/${made!.name}`);
  expect([bytes.length, sha256(bytes)]).toEqual([made!.size, made!.checksum]);
  await expect(client.api().getFullSnapshot({ snapshot_name: 'none.snapshot' })).rejects.toMatchObject({
    status: 404,
  });
});

method('createShardSnapshot', async (fixture) => {
  const name = await collectionWith(fixture, 2);
  expect(await fixture.client.createShardSnapshot(name, 0, { wait: true })).toEqual(description);
  await expect(fixture.client.createShardSnapshot(name, 1, { wait: true })).rejects.toMatchObject({
    status: 404,
  });
});

method('listShardSnapshots', async (fixture) => {
  const name = await collectionWith(fixture, 2);
  expect(await fixture.client.listShardSnapshots(name, 0)).toEqual([]);
  const made = await fixture.client.createShardSnapshot(name, 0, {});
  expect(await fixture.client.listShardSnapshots(name, 0)).toEqual([made]);
});

method('deleteShardSnapshot', async (fixture) => {
  const { client } = fixture;
  const name = await collectionWith(fixture, 2);
  const made = await client.createShardSnapshot(name, 0, {});
  expect(await client.deleteShardSnapshot(name, 0, made.name, {})).toBe(true);
  expect(await client.listShardSnapshots(name, 0)).toEqual([]);
});

operation('getShardSnapshot', async (fixture) => {
  const { client, url } = fixture;
  const name = await collectionWith(fixture, 2);
  const made = await client.createShardSnapshot(name, 0, {});
  const bytes = await download(`${url}/collections/${name}/shards/0/snapshots/${made.name}`);
  expect([bytes.length, sha256(bytes)]).toEqual([made.size, made.checksum]);
});

operation('streamShardSnapshot', async (fixture) => {
  const name = await collectionWith(fixture, 2);
  const bytes = await download(`${fixture.url}/collections/${name}/shards/0/snapshot`);
  expect(bytes.length).toBeGreaterThan(0);
});

method('recoverShardFromSnapshot', async (fixture) => {
  const { client, url } = fixture;
  const name = await collectionWith(fixture, 2);
  const made = await client.createShardSnapshot(name, 0, {});
  await client.delete(name, { points: [0] });
  const location = `${url}/collections/${name}/shards/0/snapshots/${made.name}`;
  expect(await client.recoverShardFromSnapshot(name, 0, { location, priority: 'snapshot' })).toBe(true);
  expect((await client.count(name)).count).toBe(2);
});

operation('recoverShardFromUploadedSnapshot', async (fixture) => {
  const { client, url } = fixture;
  const name = await collectionWith(fixture, 2);
  const made = await client.createShardSnapshot(name, 0, {});
  const bytes = await download(`${url}/collections/${name}/shards/0/snapshots/${made.name}`);
  await client.delete(name, { points: [0] });
  const answer = await fetch(`${url}/collections/${name}/shards/0/snapshots/upload?priority=snapshot`, {
    method: 'POST',
    body: form(bytes),
  });
  expect(await answer.json()).toMatchObject({ result: true });
  expect((await client.count(name)).count).toBe(2);
});

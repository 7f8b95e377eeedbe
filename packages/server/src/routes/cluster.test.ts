import { describe, expect, it } from 'vitest';
import { fillCities, testApp } from '../testing/setup.case.js';

const cities = '/collections/cities';
const standalone = {
  status: 405,
  body: { status: { error: 'Qdrant is running in standalone mode' }, time: expect.any(Number) },
};

async function withCities() {
  const given = await testApp();
  await fillCities(given.ask);
  return given;
}

describe('a machine without a cluster', () => {
  it('says so', async () => {
    const { ask } = await testApp();
    expect((await ask('GET', '/cluster')).body).toMatchObject({
      result: { status: 'disabled' },
      status: 'ok',
    });
    expect(await ask('GET', '/cluster/telemetry')).toMatchObject({
      status: 500,
      body: { status: { error: 'Service internal error: Could not get telemetry from cluster' } },
    });
  });

  it.each([
    ['POST', '/cluster/recover', undefined],
    ['DELETE', '/cluster/peer/1', undefined],
    ['DELETE', '/cluster/peer/1?force=true&timeout=3', undefined],
    ['GET', '/cluster/metadata/keys', undefined],
    ['GET', '/cluster/metadata/keys/a', undefined],
    ['PUT', '/cluster/metadata/keys/a', { b: 1 }],
    ['DELETE', '/cluster/metadata/keys/a', undefined],
    ['POST', `${cities}/cluster`, { move_shard: { shard_id: 0, from_peer_id: 1, to_peer_id: 2 } }],
    ['POST', `${cities}/cluster`, { drop_replica: { shard_id: 0, peer_id: 1 } }],
    ['POST', `${cities}/cluster`, { start_resharding: { direction: 'up' } }],
    ['PUT', `${cities}/shards`, { shard_key: 'a' }],
    ['PUT', `${cities}/shards`, { shard_key: 5, shards_number: 2, placement: [1] }],
    ['POST', `${cities}/shards/delete`, { shard_key: 'a' }],
  ])('refuses %s %s in the words that clients know', async (method, path, body) => {
    const { ask } = await withCities();
    expect(await ask(method, path, body)).toMatchObject(standalone);
  });

  it.each([
    ['DELETE', '/cluster/peer/x', undefined, 400],
    ['POST', `${cities}/cluster`, { fly: {} }, 400],
    ['POST', `${cities}/cluster`, {}, 400],
    ['PUT', `${cities}/shards`, {}, 400],
    ['PUT', `${cities}/shards`, { shard_key: 'a', shards_number: 0 }, 422],
    ['POST', `${cities}/shards/delete`, { shard_key: {} }, 400],
  ])('checks what is asked: %s %s %j', async (method, path, body, status) => {
    const { ask } = await withCities();
    expect((await ask(method, path, body)).status).toBe(status);
  });

  it('does not remove itself while it has collections', async () => {
    const { ask } = await withCities();
    const { peer_id: peer } = (await ask('GET', `${cities}/cluster`)).body.result;
    expect(await ask('DELETE', `/cluster/peer/${peer}`)).toMatchObject({
      status: 400,
      body: { status: { error: `Bad request: Cannot remove peer ${peer} as there are shards on it` } },
    });
    expect(await ask('DELETE', `/cluster/peer/${peer}?force=true`)).toMatchObject(standalone);
  });
});

describe('a collection', () => {
  it('is one active shard', async () => {
    const { ask } = await withCities();
    expect((await ask('GET', `${cities}/cluster`)).body.result).toEqual({
      peer_id: expect.any(Number),
      shard_count: 1,
      local_shards: [{ shard_id: 0, points_count: 6, state: 'Active' }],
      remote_shards: [],
      shard_transfers: [],
    });
    expect((await ask('GET', `${cities}/shards`)).body.result).toEqual({ shard_keys: null });
    for (const path of ['cluster', 'shards', 'optimizations'])
      expect(await ask('GET', `/collections/none/${path}`)).toMatchObject({
        status: 404,
        body: { status: { error: "Not found: Collection `none` doesn't exist!" } },
      });
  });

  it('tells how far its index is', async () => {
    const { ask, store } = await withCities();
    await store.collection('cities').settled();
    const path = `${cities}/optimizations`;
    expect((await ask('GET', path)).body.result).toEqual({
      summary: { queued_optimizations: 0, queued_segments: 0, queued_points: 0, idle_segments: 1 },
      running: [],
    });
    const all = await ask('GET', `${path}?with=queued,%20completed,idle_segments&completed_limit=3`);
    expect(all.body.result).toMatchObject({
      queued: [],
      completed: [],
      idle_segments: [{ uuid: expect.stringMatching(/^[0-9a-f-]{36}$/), points_count: 6 }],
    });
    expect(await ask('GET', `${path}?with=wings`)).toMatchObject({
      status: 400,
      body: { status: { error: "Wrong input: Unknown field in 'with' parameter: wings" } },
    });
    expect((await ask('GET', `${path}?completed_limit=x`)).status).toBe(400);
  });
});

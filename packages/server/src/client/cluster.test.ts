import { expect } from 'vitest';
import { method, operation, refused, useClient } from './client.case.js';

useClient();

const standalone = refused(405, 'Qdrant is running in standalone mode');

operation('clusterStatus', async ({ client }) => {
  expect((await client.api().clusterStatus({})).data.result).toEqual({ status: 'disabled' });
});

method('clusterTelemetry', async ({ client }) => {
  await expect(client.clusterTelemetry({ details_level: 2, timeout: 5 })).rejects.toMatchObject(
    refused(500, 'Service internal error: Could not get telemetry from cluster'),
  );
});

operation('recoverCurrentPeer', async ({ client }) => {
  await expect(client.api().recoverCurrentPeer({})).rejects.toMatchObject(standalone);
});

operation('removePeer', async ({ client }) => {
  await expect(client.api().removePeer({ peer_id: 1, force: true })).rejects.toMatchObject(standalone);
});

method('collectionClusterInfo', async ({ client }) => {
  expect(await client.collectionClusterInfo('cities')).toEqual({
    peer_id: expect.any(Number),
    shard_count: 1,
    local_shards: [{ shard_id: 0, points_count: 6, state: 'Active' }],
    remote_shards: [],
    shard_transfers: [],
  });
});

method('updateCollectionCluster', async ({ client }) => {
  const move = { shard_id: 0, from_peer_id: 1, to_peer_id: 2 };
  await expect(client.updateCollectionCluster('cities', { move_shard: move })).rejects.toMatchObject(
    standalone,
  );
});

method('listShardKeys', async ({ client }) => {
  expect(await client.listShardKeys('cities')).toEqual({ shard_keys: null });
  await expect(client.listShardKeys('none')).rejects.toMatchObject(
    refused(404, "Not found: Collection `none` doesn't exist!"),
  );
});

method('createShardKey', async ({ client }) => {
  await expect(client.createShardKey('cities', { shard_key: 'a', shards_number: 1 })).rejects.toMatchObject(
    standalone,
  );
});

method('deleteShardKey', async ({ client }) => {
  await expect(client.deleteShardKey('cities', { shard_key: 'a' })).rejects.toMatchObject(standalone);
});

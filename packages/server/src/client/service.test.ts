import { expect } from 'vitest';
import { method, operation, refused, useClient } from './client.case.js';

useClient();

method('versionInfo', async ({ client }) => {
  expect(await client.versionInfo()).toEqual({
    title: expect.any(String),
    version: expect.stringMatching(/^1\.19\.\d+$/),
  });
});

operation('root', async ({ client }) => {
  const { status, data } = await client.api().root({});
  expect([status, Object.keys(data)]).toEqual([200, ['title', 'version']]);
});

operation('healthz', async ({ client }) => {
  expect((await client.api().healthz({})).data).toBe('healthz check passed');
});

operation('livez', async ({ client }) => {
  expect((await client.api().livez({})).data).toBe('healthz check passed');
});

operation('readyz', async ({ client }) => {
  expect((await client.api().readyz({})).data).toBe('all shards are ready');
});

operation('metrics', async ({ client }) => {
  const { data } = await client.api().metrics({ per_collection: false });
  expect(data).toMatch(/^collection_points\{id="cities"\} 6$/m);
});

operation('telemetry', async ({ client }) => {
  const { data } = await client.api().telemetry({ details_level: 2, anonymize: false });
  expect(data.result).toMatchObject({
    id: expect.any(String),
    app: { version: expect.stringMatching(/^1\.19\./) },
    collections: { number_of_collections: 1, collections: [{ id: 'cities' }] },
    requests: {
      rest: { responses: { 'PUT /collections/{collection_name}/points': { 200: { count: 1 } } } },
    },
  });
});

operation('getIssues', async ({ client }) => {
  expect((await client.api().getIssues({})).data.result).toEqual({ issues: [] });
});

operation('clearIssues', async ({ client }) => {
  expect((await client.api().clearIssues({})).data.result).toBe(true);
});

method('getQuotas', async ({ client }) => {
  const { config, usage } = await client.getQuotas();
  expect(config).toEqual({ enabled: false });
  for (const percent of [usage.resident_memory_percent, usage.disk_usage_percent]) {
    expect(percent).toBeGreaterThanOrEqual(0);
    expect(percent).toBeLessThanOrEqual(100);
  }
});

method('updateQuotas', async ({ client }) => {
  const config = { enabled: true, max_disk_usage_percent: 100, max_resident_memory_percent: 100 };
  expect(await client.updateQuotas({ wait: true, ...config })).toBe(true);
  expect((await client.getQuotas()).config).toEqual(config);
  await expect(client.updateQuotas({ enabled: true, max_disk_usage_percent: 101 })).rejects.toMatchObject(
    refused(422, expect.stringContaining('max_disk_usage_percent')),
  );
  await client.updateQuotas({ enabled: false });
});

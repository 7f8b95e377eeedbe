import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillCities, testApp } from '../testing/setup.case.js';

const error = (words: string) => ({ status: { error: expect.stringContaining(words) } });
const cities = '/collections/cities';

async function withCities() {
  const given = await testApp();
  await fillCities(given.ask);
  await given.ask('POST', `${cities}/points/scroll`, {});
  await given.ask('POST', `${cities}/points/scroll`, { limit: 0 });
  return given;
}

/** The value of each series, by its name and labels. */
function series(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe('/metrics', () => {
  it('are in the format of Prometheus, in the names of Qdrant', async () => {
    const { ask } = await withCities();
    const { headers, body } = await ask('GET', '/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    const values = series(body);
    expect([...values.values()].every(Number.isFinite)).toBe(true);
    const families = [...body.matchAll(/^# TYPE (\w+) (gauge|counter|histogram)$/gm)].map(([, name]) => name);
    expect(new Set(families).size).toBe(families.length);
    for (const name of families) expect(body).toMatch(new RegExp(`^# HELP ${name} .+$`, 'm'));
    for (const name of values.keys())
      expect(families).toContain(
        name.replace(/\{.*/, '').replace(/(?<=duration_seconds)_(?:bucket|sum|count)$/, ''),
      );
    expect(values.get('app_info{name="fletch",version="1.19.0"}')).toBe(1);
    expect(values.get('collections_total')).toBe(1);
    expect(values.get('collections_vector_total')).toBe(6);
    expect(values.get('collection_points{id="cities"}')).toBe(6);
    expect(values.get('collection_vectors{collection="cities",vector=""}')).toBe(6);
    expect(values.get('cluster_enabled')).toBe(0);
    expect(values.get('memory_resident_bytes')).toBeGreaterThan(1e7);
    if (process.platform === 'linux') {
      expect(values.get('process_threads')).toBeGreaterThan(1);
      expect(values.get('process_open_fds')).toBeGreaterThan(3);
      expect(values.get('process_max_fds')).toBeGreaterThan(10);
    }
  });

  it('count requests and their times', async () => {
    const { ask } = await withCities();
    const values = series((await ask('GET', '/metrics')).body);
    const scroll = 'method="POST",endpoint="/collections/{collection_name}/points/scroll"';
    expect(values.get(`rest_responses_total{${scroll},status="200"}`)).toBe(1);
    expect(values.get(`rest_responses_total{${scroll},status="422"}`)).toBe(1);
    const least = values.get(`rest_responses_min_duration_seconds{${scroll},status="200"}`)!;
    expect(least).toBeGreaterThan(0);
    expect(values.get(`rest_responses_max_duration_seconds{${scroll},status="200"}`)).toBe(least);
    expect(values.get(`rest_responses_avg_duration_seconds{${scroll},status="200"}`)).toBe(least);
    const bucket = (bound: string) =>
      values.get(`rest_responses_duration_seconds_bucket{${scroll},status="200",le="${bound}"}`);
    expect([bucket('50'), bucket('+Inf')]).toEqual([1, 1]);
    expect(values.get(`rest_responses_duration_seconds_count{${scroll},status="200"}`)).toBe(1);
    expect(
      [...values.keys()].some((name) => name.includes('/telemetry') || /rest.*status="422".*le=/.test(name)),
    ).toBe(false);
    expect(
      [...values.keys()].some((name) => name.includes('collection="cities",') && /rest/.test(name)),
    ).toBe(false);
  });

  it('count for each collection when asked, of those that exist', async () => {
    const { ask } = await withCities();
    await ask('POST', '/collections/made-up/points/scroll', {});
    const values = series((await ask('GET', '/metrics?per_collection=true')).body);
    const rest = [...values.keys()].filter((name) => name.startsWith('rest_responses_total'));
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.every((name) => name.includes('collection="cities"'))).toBe(true);
    await ask('DELETE', cities);
    const after = series((await ask('GET', '/metrics?per_collection=true')).body);
    expect([...after.keys()].some((name) => name.startsWith('rest_responses'))).toBe(false);
  });

  it('keep names to themselves when asked', async () => {
    const { ask } = await withCities();
    const { body } = await ask('GET', '/metrics?anonymize=true&per_collection=true');
    expect(body).not.toContain('cities');
    expect(body).toMatch(/collection_points\{id="\d+"\} 6/);
    expect((await ask('GET', '/metrics?anonymize=perhaps')).status).toBe(400);
  });
});

describe('/telemetry', () => {
  it('tells more with every level', async () => {
    const { ask } = await withCities();
    const at = async (query: string) => (await ask('GET', `/telemetry${query}`)).body.result;
    const none = await at('');
    expect(none).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      app: { name: 'fletch', version: '1.19.0', startup: expect.any(String) },
      collections: { number_of_collections: 1 },
      cluster: { enabled: false },
      requests: { grpc: { responses: {} } },
    });
    expect(none.collections).not.toHaveProperty('collections');
    expect(none).not.toHaveProperty('memory');
    expect(none.requests.rest).not.toHaveProperty('per_collection_responses');
    const upserts = none.requests.rest.responses['PUT /collections/{collection_name}/points'];
    expect(upserts).toEqual({ 200: { count: 1, avg_duration_micros: expect.any(Number) } });

    const one = await at('?details_level=1');
    expect(one.collections.collections).toMatchObject([{ vectors: 6, optimizers_status: 'ok' }]);
    expect(one.memory.resident_bytes).toBeGreaterThan(0);
    expect(one.app.system).toMatchObject({ cores: expect.any(Number), cpu_endian: 'little' });

    const two = await at('?details_level=2&per_collection=true');
    expect(two.collections.collections).toMatchObject([
      {
        id: 'cities',
        config: { params: { vectors: { size: 4 } }, metadata: { fletch: { encoder: 'words' } } },
        shards: [{ id: 0, local: { num_points: 6, num_vectors: 6, num_vectors_by_name: { '': 6 } } }],
      },
    ]);
    expect(Object.keys(two.requests.rest.per_collection_responses)).toEqual(['cities']);
    expect((await at('?details_level=10')).collections.collections).toHaveLength(1);
  });

  it('keeps names to itself when asked', async () => {
    const { ask } = await withCities();
    await ask('PUT', '/collections/named', { vectors: { secret: { size: 1, distance: 'Dot' } } });
    const { body } = await ask('GET', '/telemetry?details_level=3&anonymize=true&per_collection=true');
    expect(JSON.stringify(body)).not.toMatch(/cities|named|secret|encoder/);
    expect(body.result.collections.collections[0].shards[0].local.num_points).toBe(6);
  });

  it('checks what is asked', async () => {
    const { ask } = await testApp();
    for (const query of ['details_level=-1', 'details_level=x', 'anonymize=1', 'timeout=0'])
      expect((await ask('GET', `/telemetry?${query}`)).status, query).toBe(400);
  });
});

describe('/quotas', () => {
  it('are unlimited until they are set, and then for good', async () => {
    const { ask, store } = await testApp();
    expect((await ask('GET', '/quotas')).body.result).toEqual({
      config: { enabled: false },
      usage: { resident_memory_percent: expect.any(Number), disk_usage_percent: expect.any(Number) },
    });
    const config = { enabled: true, max_disk_usage_percent: 100, release_margin_percent: 3 };
    expect(
      (await ask('PUT', '/quotas?wait=true', { ...config, max_resident_memory_percent: null })).body.result,
    ).toBe(true);
    expect((await ask('GET', '/quotas')).body.result.config).toEqual(config);
    const again = await testApp({ store });
    expect((await again.ask('GET', '/quotas')).body.result.config).toEqual(config);
  });

  it('refuse data, and nothing else, while a limit is reached', async () => {
    const { ask } = await withCities();
    const upsert = () => ask('PUT', `${cities}/points`, { points: [{ id: 1, vector: [1, 0, 0, 0] }] });
    const limit = 1;
    await ask('PUT', '/quotas', { enabled: true, max_disk_usage_percent: limit });
    const used = (await ask('GET', '/quotas')).body.result.usage.disk_usage_percent;
    expect(used).toBeGreaterThanOrEqual(limit);
    expect(await upsert()).toMatchObject({
      status: 507,
      body: error(`Insufficient storage: Disk usage is at ${used}%, and the quota is 1%.`),
    });
    expect((await ask('POST', `${cities}/points/payload`, { payload: { a: 1 }, points: [1] })).status).toBe(
      507,
    );
    expect((await ask('POST', `${cities}/points/delete`, { points: [2] })).status).toBe(200);
    expect((await ask('POST', `${cities}/points/count`, {})).body.result.count).toBe(5);
    expect((await ask('GET', '/metrics')).body).toContain('quota_exceeded{resource="disk"} 1');
    await ask('PUT', '/quotas', { enabled: false, max_disk_usage_percent: limit });
    expect((await upsert()).status).toBe(200);
    expect((await ask('GET', '/metrics')).body).not.toContain('quota_exceeded');
  });

  it('checks what is asked, and a damaged file', async () => {
    const { ask, store } = await testApp();
    for (const [config, status] of [
      [{ max_disk_usage_percent: 0 }, 422],
      [{ max_resident_memory_percent: 101 }, 422],
      [{ release_margin_percent: -1 }, 422],
      [{ enabled: 'yes' }, 400],
    ] as const)
      expect((await ask('PUT', '/quotas', config)).status).toBe(status);
    await writeFile(join(store.path, 'quotas.json'), '{"enab');
    expect(await ask('GET', '/quotas')).toMatchObject({ status: 500, body: error('quotas.json is damaged') });
    expect((await ask('PUT', '/quotas', {})).status).toBe(200);
    expect((await ask('GET', '/quotas')).body.result.config).toEqual({ enabled: false });
  });
});

describe('the rest', () => {
  it('has no issues, and forgets them', async () => {
    const { ask } = await testApp();
    expect((await ask('GET', '/issues')).body.result).toEqual({ issues: [] });
    expect((await ask('DELETE', '/issues')).body.result).toBe(true);
  });

  it('lists slow requests', async () => {
    const { ask, store } = await withCities();
    const collection = store.collection('cities');
    const count = collection.count.bind(collection);
    collection.count = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return count(request);
    };
    await ask('POST', `${cities}/points/count`, {});
    await ask('POST', `${cities}/points/count`, {});
    const slow = async (query: string) =>
      (await ask('GET', `/profiler/slow_requests${query}`)).body.result.requests;
    const [first, second] = await slow('?request=count');
    expect(first).toMatchObject({
      collection_name: 'cities',
      request_name: 'POST /collections/{collection_name}/points/count',
      approx_count: 2,
    });
    expect(first.duration).toBeGreaterThanOrEqual(0.06);
    expect(second.duration).toBeLessThanOrEqual(first.duration);
    expect(await slow('?limit=1&request=count')).toHaveLength(1);
    expect(await slow('?request=delete')).toEqual([]);
  });
});

/**
 * The smallest codes in a collection of the store: memory, recall@10 after comparing stored vectors, and the time of a query, beside
 * those of an exact search.
 *
 * Options: --dataset glosses, --count 40000, --queries 200, --config '{"bits":2}' (repeatable), --distance Cosine.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadIndex, open } from '@fletch/search';
import { loadDataset } from './datasets.mjs';

const { values } = parseArgs({
  options: {
    dataset: { type: 'string', default: 'glosses' },
    count: { type: 'string', default: '40000' },
    queries: { type: 'string', default: '200' },
    distance: { type: 'string', default: 'Cosine' },
    config: { type: 'string', multiple: true, default: ['{}'] },
  },
});
const K = 10;
const BATCH = 512;

const dataset = await loadDataset(values.dataset, 1000);
const { dimension, vectors, distance = values.distance } = dataset;
const count = Math.min(Number(values.count), dataset.count);
const queries = dataset.queries.slice(0, Number(values.queries));
const vectorAt = (id) => vectors.subarray(id * dimension, (id + 1) * dimension);

/** Answers, and the milliseconds of processor time that one takes. */
async function answers(collection, params) {
  const hits = [];
  const start = process.cpuUsage();
  for (const query of queries) hits.push(await collection.query({ query, limit: K, params }));
  const { user, system } = process.cpuUsage(start);
  return { ids: hits.map((one) => one.map(({ id }) => id)), ms: (user + system) / 1000 / queries.length };
}

async function measure(config) {
  const folder = mkdtempSync(join(tmpdir(), 'fletch-bench-osq-'));
  try {
    const store = await open(folder);
    const collection = await store.createCollection('c', {
      vectors: { size: dimension, distance },
      quantization_config: { osq: config },
    });
    const before = process.cpuUsage();
    for (let from = 0; from < count; from += BATCH)
      await collection.upsert(
        Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => ({
          id: from + i,
          vector: vectorAt(from + i),
        })),
      );
    await collection.settled();
    const { user, system } = process.cpuUsage(before);
    const exact = await answers(collection, { exact: true });
    const found = await answers(collection);
    const right = found.ids.map((ids, i) => ids.filter((id) => exact.ids[i].includes(id)).length);
    await store.close();
    const [uuid] = readdirSync(join(folder, 'collections'));
    const { index } = await loadIndex(join(folder, 'collections', uuid, 'index-0.snapshot'));
    const { memoryBytes, osq } = index.stats();
    await index.close();
    return {
      ...{ dataset: values.dataset, distance, count, dimension, config, partitions: osq.partitions },
      smaller: (count * dimension * 4) / memoryBytes,
      recall: right.reduce((sum, n) => sum + n, 0) / (K * queries.length),
      ms: found.ms,
      exactMs: exact.ms,
      buildSeconds: (user + system) / 1e6,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const config of values.config) console.log(JSON.stringify(await measure(JSON.parse(config))));

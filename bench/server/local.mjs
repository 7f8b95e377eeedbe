/** What the library does without a server, in a process of its own. */
import { open } from '@fletch/search';
import { answerCalls } from './child.mjs';
import { COLLECTION, DIMENSION, filters, pointsOf, queries, summary } from './data.mjs';
import { watchLag } from './lag.mjs';

const lag = watchLag();
const vectors = queries();
let store;

/** Opens a store and asks the first query. */
async function start({ folder }) {
  const began = performance.now();
  store = await open(folder);
  const openMs = performance.now() - began;
  const collection = store.hasCollection(COLLECTION) ? store.collection(COLLECTION) : undefined;
  await collection?.query({ query: vectors[0], limit: 10, with_payload: true });
  return {
    points: await collection?.count(),
    openMs: Number(openMs.toFixed(1)),
    firstAnswerMs: Number((performance.now() - began).toFixed(1)),
  };
}

/** Makes the collection and fills it in durable batches, one after the other unless there are more clients. */
async function fill({ count, batch = 256, clients = 1 }) {
  const config = { vectors: { size: DIMENSION, distance: 'Cosine' } };
  const collection = await store.createCollection(COLLECTION, config);
  await collection.createPayloadIndex('kind', 'keyword');
  await collection.createPayloadIndex('n', 'integer');
  const points = pointsOf(0, count);
  const times = [];
  lag.reset();
  const start = performance.now();
  let next = 0;
  const client = async () => {
    while (next < count) {
      const from = next;
      next += batch;
      const sent = performance.now();
      await collection.upsert(points.slice(from, from + batch));
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - start) / 1000;
  const result = {
    ...summary(times, seconds),
    pointsPerSecond: Math.round(count / seconds),
    lag: lag.read(),
  };
  const began = performance.now();
  await collection.settled();
  return { ...result, settleSeconds: Number(((performance.now() - began) / 1000).toFixed(1)) };
}

/** Queries of one kind for some seconds, `clients` at a time. */
async function search({ clients, kind = 'nearest', seconds }) {
  const collection = store.collection(COLLECTION);
  const requests = vectors.map((query, n) => ({
    query,
    limit: 10,
    with_payload: true,
    ...(kind === 'exact' && { params: { exact: true } }),
    ...(kind in filters && { filter: filters[kind](n) }),
  }));
  const times = [];
  lag.reset();
  const start = performance.now();
  const end = start + seconds * 1000;
  let n = 0;
  const client = async () => {
    while (performance.now() < end) {
      const began = performance.now();
      await collection.query(requests[n++ % requests.length]);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { ...summary(times, (performance.now() - start) / 1000), lag: lag.read() };
}

/** What finding the matching points costs beside the whole query, one at a time, every filter a new one. */
async function filterShares({ repeats }) {
  const collection = store.collection(COLLECTION);
  const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];
  const rows = [];
  for (const [name, filterOf] of Object.entries(filters)) {
    await collection.count({ filter: filterOf(0) });
    const finding = [];
    const whole = [];
    const again = [];
    for (let i = 1; i <= repeats; i++) {
      let began = performance.now();
      await collection.count({ filter: filterOf(i) });
      finding.push(performance.now() - began);
      const request = { query: vectors[i % vectors.length], limit: 10, filter: filterOf(repeats + i) };
      began = performance.now();
      await collection.query(request);
      whole.push(performance.now() - began);
      began = performance.now();
      await collection.query({ ...request, query: vectors[(i + 1) % vectors.length] });
      again.push(performance.now() - began);
    }
    const rounded = (value) => Number(value.toFixed(3));
    rows.push({
      filter: name,
      matches: await collection.count({ filter: filterOf(1) }),
      findingMs: rounded(median(finding)),
      queryMs: rounded(median(whole)),
      rememberedMs: rounded(median(again)),
      share: rounded(median(finding) / median(whole)),
    });
  }
  return rows;
}

answerCalls({
  start,
  fill,
  search,
  filterShares,
  async close() {
    await store.close();
  },
});

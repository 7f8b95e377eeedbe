/** Every kind of request at once, for a long time, in a process of its own. */
import { seededRandom } from '../search/vectors.mjs';
import { answerCalls } from './child.mjs';
import { COLLECTION, DIMENSION, filters, plain, pointsOf, queries } from './data.mjs';
import { ask } from './http.mjs';

/** Ids that points have; they come and go, so that the collection stays about as large as it is. */
const IDS = 20_000;
const vectors = queries(100);
const filterKinds = Object.values(filters);

/** Kinds of requests with how often each is made, and what it sends. */
const kinds = [
  [40, (next) => ['POST', '/points/query', { query: pick(vectors, next), limit: 10, with_payload: true }]],
  [
    15,
    (next) => [
      'POST',
      '/points/query',
      { query: pick(vectors, next), limit: 10, filter: pick(filterKinds, next)(Math.floor(next() * 1e4)) },
    ],
  ],
  [
    3,
    (next) => ['POST', '/points/query', { query: pick(vectors, next), limit: 100, params: { exact: true } }],
  ],
  [
    2,
    (next) => [
      'POST',
      '/points/query/batch',
      { searches: vectors.slice(0, 10).map((query) => ({ query, limit: 1 + Math.floor(next() * 5) })) },
    ],
  ],
  [10, (next) => ['PUT', '/points?wait=true', { points: batch(Math.floor(next() * (IDS / 16)) * 16, 16) }]],
  [6, (next) => ['POST', '/points/delete?wait=true', { points: someIds(next, 8) }]],
  [
    10,
    (next) => [
      'POST',
      '/points/payload?wait=true',
      // By filter: by ids a point that another client has deleted would be refused.
      { payload: { n: Math.floor(next() * 1e5) }, filter: { must: [{ has_id: someIds(next, 8) }] } },
    ],
  ],
  [
    6,
    (next) => [
      'POST',
      '/points/scroll',
      { limit: 50, offset: Math.floor(next() * IDS), with_vector: next() < 0.1 },
    ],
  ],
  [4, (next) => ['POST', '/points/count', { filter: pick(filterKinds, next)(Math.floor(next() * 1e4)) }]],
  [4, () => ['POST', '/facet', { key: 'kind' }]],
];
const total = kinds.reduce((sum, [weight]) => sum + weight, 0);

const pick = (list, next) => list[Math.floor(next() * list.length)];
const someIds = (next, count) => Array.from({ length: count }, () => Math.floor(next() * IDS));
const batch = (first, count) =>
  pointsOf(first, count).map((point) => ({ ...point, vector: plain(point.vector) }));

function choose(next) {
  let at = next() * total;
  for (const [weight, make] of kinds) {
    if (at < weight) return make(next);
    at -= weight;
  }
  return kinds[0][1](next);
}

/** Makes the collection and half of its points. */
async function prepare({ url }) {
  const at = `${url}/collections/${COLLECTION}`;
  const send = async (method, path, body) => {
    const { status, text } = await ask(method, at + path, JSON.stringify(body));
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text()}`);
  };
  await send('PUT', '', { vectors: { size: DIMENSION, distance: 'Cosine' } });
  await send('PUT', '/index?wait=true', { field_name: 'kind', field_schema: 'keyword' });
  await send('PUT', '/index?wait=true', { field_name: 'n', field_schema: 'integer' });
  for (let first = 0; first < IDS / 2; first += 250)
    await send('PUT', '/points?wait=true', { points: batch(first, 250) });
}

/** `clients` that each make one request after the other. */
async function run({ url, clients, seconds, seed }) {
  const at = `${url}/collections/${COLLECTION}`;
  const end = performance.now() + seconds * 1000;
  const counts = {};
  const errors = [];
  const client = async (_, number) => {
    const next = seededRandom(seed * 1000 + number);
    while (performance.now() < end) {
      const [method, path, body] = choose(next);
      counts[path] = (counts[path] ?? 0) + 1;
      try {
        const { status, text } = await ask(method, at + path, JSON.stringify(body));
        if (status !== 200) errors.push(`${method} ${path}: ${status} ${text().slice(0, 200)}`);
      } catch (error) {
        errors.push(`${method} ${path}: ${error}`);
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { counts, errors: errors.length, firstErrors: errors.slice(0, 5) };
}

answerCalls({ prepare, run });

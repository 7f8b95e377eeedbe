/** The points that are stored and the queries that are asked: each a function of its number alone. */
import { seededRandom } from '../search/vectors.mjs';

export const COLLECTION = 'bench';
export const DIMENSION = 512;

const QUERIES = 500;
/** Queries have numbers that no point has. */
const FIRST_QUERY = 50_000_000;
const KINDS = 10;
const CLUSTERS = 3000;
/** Dimensions of the space in which the points really lie, as learned vectors do. */
const LATENT = 24;

function normals(seed, count) {
  const random = seededRandom(seed);
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

const basis = normals(1, LATENT * DIMENSION);
const centres = normals(2, CLUSTERS * LATENT);

/** Vector number `id`, with four decimals. */
export function vectorOf(id) {
  const noise = normals(id + 1000, LATENT);
  const centre = (Math.imul(id, 0x9e3779b1) >>> 0) % CLUSTERS;
  const vector = new Float32Array(DIMENSION);
  for (let l = 0; l < LATENT; l++) {
    const x = centres[centre * LATENT + l] + 0.8 * noise[l];
    for (let j = 0; j < DIMENSION; j++) vector[j] += x * basis[l * DIMENSION + j];
  }
  return vector.map((x) => Math.round(x * 1e4) / 1e4);
}

/** Payload of point `id`. */
function payloadOf(id) {
  return {
    kind: `kind-${id % KINDS}`,
    n: (id * 7919) % 100_000,
    tags: [`tag-${id % 50}`, `tag-${(id * 31) % 50}`],
    text: `the text of point ${id}, as long as a short sentence usually is`,
  };
}

/** Points `first` to `first + count`. */
export function pointsOf(first, count) {
  return Array.from({ length: count }, (_, i) => ({
    id: first + i,
    vector: vectorOf(first + i),
    payload: payloadOf(first + i),
  }));
}

/** Plain numbers, which are written with few digits. */
export const plain = (vector) => Array.from(vector, (x) => Math.round(x * 1e4) / 1e4);

/** Vectors to ask for. */
export function queries(count = QUERIES) {
  return Array.from({ length: count }, (_, i) => plain(vectorOf(FIRST_QUERY + i)));
}

/** Filters by name; each call gives another one, so that none is remembered. */
export const filters = {
  'keyword, 10 %': (n) => ({ must: [{ key: 'kind', match: { value: `kind-${n % KINDS}` } }, unlike(n)] }),
  'keyword, 50 %': (n) => ({
    must: [{ key: 'kind', match: { any: [0, 1, 2, 3, 4].map((i) => `kind-${(n + i) % KINDS}`) } }, unlike(n)],
  }),
  'range, 1 %': (n) => ({
    must: [{ key: 'n', range: { gte: (n * 997) % 99_000, lt: ((n * 997) % 99_000) + 1000 } }],
  }),
  'range, 90 %': (n) => ({ must: [{ key: 'n', range: { gte: n % 10_000 } }] }),
  'not, 90 %': (n) => ({
    must_not: [{ key: 'kind', match: { value: `kind-${n % KINDS}` } }, { has_id: [n] }],
  }),
  'keyword and range, 1 %': (n) => ({
    must: [
      { key: 'kind', match: { value: `kind-${n % KINDS}` } },
      { key: 'n', range: { gte: (n * 97) % 90_000, lt: ((n * 97) % 90_000) + 10_000 } },
    ],
  }),
};

/** A condition that holds almost always, and is another one for every `n`. */
function unlike(n) {
  return { must_not: [{ has_id: [n] }] };
}

/** Latencies and counts as they are reported. */
export function summary(milliseconds, seconds) {
  const sorted = Float64Array.from(milliseconds).sort();
  const at = (share) => Number((sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(3));
  return {
    count: sorted.length,
    perSecond: Number((sorted.length / seconds).toFixed(1)),
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
  };
}

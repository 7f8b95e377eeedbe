/**
 * Multi-vector collections: searches through encodings against MaxSim with every point, and how good their candidates are
 * beside those of single vectors. Token vectors are those of the encoder `use?pooling=none`.
 *
 * Options: --data glosses|debian, --points 20000, --queries 50, --rounds 3, --threads 2, --walk (also through a graph
 * of tokens), --unlinked (do not wait until
 * encodings are linked; they are scanned until then).
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheFolder } from '@fletch/base';
import { loadDebianPackages, loadWordNetGlosses } from '@fletch/data';
import { Matrix, rng } from '@fletch/linalg';
import { createFlatIndex, FDE, open, singleVectorCandidates } from '@fletch/search';
import { createEncoder } from '@fletch/text';

const K = 10;
const DIMENSION = 512;
const COUNT = 100;
const log = (text) => console.error(text);

const texts = {
  /** Glosses, and other glosses as queries. */
  async glosses(points, queries) {
    const all = (await loadWordNetGlosses()).map(({ text }) => text);
    const chosen = Array.from(rng(1).sample(all.length, points + queries), (i) => all[i]);
    return { documents: chosen.slice(queries), queries: chosen.slice(0, queries) };
  },
  /** Descriptions of packages, and the synopses of others as queries. */
  async debian(points, queries) {
    const { packages } = await loadDebianPackages();
    const long = packages.filter(({ description }) => description.length > 300);
    const chosen = Array.from(rng(1).sample(long.length, points + queries), (i) => long[i]);
    return {
      documents: chosen.slice(queries).map(({ description }) => description),
      queries: chosen.slice(0, queries).map(({ synopsis }) => synopsis),
    };
  },
};

function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', default: 'glosses' },
      points: { type: 'string', default: '20000' },
      queries: { type: 'string', default: '50' },
      rounds: { type: 'string', default: '3' },
      unlinked: { type: 'boolean', default: false },
      walk: { type: 'boolean', default: false },
      threads: { type: 'string', default: String(availableParallelism()) },
    },
  });
  const numbers = ['points', 'queries', 'rounds', 'threads'].map((name) => [name, Number(values[name])]);
  return { data: values.data, unlinked: values.unlinked, walk: values.walk, ...Object.fromEntries(numbers) };
}

/** Sets of token vectors, encoded once and kept. */
async function loadSets({ data, points, queries }) {
  const path = join(cacheFolder(), 'bench', `multi-${data}-${points}-${queries}`);
  if (!existsSync(`${path}.f32`)) {
    mkdirSync(join(cacheFolder(), 'bench'), { recursive: true });
    log(`encoding ${points} texts …`);
    const { documents, queries: asked } = await texts[data](points, queries);
    const encoder = await createEncoder('use?pooling=none');
    const { vectors, starts } = await encoder.encodeTokens([...asked, ...documents]);
    await encoder.close();
    writeFileSync(`${path}.u32`, new Uint8Array(starts.buffer));
    writeFileSync(`${path}.tmp`, new Uint8Array(vectors.buffer));
    renameSync(`${path}.tmp`, `${path}.f32`);
  }
  const words = readFileSync(`${path}.u32`);
  const starts = new Uint32Array(words.buffer, words.byteOffset, words.length / 4);
  const floats = readFileSync(`${path}.f32`);
  const vectors = new Float32Array(floats.buffer, floats.byteOffset, floats.length / 4);
  const sets = Array.from({ length: starts.length - 1 }, (_, i) => {
    const values = vectors.subarray(starts[i] * DIMENSION, starts[i + 1] * DIMENSION);
    return new Matrix(values, values.length / DIMENSION, DIMENSION);
  });
  return { documents: sets.slice(queries), queries: sets.slice(0, queries) };
}

const rowsOf = (set) => Array.from({ length: set.rows }, (_, i) => set.row(i));

/** A collection with all points, linked; and how long that took. */
async function collectionOf(store, { documents }, { unlinked }, encodings) {
  const started = performance.now();
  const collection = await store.createCollection(encodings ? 'encoded' : 'linked', {
    vectors: {
      size: DIMENSION,
      distance: 'Cosine',
      multivector_config: { comparator: 'max_sim', ...(encodings && { encodings }) },
    },
  });
  for (let at = 0; at < documents.length; at += 256)
    await collection.upsert(
      documents.slice(at, at + 256).map((set, i) => ({ id: at + i, vector: rowsOf(set) })),
    );
  if (!unlinked) await collection.settled();
  return { collection, buildSeconds: (performance.now() - started) / 1000 };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** All ways in turn; the median of each query counts. */
async function measureSearches(encoded, walked, { queries }, { rounds }) {
  const ways = {
    encodings: [encoded, {}],
    ...(walked && { tokenGraph: [walked, {}] }),
    exact: [encoded, { exact: true }],
  };
  const names = Object.keys(ways);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  const found = Object.fromEntries(names.map((name) => [name, []]));
  for (const [i, query] of queries.entries()) {
    const own = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++)
      for (const [way, [collection, params]] of Object.entries(ways)) {
        const started = performance.now();
        const hits = await collection.query({ query: rowsOf(query), limit: K, params });
        own[way].push(performance.now() - started);
        found[way][i] = hits.map(({ id }) => id);
      }
    for (const way of names) times[way].push(median(own[way]));
  }
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const searches = names.map((name) => [
    name,
    {
      recall: mean(found.exact.map((best, i) => best.filter((id) => found[name][i].includes(id)).length / K)),
      ms: mean(times[name]),
      speedup: mean(times.exact) / mean(times[name]),
    },
  ]);
  return { searches: Object.fromEntries(searches), best: found.exact };
}

function meanVector(documents) {
  const sum = new Float64Array(DIMENSION);
  let count = 0;
  for (const { data, rows } of documents) {
    for (let i = 0; i < data.length; i++) sum[i % DIMENSION] += data[i];
    count += rows;
  }
  return sum.map((value) => value / count);
}

/** Candidates in their order: by encodings, and by single vectors; how many of the best are among the first. */
async function measureCandidates({ documents, queries }, best, threads) {
  const fde = new FDE({
    dim: DIMENSION,
    repetitions: 20,
    simhash: 4,
    fillEmpty: false,
    mean: meanVector(documents),
  });
  const codes = await createFlatIndex({ dimension: fde.dim, distance: 'Dot', threads });
  const tokens = await createFlatIndex({ dimension: DIMENSION, distance: 'Dot', threads });
  const owner = [];
  for (let at = 0; at < documents.length; at += 256) {
    const some = documents.slice(at, at + 256);
    await codes.add(
      Array.from(some, (_, i) => at + i),
      fde.documents(some).data,
    );
    for (const [i, set] of some.entries()) {
      await tokens.add(
        Array.from({ length: set.rows }, (_, j) => owner.length + j),
        set.data,
      );
      for (let j = 0; j < set.rows; j++) owner.push(at + i);
    }
  }
  const orders = { encodings: [], single: [] };
  for (const query of queries) {
    orders.encodings.push([...codes.search(fde.query(query), 2000).rows]);
    const hits = await tokens.searchBatch(query.data, 200);
    orders.single.push([...singleVectorCandidates(hits, Uint32Array.from(owner)).documents]);
  }
  await codes.close();
  await tokens.close();
  const recall = (order, count, of) =>
    order.reduce((sum, own, i) => {
      const first = own.slice(0, count);
      return sum + best[i].slice(0, of).filter((id) => first.includes(id)).length / of / order.length;
    }, 0);
  /** Candidates for 80 % of the nearest. */
  const needed = (order) => {
    const places = order.map((own, i) => own.indexOf(best[i][0]) + 1 || Number.POSITIVE_INFINITY);
    return places.toSorted((a, b) => a - b)[Math.ceil(0.8 * places.length) - 1];
  };
  return Object.fromEntries(
    Object.entries(orders).map(([name, order]) => [
      name,
      {
        bestTenAt100: recall(order, COUNT, K),
        nearestAt100: recall(order, COUNT, 1),
        candidatesFor80: needed(order),
      },
    ]),
  );
}

export async function run(args) {
  const options = readOptions(args);
  const sets = await loadSets(options);
  const tokens = sets.documents.reduce((sum, { rows }) => sum + rows, 0);
  log(`${sets.documents.length} points, ${tokens} tokens`);
  const folder = mkdtempSync(join(tmpdir(), 'fletch-bench-multi-'));
  const store = await open(folder, { threads: options.threads });
  try {
    const { collection, buildSeconds } = await collectionOf(store, sets, options, true);
    log(`built in ${buildSeconds.toFixed(1)} s`);
    const walked = options.walk ? await collectionOf(store, sets, options, false) : undefined;
    const { best, ...searched } = await measureSearches(collection, walked?.collection, sets, options);
    log(JSON.stringify(searched));
    const candidates = await measureCandidates(sets, best, options.threads);
    const result = {
      data: options.data,
      points: sets.documents.length,
      tokens,
      queryTokens: sets.queries.reduce((sum, { rows }) => sum + rows, 0) / sets.queries.length,
      queries: sets.queries.length,
      threads: options.threads,
      machine: cpus()[0].model,
      node: process.version,
      buildSeconds,
      ...(walked && { walkBuildSeconds: walked.buildSeconds }),
      linked: collection.info().indexed_vectors_count,
      ...searched,
      candidates,
    };
    const path = fileURLToPath(new URL(`../../docs/benchmarks/multi-${options.data}.json`, import.meta.url));
    writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
    console.log(JSON.stringify(result, null, 2));
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

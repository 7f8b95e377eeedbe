/**
 * The indexes that are compared, behind one small shape. All use cosine and the same M and efConstruction; LeanVec its own
 * defaults of both, as its links cost less to follow.
 *
 * `build` answers with the seconds of building; `searcher(ef)` with a function from a query (as `prepare` made it)
 * and k to an array of rows.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createHnswIndex, createLeanVecIndex, loadIndex } from '@fletch/search';
import { pythonEngine } from './python.mjs';

const require = createRequire(import.meta.url);
const seconds = (since) => (performance.now() - since) / 1000;

/** An index of Fletch, made by `create`. */
async function fletchIndex(create, { dimension, threads }) {
  let index = await create();
  return {
    prepare: (query) => query,
    async build(vectors, count) {
      const start = performance.now();
      const step = 5000;
      for (let from = 0; from < count; from += step) {
        const to = Math.min(count, from + step);
        const rows = Array.from({ length: to - from }, (_, i) => from + i);
        await index.add(rows, vectors.subarray(from * dimension, to * dimension));
      }
      await index.settled();
      return seconds(start);
    },
    save: (path) => index.save(path),
    async load(path) {
      await index.close();
      ({ index } = await loadIndex(path, { threads }));
    },
    searcher: (ef) => (query, k) => index.search(query, k, { ef }).rows,
    close: () => index.close(),
    facts: () => index.stats(),
  };
}

const fletch = (settings) => {
  const { dimension, m, efConstruction, threads } = settings;
  return fletchIndex(
    () => createHnswIndex({ dimension, distance: 'Cosine', m, efConstruction, threads }),
    settings,
  );
};

const leanvec = (settings) => {
  const { dimension, threads, leanvec: more } = settings;
  return fletchIndex(() => createLeanVecIndex({ dimension, distance: 'Cosine', threads, ...more }), settings);
};

async function hnswlib({ dimension, m, efConstruction, count }) {
  const { HierarchicalNSW } = require('hnswlib-node');
  const index = new HierarchicalNSW('cosine', dimension);
  return {
    prepare: (query) => Array.from(query),
    async build(vectors) {
      index.initIndex(count, m, efConstruction, 100);
      const start = performance.now();
      for (let i = 0; i < count; i++)
        index.addPoint(Array.from(vectors.subarray(i * dimension, (i + 1) * dimension)), i);
      return seconds(start);
    },
    save: (path) => index.writeIndex(path),
    load: (path) => index.readIndex(path),
    searcher(ef) {
      return (query, k) => {
        index.setEf(ef);
        return index.searchKnn(query, k).neighbors;
      };
    },
    close: () => {},
    facts: () => ({}),
  };
}

const usearch =
  (quantization) =>
  async ({ dimension, m, efConstruction, count }) => {
    const { Index } = require('usearch');
    const make = (ef) =>
      new Index({
        metric: 'cos',
        connectivity: m,
        dimensions: dimension,
        quantization,
        expansion_add: efConstruction,
        expansion_search: ef,
      });
    let saved;
    let index = make(64);
    return {
      prepare: (query) => query,
      async build(vectors) {
        const keys = BigUint64Array.from({ length: count }, (_, i) => BigInt(i));
        const start = performance.now();
        index.add(keys, vectors, 1);
        return seconds(start);
      },
      save(path) {
        index.save(path);
        saved = path;
      },
      load(path) {
        saved = path;
        index = undefined;
      },
      searcher(ef) {
        // The length of the candidate list is fixed when an index is made.
        let own;
        return (query, k) => {
          if (!own) {
            own = make(ef);
            own.load(saved);
          }
          return own.search(query, k, 1).keys;
        };
      },
      close: () => {},
      facts: () => ({}),
    };
  };

export const engines = {
  leanvec,
  fletch,
  hnswlib,
  usearch: usearch('f32'),
  'usearch-i8': usearch('i8'),
  'faiss-hnsw': pythonEngine('faiss-hnsw'),
  'faiss-ivfpqfs': pythonEngine('faiss-ivfpqfs'),
  'python-hnswlib': pythonEngine('hnswlib'),
};

/** Builds, or loads what an earlier run built, and answers with the engine and its build seconds. */
export async function prepareEngine(name, options, vectors, path, log) {
  const engine = await engines[name](options);
  if (existsSync(path)) {
    await engine.load(path);
    return { engine, buildSeconds: undefined };
  }
  log(`building ${name} …`);
  const cpu = process.cpuUsage();
  const buildSeconds = await engine.build(vectors, options.count);
  const { user, system } = process.cpuUsage(cpu);
  await engine.save(path);
  return { engine, buildSeconds, cpuSeconds: engine.cpuSeconds?.() ?? (user + system) / 1e6 };
}

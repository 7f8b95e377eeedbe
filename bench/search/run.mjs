/**
 * Recall against queries per second, one query at a time on one thread: Fletch's two graph indexes, hnswlib-node and usearch
 * (float32 and its 8-bit integers) alternating in one process; with them, where python3 has them, faiss and hnswlib.
 *
 * Options: --quick (fewer queries and rounds), --datasets wink,glosses, --rounds 5, --m 16, --ef-construction 100,
 * --leanvec '{"m":20}' (its own settings), --threads 2 (of Fletch's build), --engines leanvec,hnswlib, --fresh (build again).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheFolder } from '@fletch/base';
import { loadDataset } from './datasets.mjs';
import { engines, prepareEngine } from './engines.mjs';
import { measureFilters } from './filtered.mjs';
import { measureCurves, qpsAtRecall } from './measure.mjs';
import { residentBytes } from './memory.mjs';
import { plotCurves } from './plot.mjs';
import { hasPython } from './python.mjs';
import { groundTruth } from './truth.mjs';

const K = 10;
const TARGETS = [0.9, 0.95];
const FILTERED_EFS = [16, 32, 64, 128, 256];
const docs = fileURLToPath(new URL('../../docs/benchmarks/', import.meta.url));
const log = (text) => console.error(text);

function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      datasets: { type: 'string', default: 'wink,glosses' },
      engines: { type: 'string', default: Object.keys(engines).join(',') },
      rounds: { type: 'string' },
      ef: { type: 'string', default: '10,16,24,32,48,64,96,128,192,224,256' },
      m: { type: 'string', default: '16' },
      'ef-construction': { type: 'string', default: '100' },
      leanvec: { type: 'string', default: '{}' },
      threads: { type: 'string', default: String(availableParallelism()) },
    },
  });
  return {
    fresh: values.fresh,
    quick: values.quick,
    datasets: values.datasets.split(','),
    engines: values.engines.split(','),
    queries: values.quick ? 300 : 1000,
    rounds: Number(values.rounds ?? (values.quick ? 3 : 7)),
    efs: values.ef.split(',').map(Number),
    m: Number(values.m),
    efConstruction: Number(values['ef-construction']),
    threads: Number(values.threads),
    leanvec: JSON.parse(values.leanvec),
  };
}

/** Whether an engine can be measured here; says so when it cannot. */
function isThere(name) {
  const python = {
    'faiss-hnsw': 'faiss-hnsw',
    'faiss-ivfpqfs': 'faiss-ivfpqfs',
    'python-hnswlib': 'hnswlib',
  }[name];
  if (!python || hasPython(python)) return true;
  log(`${name} is left out: its module is not installed for python3`);
  return false;
}

async function benchDataset(name, options) {
  const { m, efConstruction, threads, efs, rounds, leanvec } = options;
  const dataset = await loadDataset(name, 1000);
  dataset.queries.length = Math.min(dataset.queries.length, options.queries);
  const { dimension, count, vectors, queries } = dataset;
  log(`\n${dataset.title}: ${count} × ${dimension}, ${queries.length} queries`);
  const truth = await groundTruth(dataset, K);
  const files = writeFiles(name, dataset);
  const folder = join(cacheFolder(), 'bench', 'indexes');
  mkdirSync(folder, { recursive: true });
  const built = {};
  for (const engine of options.engines.filter(isThere)) {
    const path = join(folder, `${name}-${engine}-m${m}-ef${efConstruction}.index`);
    if (options.fresh) rmSync(path, { force: true });
    const settings = { dimension, m, efConstruction, threads, count, files, leanvec };
    const {
      engine: index,
      buildSeconds,
      cpuSeconds,
    } = await prepareEngine(engine, settings, vectors, path, log);
    // Every engine is measured on the index that was read back: usearch can search no other way.
    if (buildSeconds !== undefined) {
      await index.load(path);
      writeFileSync(`${path}.json`, JSON.stringify({ buildSeconds, cpuSeconds }));
    }
    built[engine] = { index, path, settings };
  }
  const curves = await measureCurves({ built, queries, truth, efs, rounds, k: K, log });
  const rows = [];
  for (const [engine, { index, path, settings }] of Object.entries(built)) {
    const bytes = await index.resident?.();
    await index.close();
    rows.push({
      engine,
      ...(engine === 'leanvec' && { settings: leanvec }),
      threads: engine === 'fletch' || engine === 'leanvec' ? threads : 1,
      ...JSON.parse(readFileSync(`${path}.json`, 'utf8')),
      residentBytes: bytes ?? residentBytes(engine, settings, path),
      targets: TARGETS.map((recall) => ({
        recall,
        qps: qpsAtRecall(curves[engine], recall),
        best: qpsAtRecall(curves[engine], recall, 'best'),
      })),
      curve: curves[engine],
    });
  }
  const filters = built.leanvec && (await measureFilters(dataset, built.leanvec.path, FILTERED_EFS, log));
  return { name, title: dataset.title, count, dimension, k: K, m, efConstruction, rows, filters };
}

/** The split as files, for peers in other processes. */
function writeFiles(name, { vectors, queries }) {
  const folder = join(cacheFolder(), 'bench');
  const files = { vectors: join(folder, `${name}-rows.f32`), queries: join(folder, `${name}-queries.f32`) };
  if (!existsSync(files.vectors)) writeFileSync(files.vectors, vectors);
  writeFileSync(
    files.queries,
    Buffer.concat(queries.map((q) => Buffer.from(q.buffer, q.byteOffset, q.byteLength))),
  );
  return files;
}

function printTable(result) {
  console.log(`\n${result.title} (${result.count} × ${result.dimension}), M ${result.m}`);
  console.table(
    result.rows.map((row) => ({
      engine: row.engine,
      ...Object.fromEntries(
        row.targets.map(({ recall, qps }) => [`QPS at ${recall}`, Math.round(qps ?? Number.NaN)]),
      ),
      'build s': row.buildSeconds?.toFixed(1),
      'build CPU s': row.cpuSeconds?.toFixed(1),
      'build threads': row.threads,
      'resident MB': (row.residentBytes / 1e6).toFixed(0),
    })),
  );
  if (result.filters) console.table(result.filters);
  console.table(
    result.rows.flatMap(({ engine, curve }) =>
      curve.map(({ ef, recall, qps, spread }) => ({
        engine,
        ef,
        recall: recall.toFixed(4),
        qps: Math.round(qps),
        'spread %': (100 * spread).toFixed(1),
      })),
    ),
  );
}

export async function run(args) {
  const options = readOptions(args);
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  for (const name of options.datasets) {
    const result = { ...(await benchDataset(name, options)), machine, date: new Date().toISOString() };
    printTable(result);
    if (options.quick) continue;
    mkdirSync(docs, { recursive: true });
    writeFileSync(join(docs, `search-${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
    writeFileSync(join(docs, `search-${name}.svg`), plotCurves(result));
    log(`written to docs/benchmarks/search-${name}.{json,svg}`);
  }
}

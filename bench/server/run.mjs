/**
 * The store and the server under load, each in a process of its own: the rate of durable upserts, the time to open,
 * queries per second in process and over HTTP, what filters cost, and searches beside a bulk upsert.
 *
 * Options: --quick (fewer points, shorter, nothing written), --points 117659, --bulk 100000, --seconds 10,
 * --clients 8, --folder <store> (is kept, and filled only when it is new; afterwards it holds the bulk points too).
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startChild } from './child.mjs';

const docs = fileURLToPath(new URL('../../docs/benchmarks/', import.meta.url));
const say = (text) => console.error(text);

function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      points: { type: 'string' },
      bulk: { type: 'string' },
      seconds: { type: 'string' },
      clients: { type: 'string', default: '8' },
      folder: { type: 'string' },
    },
  });
  const { quick, folder } = values;
  return {
    quick,
    folder,
    points: Number(values.points ?? (quick ? 8000 : 117_659)),
    bulk: Number(values.bulk ?? (quick ? 4000 : 100_000)),
    seconds: Number(values.seconds ?? (quick ? 2 : 10)),
    clients: Number(values.clients),
    repeats: quick ? 30 : 200,
  };
}

/** Does `work` with a child that is stopped afterwards. */
async function withChild(module, work) {
  const child = startChild(module);
  try {
    return await work(child);
  } finally {
    await child.stop();
  }
}

async function inProcess(folder, { points, seconds, clients, repeats }) {
  const result = {};
  if (!existsSync(join(folder, 'collections')))
    await withChild('local.mjs', async (local) => {
      say(`upserting ${points} points …`);
      await local.call('start', { folder });
      result.upsert = await local.call('fill', { count: points });
      await local.call('close');
    });
  await withChild('local.mjs', async (local) => {
    say('opening, searching in process …');
    result.open = await local.call('start', { folder });
    await local.call('search', { clients: 1, seconds: 1 });
    for (const count of [1, clients])
      result[`search${count}`] = await local.call('search', { clients: count, seconds });
    result.exact = await local.call('search', { kind: 'exact', clients, seconds });
    result.filters = await local.call('filterShares', { repeats });
    await local.call('close');
  });
  return result;
}

async function overHttp(folder, { points, bulk, seconds, clients }) {
  const result = {};
  const server = startChild('server.mjs');
  const load = startChild('load.mjs');
  const writer = startChild('load.mjs');
  try {
    const url = await server.call('start', { folder });
    say('searching over HTTP …');
    await load.call('search', { url, clients, seconds: 1 });
    for (const count of [1, clients]) {
      await server.call('resetLag');
      result[`search${count}`] = await load.call('search', { url, clients: count, seconds });
      result[`search${count}`].lag = await server.call('readLag');
    }
    await server.call('resetLag');
    result.exact = await load.call('search', { url, clients, kind: 'exact', seconds });
    result.exact.lag = await server.call('readLag');
    say(`searching while ${bulk} points are upserted …`);
    await server.call('resetLag');
    const searches = load.call('search', { url, clients });
    result.bulk = { upsert: await writer.call('upsert', { url, first: points, count: bulk, clients: 2 }) };
    await load.call('stopSearches');
    result.bulk.search = await searches;
    result.bulk.lag = await server.call('readLag');
    say('upserting without searches …');
    await server.call('resetLag');
    result.upsert = await writer.call('upsert', { url, first: 0, count: Math.min(points, bulk), clients: 2 });
    result.upsert.lag = await server.call('readLag');
    await server.call('close');
  } finally {
    await Promise.all([server, load, writer].map((child) => child.stop()));
  }
  return result;
}

/** The lines that docs/benchmarks.md shows. */
function table(local, http, clients) {
  const ratio = (a, b) => (a / b).toFixed(2);
  const many = `search${clients}`;
  const share = Math.max(...local.filters.map((row) => row.share));
  const { bulk } = http;
  return [
    local.upsert && [
      'durable upserts in process, batches of 256',
      `${local.upsert.pointsPerSecond} points/s`,
      '≥ 8,000',
    ],
    ['durable upserts over HTTP, batches of 256', `${http.upsert.pointsPerSecond} points/s`, ''],
    [`opening ${local.open.points} points`, `${(local.open.openMs / 1000).toFixed(2)} s`, '≤ 2 s'],
    ['queries/s in process, one client', local.search1.perSecond, ''],
    [`queries/s in process, ${clients} clients`, local[many].perSecond, ''],
    [
      `queries/s over HTTP, ${clients} clients (of those in process)`,
      `${http[many].perSecond} (${ratio(http[many].perSecond, local[many].perSecond)})`,
      '≥ 0.60',
    ],
    ['largest share of a query that finding the matching points takes', share.toFixed(2), '≤ 0.20'],
    [`p99 of searches, ${clients} clients, idle`, `${http[many].p99} ms`, ''],
    [
      `the same beside ${bulk.upsert.points} upserts (ratio)`,
      `${bulk.search.p99} ms (${ratio(bulk.search.p99, http[many].p99)})`,
      '≤ 10',
    ],
    ['searches that failed meanwhile', bulk.search.errors, '0'],
    ['event loop lag meanwhile, p99 / max', `${bulk.lag.delay.p99} / ${bulk.lag.delay.max} ms`, '≤ 50 ms'],
    ['the same in processor time', `${bulk.lag.own.p99} / ${bulk.lag.own.max} ms`, ''],
    [
      'event loop lag of exact scans, p99 / max',
      `${http.exact.lag.delay.p99} / ${http.exact.lag.delay.max} ms`,
      '≤ 50 ms',
    ],
  ].filter(Boolean);
}

export async function run(args) {
  const options = readOptions(args);
  const { quick, clients } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'fletch-bench-server-'));
  const load = loadavg()[0];
  if (load > 0.5) say(`The load of this machine is ${load.toFixed(1)}: the figures will be too low.`);
  try {
    const local = await inProcess(folder, options);
    const http = await overHttp(folder, options);
    const lines = table(local, http, clients);
    console.log(['| what | figure | aim |', '|---|---:|---:|'].join('\n'));
    for (const line of lines) console.log(`| ${line.join(' | ')} |`);
    console.table(local.filters);
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load };
    const result = {
      ...options,
      folder: undefined,
      inProcess: local,
      http,
      machine,
      date: new Date().toISOString(),
    };
    if (quick) return;
    mkdirSync(docs, { recursive: true });
    writeFileSync(join(docs, 'server.json'), `${JSON.stringify(result, undefined, 2)}\n`);
    say('written to docs/benchmarks/server.json');
  } finally {
    if (!options.folder) rmSync(folder, { recursive: true, force: true });
  }
}

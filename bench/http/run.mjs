/**
 * From the text of a query to its hits over HTTP, one client, on the collection that `npm start` makes.
 *
 * Options: --url http://127.0.0.1:6333, --requests 1000. Every text is new to the server, so that none comes
 * from its cache of encoded texts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const docs = fileURLToPath(new URL('../../docs/benchmarks/', import.meta.url));

/** What the requests ask for besides the ten nearest points of a text. */
const kinds = {
  'no filter': { with_payload: true },
  'pos = noun (70 % of the points)': filtered('pos', 'noun'),
  'lexname = noun.feeling (0.4 %)': filtered('lexname', 'noun.feeling'),
  'exact scan': { with_payload: true, params: { exact: true } },
};

function filtered(key, value) {
  return { with_payload: true, filter: { must: [{ key, match: { value } }] } };
}

/** Words of the project's own guides, three to a query. */
function* queries() {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const words = [...new Set(text.toLowerCase().match(/[a-z]{4,}/g))];
  for (let i = 0; ; i++) {
    const [a, b, c] = [i, Math.imul(i, 7) + 3, Math.imul(i, 31) + 11].map((n) => words[n % words.length]);
    yield `${a} ${b} of a ${c} ${i}`;
  }
}

async function ask(url, body) {
  const start = performance.now();
  const response = await fetch(`${url}/collections/wordnet/points/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.status?.error ?? response.statusText);
  return performance.now() - start;
}

export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:6333' },
      requests: { type: 'string', default: '1000' },
    },
  });
  const requests = Number(values.requests);
  const info = await (await fetch(`${values.url}/collections/wordnet`)).json();
  const texts = queries();
  const times = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]));
  for (let i = 0; i < requests; i++)
    for (const [kind, rest] of Object.entries(kinds)) {
      const query = { text: texts.next().value, model: 'use' };
      times[kind].push(await ask(values.url, { query, limit: 10, ...rest }));
    }
  const rows = Object.entries(times).map(([kind, list]) => {
    const sorted = list.slice(requests * 0.05).sort((a, b) => a - b);
    const at = (share) => Number(sorted[Math.floor(share * (sorted.length - 1))].toFixed(2));
    return { kind, p50: at(0.5), p90: at(0.9), p99: at(0.99) };
  });
  console.table(rows);
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  const result = {
    points: info.result.points_count,
    requests,
    rows,
    machine,
    date: new Date().toISOString(),
  };
  mkdirSync(docs, { recursive: true });
  writeFileSync(join(docs, 'http.json'), `${JSON.stringify(result, undefined, 2)}\n`);
}

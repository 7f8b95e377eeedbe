/**
 * The encoder `use`, 8-bit against float32 weights: glosses per second, milliseconds per query, and how often both
 * find the same nearest gloss (exact search; the queries are WordNet's example sentences).
 *
 * Options: --rounds 3, --sample 5000 (glosses timed), --corpus 117791 (glosses searched), --queries 1000.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { evenSample, nearest } from './nearest.mjs';

const docs = fileURLToPath(new URL('../../docs/benchmarks/', import.meta.url));
const log = (text) => console.error(text);

function readOptions(args) {
  const option = (value) => ({ type: 'string', default: value });
  const options = {
    rounds: option('3'),
    sample: option('5000'),
    corpus: option('117791'),
    queries: option('1000'),
  };
  const { values } = parseArgs({ args, options });
  return Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)]));
}

async function seconds(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** The best of alternating rounds, so that what else runs on the machine hits all alike. */
async function timeEncoders(encoders, texts, rounds) {
  const best = encoders.map(() => ({ bulk: Number.POSITIVE_INFINITY, query: Number.POSITIVE_INFINITY }));
  for (let round = 0; round < rounds; round++)
    for (const [i, encoder] of encoders.entries()) {
      best[i].bulk = Math.min(best[i].bulk, await seconds(() => encoder.encode(texts)));
      for (const text of texts.slice(0, 100))
        best[i].query = Math.min(best[i].query, await seconds(() => encoder.encode([text])));
      log(`round ${round + 1}: ${encoder.name} ${(texts.length / best[i].bulk).toFixed(0)} glosses/s`);
    }
  return best;
}

export async function run(args) {
  const { rounds, sample, corpus, queries } = readOptions(args);
  const { loadWordNetGlosses } = await import('@fletch/data');
  const { createEncoder } = await import('@fletch/text');
  const glosses = await loadWordNetGlosses();
  const texts = evenSample(glosses, corpus).map(({ text }) => text);
  const examples = evenSample(
    glosses.flatMap((gloss) => gloss.examples),
    queries,
  );
  const threads = [...new Set([1, availableParallelism()])];
  const variants = threads.flatMap((count) =>
    ['float32', 'int8'].map((precision) => ({ precision, threads: count })),
  );
  const encoders = await Promise.all(variants.map((options) => createEncoder('use', options)));
  const times = await timeEncoders(encoders, evenSample(texts, sample), rounds);

  const found = [];
  for (const encoder of encoders.slice(-2)) {
    log(`encoding ${texts.length} glosses with ${encoder.name}`);
    found.push(await nearest(await encoder.encode(texts), await encoder.encode(examples), encoder.dimension));
  }
  const same = found[0].filter((row, i) => texts[row] === texts[found[1][i]]).length / found[0].length;
  await Promise.all(encoders.map((encoder) => encoder.close()));

  const rows = variants.map(({ precision, threads: count }, i) => ({
    precision,
    threads: count,
    glossesPerSecond: Math.round(sample / times[i].bulk),
    secondsForAll: Math.round((times[i].bulk * glosses.length) / sample),
    queryMilliseconds: Number((times[i].query * 1000).toFixed(2)),
  }));
  const result = {
    benchmark: 'encode',
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version },
    rows,
    agreement: { top1: same, queries: examples.length, corpus: texts.length },
  };
  mkdirSync(docs, { recursive: true });
  writeFileSync(`${docs}encode.json`, `${JSON.stringify(result, undefined, 2)}\n`);
  console.table(rows);
  console.log(
    `int8 finds the same nearest gloss as float32 for ${(100 * same).toFixed(1)} % of ${queries} queries.`,
  );
}

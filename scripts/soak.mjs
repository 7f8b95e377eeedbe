/**
 * `npm run soak`: the server under mixed load for ten minutes, then a store that is killed a thousand times and whose
 * file operations fail one after the other, then readers of files that are damaged in 120,000 ways. Fails when a request
 * failed, memory or handles kept growing, a write was lost, or a reader did anything but read or refuse.
 *
 * Options: --minutes 10 (0: no load), --clients 6, --kills 1000 (0: none), --files 120000 (0: none).
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, root } from './prepare.mjs';

/** Minutes below which nothing is recorded, as too little can be seen. */
const LEAST_MINUTES = 10;
/** Growth of memory that counts as none, in shares of it per ten minutes. */
const GROWTH = 0.05;
const SAMPLES = 120;

/** Slope of the line that fits best. */
function slopeOf(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map(([at]) => at));
  const y = mean(points.map(([, value]) => value));
  const over = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  const under = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  return under === 0 ? 0 : over / under;
}

async function load({ minutes, clients }) {
  const { startChild } = await import('../bench/server/child.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'fletch-soak-'));
  const server = startChild('server.mjs');
  const mixed = startChild('mixed.mjs');
  try {
    const url = await server.call('start', { folder });
    await mixed.call('prepare', { url });
    console.error(`mixed load for ${minutes} minutes …`);
    const samples = [];
    const began = performance.now();
    const sample = async () => {
      samples.push({ minute: (performance.now() - began) / 60_000, ...(await server.call('usage')) });
    };
    const timer = setInterval(() => void sample(), (minutes * 60_000) / SAMPLES);
    await server.call('resetLag');
    const { counts, errors, firstErrors } = await mixed.call('run', {
      url,
      clients,
      seconds: minutes * 60,
      seed: 1,
    });
    clearInterval(timer);
    await sample();
    const lag = await server.call('readLag');
    await server.call('close');
    return { requests: counts, errors, firstErrors, lag, ...growthOf(samples), samples };
  } finally {
    await Promise.all([server.stop(), mixed.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How memory and handles grew after the first third, in which caches fill. */
function growthOf(samples) {
  const settled = samples.slice(Math.floor(samples.length / 3));
  const slope = (key) => slopeOf(settled.map((one) => [one.minute, one[key]]));
  const megabytes = (bytes) => Number((bytes / 2 ** 20).toFixed(2));
  return {
    memoryMegabytes: megabytes(settled.at(-1).memory),
    memoryMegabytesPerMinute: megabytes(slope('memory')),
    handles: settled.at(-1).handles,
    handlesPerMinute: Number(slope('handles').toFixed(3)),
  };
}

/** Runs tests; whether they passed. */
function test(files, env) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...files], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  });
  return new Promise((resolve) => child.on('close', (code) => resolve(code === 0)));
}

/** Runs the kill test and the long loops of faults; whether they passed. */
function kill(kills) {
  console.error(`killing a store ${kills} times, and failing its calls …`);
  return test(['packages/search/src/store/kill.test.ts', 'packages/search/src/store/faults'], {
    FLETCH_KILLS: String(kills),
    FLETCH_FAULTS: 'all',
  });
}

/** Damaged files that the tests make by themselves. */
const DAMAGED = 10_000;

/** Has damaged files read; whether all were read or refused. */
function damage(files) {
  const factor = Math.ceil(files / DAMAGED);
  console.error(`reading ${factor * DAMAGED} damaged files …`);
  return test(['packages/data/src/fuzz.test.ts', 'packages/data/src/vectors/fuzz.test.ts'], {
    FLETCH_FUZZ: String(factor),
  });
}

async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '10' },
      clients: { type: 'string', default: '6' },
      kills: { type: 'string', default: '1000' },
      files: { type: 'string', default: '120000' },
    },
  });
  const { minutes, clients, kills, files } = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Number(value)]),
  );
  await prepare({ say: console.error });
  const { samples, ...figures } = minutes === 0 ? {} : await load({ minutes, clients });
  const killed = kills === 0 || (await kill(kills));
  const refused = files === 0 || (await damage(files));
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  const result = {
    minutes,
    clients,
    ...figures,
    kills,
    lostNothing: killed,
    damagedFiles: files,
    damagedFilesRefused: refused,
    machine,
    date: new Date().toISOString(),
  };
  console.log(JSON.stringify(result, undefined, 2));
  const grew = figures.memoryMegabytesPerMinute * 10 > GROWTH * figures.memoryMegabytes;
  const problems = [
    figures.errors > 0 && `${figures.errors} requests failed: ${figures.firstErrors.join('; ')}`,
    grew && minutes >= LEAST_MINUTES && `memory grew by ${figures.memoryMegabytesPerMinute} MB a minute`,
    figures.handlesPerMinute > 0.5 &&
      minutes >= LEAST_MINUTES &&
      `handles grew by ${figures.handlesPerMinute} a minute`,
    !killed && 'the tests of kills and faults failed',
    !refused && 'a reader of damaged files failed',
  ].filter(Boolean);
  for (const problem of problems) console.error(problem);
  if (minutes >= LEAST_MINUTES) {
    const docs = join(root, 'docs/benchmarks');
    mkdirSync(docs, { recursive: true });
    writeFileSync(join(docs, 'soak.json'), `${JSON.stringify({ ...result, samples }, undefined, 1)}\n`);
  }
  return problems.length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));

/**
 * Linear algebra beside NumPy, in alternation, on the same matrix: `node bench/run.mjs linalg [--rounds 5] [--size 1024]
 * [--threads 1,2]`. NumPy spins: with as many threads as a busy machine has cores it takes minutes.
 * Prints one JSON object. Needs `python3` with NumPy.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cast, eigh, Matrix, matmul, qr, randomizedSVD, rng, solve, svd } from '@fletch/linalg';

/** The tasks and, where there is one, the most times NumPy's time that is allowed. */
const tasks = {
  matmul: { run: (a) => matmul(a, a).row(0) },
  svd: { run: (a) => svd(a).s, limit: 6 },
  svd64: { run: (a) => svd(a).s, prepare: (a) => cast(a, 'float64') },
  randomized: { run: (a) => randomizedSVD(a, 64).s, limit: 1.5 },
  eigh: { run: (a) => eigh(a).values },
  qr: { run: (a) => qr(a).r.row(0) },
  solve: { run: (a) => solve(a, columns(a, 16)).row(0) },
};

/** The first columns of a matrix. */
function columns(a, count) {
  const result = new Matrix(new a.data.constructor(a.rows * count), a.rows, count);
  for (let i = 0; i < a.rows; i++) result.data.set(a.row(i).subarray(0, count), i * count);
  return result;
}

/** A NumPy process with so many threads. */
async function startPeer(file, threads) {
  const script = fileURLToPath(new URL('peer.py', import.meta.url));
  const count = String(threads);
  const env = { ...process.env, OPENBLAS_NUM_THREADS: count, OMP_NUM_THREADS: count, MKL_NUM_THREADS: count };
  const child = spawn('python3', [script, file], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('NumPy did not answer: is it installed for python3?');
    return value;
  };
  const version = await read();
  return {
    version,
    async time(task, size) {
      child.stdin.write(`${task} ${size} ${size}\n`);
      const [seconds, check] = (await read()).split(' ').map(Number);
      return { seconds, check };
    },
    stop: () => child.stdin.end(),
  };
}

const magnitude = (values) => values.reduce((sum, value) => sum + Math.abs(value), 0);

function timeOurs(run, a) {
  const started = performance.now();
  const result = run(a);
  return { seconds: (performance.now() - started) / 1000, check: magnitude(result) };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

export async function run(options) {
  const { values } = parseArgs({
    args: options,
    options: {
      rounds: { type: 'string', default: '5' },
      size: { type: 'string', default: '1024' },
      threads: { type: 'string', default: '1,2' },
    },
  });
  const size = Number(values.size);
  const rounds = Number(values.rounds);
  const a = new Matrix(rng(0).fillNormal(new Float32Array(size * size)), size, size);
  // Symmetric, as eigh wants it; for the others it is a matrix like any other.
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) a.data[j * size + i] = a.data[i * size + j];
  const folder = mkdtempSync(join(tmpdir(), 'fletch-linalg-'));
  const file = join(folder, 'matrix.f32');
  writeFileSync(file, a.data);
  const peers = {};
  for (const threads of values.threads.split(',')) peers[`numpy${threads}`] = await startPeer(file, threads);
  const rows = [];
  try {
    for (const [name, { run: ours, prepare = (x) => x, limit }] of Object.entries(tasks)) {
      const input = prepare(a);
      const seconds = Object.fromEntries(['fletch', ...Object.keys(peers)].map((who) => [who, []]));
      const checks = {};
      // The first round warms everything up and does not count.
      for (let round = -1; round < rounds; round++)
        for (const who of Object.keys(seconds)) {
          const one = who === 'fletch' ? timeOurs(ours, input) : await peers[who].time(name, size);
          if (round >= 0) seconds[who].push(one.seconds);
          checks[who] = one.check;
        }
      const least = Object.fromEntries(
        Object.entries(seconds).map(([who, list]) => [who, Math.min(...list)]),
      );
      const middle = Object.fromEntries(Object.entries(seconds).map(([who, list]) => [who, median(list)]));
      const ratio = least.fletch / Math.min(...Object.keys(peers).map((who) => least[who]));
      rows.push({
        task: name,
        least,
        median: middle,
        ratio,
        limit,
        holds: limit ? ratio <= limit : undefined,
        checks,
      });
      const times = Object.entries(least).map(([who, value]) => `${who} ${(value * 1e3).toFixed(1)} ms`);
      console.error(`${name}: ${times.join(', ')}: ${ratio.toFixed(2)} times the best NumPy`);
    }
  } finally {
    for (const peer of Object.values(peers)) peer.stop();
    rmSync(folder, { recursive: true });
  }
  const machine = { cpu: cpus()[0].model, cores: cpus().length, load: loadavg()[0] };
  const versions = { node: process.version, numpy: Object.values(peers)[0].version };
  console.log(
    JSON.stringify({
      suite: 'linalg',
      date: new Date().toISOString(),
      machine,
      versions,
      size,
      rounds,
      rows,
    }),
  );
}

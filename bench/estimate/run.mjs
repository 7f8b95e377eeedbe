/**
 * Estimators at the size of real tables, on one core: `node bench/run.mjs estimate [--rounds 3] [--rows 10000] [--columns 50]
 * [--tall 1048576] [--width 100]`. Prints one JSON object. Seconds are of the processor: other work on the machine does not count.
 */
import { execFile } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { logit, presto, proportionalOdds, simulateRelaxedPO } from '@fletch/estimate';

/** The tasks and, where there is one, the most seconds that are allowed. */
const tasks = {
  'presto, path of 20 and 5 folds': { run: ({ X, y }) => presto(X, y), limit: 30 },
  'presto, path of 100 down to 1e-4, 2 folds': {
    run: ({ X, y }) => presto(X, y, { nLambda: 100, lambdaMinRatio: 1e-4, folds: 2 }),
  },
  'proportional odds': { run: ({ X, y }) => proportionalOdds(X, y) },
  'logistic regression': { run: ({ X, event }) => logit(X, event) },
};

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Sketched regression in processes of its own: against QR of all rows, then alone, to see its memory. */
async function sketched(tall, width, rounds) {
  const script = fileURLToPath(new URL('sketch.mjs', import.meta.url));
  const child = async (what) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [script, what, tall, width, rounds].map(String),
    );
    return JSON.parse(stdout);
  };
  const { rows, sketch, direct, error } = await child('both');
  const { memory } = await child('sketch');
  const ratio = median(direct) / median(sketch);
  console.error(
    `${tall} × ${width}: sketch of ${rows} rows ${median(sketch).toFixed(2)} s, QR ${median(direct).toFixed(2)} s, ${ratio.toFixed(1)} × as fast, ε∞ ${error.toFixed(3)}, memory ${memory.toFixed(2)} × the data`,
  );
  return { tall, width, rows, sketch, direct, ratio, error, memory };
}

export async function run(options) {
  const { values } = parseArgs({
    args: options,
    options: {
      rounds: { type: 'string', default: '3' },
      rows: { type: 'string', default: '10000' },
      columns: { type: 'string', default: '50' },
      tall: { type: 'string', default: String(2 ** 20) },
      width: { type: 'string', default: '100' },
    },
  });
  const [n, p, rounds] = [values.rows, values.columns, values.rounds].map(Number);
  const { X, y } = simulateRelaxedPO({ n, p, alpha: [0, 3.5, 7], size: 0.2, seed: 1 });
  const data = { X, y, event: y.map((k) => (k === 4 ? 1 : 0)) };
  const rows = [];
  for (const [task, { run: work, limit }] of Object.entries(tasks)) {
    const seconds = [];
    const wall = [];
    for (let round = 0; round < rounds; round++) {
      const [from, started] = [process.cpuUsage(), performance.now()];
      work(data);
      const { user, system } = process.cpuUsage(from);
      seconds.push((user + system) / 1e6);
      wall.push((performance.now() - started) / 1e3);
    }
    const row = { task, median: median(seconds), least: Math.min(...seconds), wall: median(wall), limit };
    rows.push({ ...row, holds: limit ? row.median <= limit : undefined });
    console.error(
      `${task}: ${row.median.toFixed(2)} s of the processor, ${row.wall.toFixed(2)} s by the clock`,
    );
  }
  const regression = await sketched(Number(values.tall), Number(values.width), rounds);
  const machine = { cpu: cpus()[0].model, cores: cpus().length, load: loadavg()[0] };
  console.log(
    JSON.stringify({
      suite: 'estimate',
      date: new Date().toISOString(),
      machine,
      n,
      p,
      rounds,
      rows,
      regression,
    }),
  );
}

/**
 * Training steps beside those of the peers, alternating: `node bench/run.mjs train [--rounds n] [--seconds s]`.
 * PyTorch takes part where Debian's `python3-torch` (and `libopenblas0-pthread`) is installed. A peer that has not taken
 * its steps after two minutes is left out.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const execute = promisify(execFile);
const file = (name) => fileURLToPath(new URL(name, import.meta.url));

const contestants = [
  {
    name: 'fletch',
    command: (model, threads, s) => [
      'node',
      file('fletch.mjs'),
      model,
      '--json',
      '--threads',
      threads,
      '--seconds',
      s,
    ],
  },
  {
    name: 'fletch, spinning',
    threads: [2],
    command: (model, threads, s) => [
      'node',
      file('fletch.mjs'),
      model,
      '--json',
      '--spinning',
      '--threads',
      threads,
      '--seconds',
      s,
    ],
  },
  {
    name: 'torch',
    command: (model, threads, s) => ['/usr/bin/python3', file('peers/torch_steps.py'), model, threads, s],
  },
  {
    name: 'jax-js',
    threads: [1],
    models: ['mlp', 'gpt'],
    command: (model, _, s) => ['node', file('peers/jax-js.mjs'), model, s],
  },
  {
    name: 'tfjs (wasm)',
    models: ['mlp'],
    command: (model, threads, s) => ['node', file('peers/tfjs.mjs'), model, threads, s],
  },
];

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function measure({ command }, model, threads, seconds) {
  const [program, ...rest] = command(model, String(threads), String(seconds));
  try {
    const { stdout } = await execute(program, rest, { timeout: 120_000 });
    return JSON.parse(stdout.trim().split('\n').at(-1));
  } catch {
    return undefined;
  }
}

export async function run(options) {
  const { values } = parseArgs({
    args: options,
    options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '3' } },
  });
  for (const model of ['mlp', 'gpt', 'cnn'])
    for (const threads of [1, 2]) {
      const taking = contestants.filter(
        (one) => (one.models ?? [model]).includes(model) && (one.threads ?? [1, 2]).includes(threads),
      );
      const rows = new Map(taking.map((one) => [one.name, []]));
      for (let round = 0; round < Number(values.rounds); round++)
        for (const one of taking) {
          const row = await measure(one, model, threads, values.seconds);
          if (row !== undefined) rows.get(one.name).push(row);
        }
      const own = median(rows.get('fletch').map((row) => row.best));
      for (const [name, measured] of rows) {
        if (measured.length === 0) {
          console.log(`${model} ${threads} thread(s)  ${name}: did not run`);
          continue;
        }
        const best = measured.map((row) => row.best);
        const share =
          measured[0].share === undefined
            ? ''
            : `, ${(100 * median(measured.map((row) => row.share))).toFixed(0)} % of peak`;
        console.log(
          `${model} ${threads} thread(s)  ${name}: ${median(best).toFixed(2)} ms (${Math.min(...best).toFixed(2)}–${Math.max(...best).toFixed(2)}), ` +
            `${(median(best) / own).toFixed(2)} × fletch${share}`,
        );
      }
    }
}

/**
 * System 23: starting its functions, and what they read.
 *
 * @module
 */
import { Matrix, rng } from '@fletch/linalg';
import { buildSquash } from '@fletch/search';
import { runServerless } from '@fletch/search/serverless';
import type { Row, TrialContext } from '../../experiment.js';
import { pictures } from './data.js';
import { BUDGET, plans, short } from './measure.js';

const LATENCY = 20;
const NODES = 84;

/** Starting the functions, and what they read. */
export async function functions({ profile, seed, once, signal, report }: TrialContext) {
  return once('functions', async () => {
    report({ done: 6, total: 6, stage: 'functions' });
    const { few, functions: partitions } = plans[profile];
    const tree = await startOf({ F: 4, lMax: 3 }, seed);
    const flat = await startOf({ F: NODES, lMax: 1 }, seed);
    const sequential = await oneAfterTheOther();
    const setting = await pictures(few, NODES, seed);
    const options = { bitBudget: BUDGET, partitions, seed, signal };
    const index = await buildSquash(setting.x, setting.attrs, options);
    const queries = Matrix.from(
      setting.questions.map(({ query }) => query),
      'float32',
    );
    const where = setting.questions.map((question) => question.where);
    const rounds = await runServerless(index, queries, { where, rounds: 2 });
    const cold = await runServerless(index, queries, { where, rounds: 2, retention: false });
    const rowsOf = (name: string, results: typeof rounds): Row[] =>
      results.map(({ usage, cost }, round) => ({
        method: `functions ${name}, round ${round + 1}`,
        data: `Fashion-MNIST, ${few}, ${partitions} partitions, ${NODES} queries`,
        index_bytes: usage.indexBytes,
        vector_bytes: usage.vectorBytes,
        requests: usage.requests,
        gets: usage.gets,
        dollars_per_million: short((1e6 * cost.dollars) / NODES),
      }));
    return {
      tree,
      sequential,
      warmIndexBytes: rounds[1]!.usage.indexBytes,
      rows: [
        { method: 'starting 84 allocators: tree, F = 4', data: '20 ms a call', ms: short(tree) },
        {
          method: 'starting 84 allocators: the coordinator calls all at once',
          data: '20 ms a call',
          ms: short(flat),
        },
        {
          method: 'starting 84 allocators: one after the other',
          data: '20 ms a call',
          ms: short(sequential),
        },
        ...rowsOf('that keep their data', rounds),
        ...rowsOf('that forget', cold),
      ] as Row[],
    };
  });
}

/** Time until the last of as many calls was made, each after the one before. */
async function oneAfterTheOther(): Promise<number> {
  const begun = performance.now();
  for (let i = 0; i < NODES; i++) await new Promise((resolve) => setTimeout(resolve, LATENCY));
  return performance.now() - begun;
}

/** Milliseconds from the coordinator's start to the last allocator's, whose work is next to none. */
async function startOf(tree: { readonly F: number; readonly lMax: number }, seed: number): Promise<number> {
  const x = new Matrix(rng(seed).fillNormal(new Float32Array(400 * 8)), 400, 8);
  const index = await buildSquash(x, [], { partitions: 1 });
  const times: number[] = [];
  let first = 0;
  await runServerless(index, new Matrix(x.data.slice(0, NODES * 8), NODES, 8), {
    ...tree,
    latency: LATENCY,
    onStart: (name, at) => {
      if (name === 'coordinator') first = at;
      if (name === 'allocator') times.push(at - first);
    },
  });
  return Math.max(...times);
}

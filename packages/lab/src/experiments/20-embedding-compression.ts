/**
 * System 20: embedding tables under a budget of memory, with the task and after it.
 *
 * @module
 */
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Row } from '../experiment.js';
import { cellsOf, measureCell, nameOf, reachable, tiny } from './20-cells.js';
import { measureRetrieval, type RetrievalSet, recallOf } from './20-retrieval.js';

/** What the card calls static codes. */
const STATIC = ['CompoEmb (sum) at 0.02', 'TT-Rec at 0.02', 'ROBE at 0.02', 'DHE at 0.02'];
const BUDGETS = [1, 0.5, 0.3125, 0.25, 0.11, 0.065, 0.02];
/** AUC within which the cheaper training is preferred. */
const NEAR = 0.001;

const aucOf = (rows: readonly Row[], name: string): number =>
  Number(rows.find(({ method }) => method === name)?.auc ?? Number.NaN);

/** What to take at every budget: the best of what was measured within it, and the cheapest that is nearly as good. */
function recommend(rows: readonly Row[]): Row[] {
  const measured = rows.filter(({ auc }) => typeof auc === 'number');
  return BUDGETS.flatMap((budget): Row[] => {
    const within = measured.filter(({ ratio }) => Number(ratio) <= 1.02 * budget);
    if (within.length === 0) return [];
    const best = within.reduce((a, b) => (Number(b.auc) > Number(a.auc) ? b : a));
    const near = within.filter(({ auc }) => Number(auc) >= Number(best.auc) - NEAR);
    const cheap = near.reduce((a, b) => (Number(b.cpu_seconds) < Number(a.cpu_seconds) ? b : a));
    return [
      {
        what: `take at ${budget}`,
        method: best.method!,
        ratio: best.ratio!,
        auc: best.auc!,
        cheaper: cheap.method!,
        cheaper_auc: cheap.auc!,
        cheaper_cpu_seconds: cheap.cpu_seconds!,
      },
    ];
  });
}

/** Figures that the trainings give; what no cell measured is left out. */
function trainingMetrics(rows: readonly Row[]): { [metric: string]: number } {
  const full = aucOf(rows, 'full table at 1');
  const metrics: { [metric: string]: number } = {
    int8_below_full: aucOf(rows, 'INT8 at 0.25') - full,
    over_budget: Math.max(
      ...rows.flatMap(({ ratio, cr }) => (typeof ratio === 'number' ? [ratio / Number(cr) - 1] : [])),
    ),
  };
  const alpt = aucOf(rows, 'ALPT-8 at 0.3125');
  if (!Number.isNaN(alpt)) metrics.alpt8_below_full = alpt - full;
  const codes = STATIC.map((name) => aucOf(rows, name)).filter((value) => !Number.isNaN(value));
  const hash = aucOf(rows, 'hashing at 0.02');
  if (codes.length >= 3 && !Number.isNaN(hash)) {
    metrics.static_over_hash = Math.max(...codes) - hash;
    metrics.static_below_full = Math.max(...codes) - full;
  }
  return metrics;
}

const sets: readonly RetrievalSet[] = ['Fashion-MNIST', 'word vectors'];

/** Figures of the worse of both sets. */
function retrievalMetrics(bySet: readonly (readonly Row[])[]): { [metric: string]: number } {
  const worst = (value: (rows: readonly Row[]) => number) => Math.min(...bySet.map(value));
  return {
    recall_int8: worst((rows) => recallOf(rows, 'int8')),
    recall_svd: -worst((rows) => -recallOf(rows, 'svd', 0.25)),
    svd_over_pruning: worst((rows) => recallOf(rows, 'svd', 0.25) - recallOf(rows, 'prune')),
    pq_over_svd: worst((rows) => recallOf(rows, 'pq') - recallOf(rows, 'svd', 0.1)),
  };
}

export default defineExperiment({
  id: 'embedding-compression',
  exports: [
    'createEmbedding',
    'embeddingMethods',
    'trainCTR',
    'evaluateCTR',
    'splitCtr',
    'ctrHeads',
    'FrozenEmbedding',
    'compressVectors',
    'CompressedVectors',
    'vectorMethods',
  ],
  data: 'who depends on whom in Debian: 485,000 pairs, ten fields, 200,000 rows of 16; pictures of clothes, word vectors',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: '1a',
      text: 'INT8 at a quarter of the bytes: AUC over that of the full table',
      metric: 'int8_below_full',
      relation: '>=',
      threshold: -0.003,
      profiles: ['quick', 'full'],
    },
    {
      id: '1b',
      text: 'ALPT-8, a scale for each row counted (0.3125 of the bytes): the same',
      metric: 'alpt8_below_full',
      relation: '>=',
      threshold: -0.003,
      profiles: ['quick', 'full'],
    },
    {
      id: '2a',
      text: 'At a fiftieth of the bytes run hashing, CompoEmb, TT-Rec, DHE, ROBE and AdaptEmb: how many of the six',
      metric: 'tiny_run',
      relation: '==',
      threshold: 6,
      profiles: ['quick', 'full'],
    },
    {
      id: '2b',
      text: '… and no other method: how many do, sparse coordinates counted',
      metric: 'others_run',
      relation: '==',
      threshold: 0,
      profiles: ['quick', 'full'],
    },
    {
      id: '3a',
      text: 'At a fiftieth: AUC of the best static code over that of hashing',
      metric: 'static_over_hash',
      relation: '>=',
      threshold: 0.001,
      profiles: ['full'],
    },
    {
      id: '3b',
      text: '… and over that of the full table',
      metric: 'static_below_full',
      relation: '>=',
      threshold: -0.015,
      profiles: ['full'],
    },
    {
      id: '4',
      text: 'Bytes that are stored exceed the budget by at most, as a share',
      metric: 'over_budget',
      relation: '<=',
      threshold: 0.02,
      over: 'worst',
    },
    {
      id: '5a',
      text: 'After training, a quarter of the bytes: recall@10 of INT8, on the worse of two sets',
      metric: 'recall_int8',
      relation: '>=',
      threshold: 0.93,
      profiles: ['quick', 'full'],
    },
    {
      id: '5b',
      text: '… of SVD, on the better',
      metric: 'recall_svd',
      relation: '<',
      threshold: 0.93,
      profiles: ['quick', 'full'],
    },
    {
      id: '5c',
      text: '… SVD over magnitude pruning, on the worse',
      metric: 'svd_over_pruning',
      relation: '>',
      threshold: 0,
      profiles: ['quick', 'full'],
    },
    {
      id: '5d',
      text: 'PQ at 0.04 to 0.08 of the bytes over SVD at 0.1, on the worse',
      metric: 'pq_over_svd',
      relation: '>=',
      threshold: 0,
      profiles: ['quick', 'full'],
    },
  ],
  paper: [
    {
      data: 'Criteo, Avazu',
      finding: 'INT16, INT8 and ALPT at 0.5 and 0.25 are about as good as the full table',
    },
    {
      data: 'Criteo, Avazu',
      finding: 'what shrinks each row stops near 0.1; CompoEmb, TT-Rec, ROBE and DHE reach 0.001',
    },
    {
      data: 'Criteo, Avazu',
      finding: 'DHE, AutoDim, OptEmbed and AutoSrh train longest; several stages take 2 to 3 times as long',
    },
    { data: 'retrieval, 768 dimensions', finding: 'quantization and PQ are best, Dedup and pruning weak' },
  ],
  async run(context) {
    const { profile, seed, once } = context;
    const trained: Row[] = [];
    for (const cell of cellsOf(profile, seed))
      trained.push(await once(nameOf(cell), () => measureCell(cell, context)));
    const metrics = trainingMetrics(trained);
    const found: Row[] = [];
    if (profile !== 'smoke' && seed === 0) {
      const reached = await once('reach', () => reachable(0.02, context));
      const named = new Set<string>(tiny.map(({ method }) => method));
      const running = reached.filter(({ runs }) => runs === true);
      metrics.tiny_run = running.filter(({ method }) => named.has(String(method))).length;
      metrics.others_run = running.length - metrics.tiny_run;
      found.push(...reached);
      const bySet: Row[][] = [];
      for (const set of sets) bySet.push(await measureRetrieval(set, context));
      Object.assign(metrics, retrievalMetrics(bySet));
      found.push(...bySet.flat());
    }
    return {
      metrics,
      rows: [...trained, ...(seed === 0 ? recommend(trained) : []), ...found],
      series: {
        trained: trained.filter(({ auc }) => typeof auc === 'number'),
        retrieval: found.filter((row) => 'recall@10' in row),
      },
    };
  },
  plot: ({ series }) => {
    const trained = (series.trained ?? []).map((row) => ({
      ...row,
      title: String(row.method).replace(/ at .*/, ''),
    }));
    return [
      {
        title: 'AUC against the bytes that are stored, over those of the full table',
        options: {
          height: 420,
          x: { type: 'log', label: 'share of the bytes' },
          y: { label: 'AUC' },
          marks: [
            Plot.ruleY(
              trained.filter(({ title }) => title === 'full table'),
              { y: 'auc', strokeDasharray: '4,3', stroke: '#999' },
            ),
            Plot.lineY(trained, { x: 'ratio', y: 'auc', z: 'title', stroke: 'family', sort: 'ratio' }),
            Plot.dot(trained, { x: 'ratio', y: 'auc', stroke: 'family', r: 3 }),
            Plot.text(trained, { x: 'ratio', y: 'auc', text: 'title', dy: -8, fontSize: 9 }),
          ],
        },
      },
      {
        title: 'What training costs: seconds of work',
        options: {
          height: 420,
          marginLeft: 150,
          x: { label: 'CPU seconds' },
          y: { label: null },
          marks: [Plot.barX(trained, { x: 'cpu_seconds', y: 'method', fill: 'family', sort: { y: 'x' } })],
        },
      },
      {
        title: 'Microseconds of looking a row up',
        options: {
          height: 420,
          marginLeft: 150,
          x: { type: 'log', label: 'µs' },
          y: { label: null },
          marks: [Plot.dot(trained, { x: 'lookup_us', y: 'method', stroke: 'family', r: 4 })],
        },
      },
      {
        title: 'After training: recall@10 of the compressed base',
        options: {
          x: { type: 'log', label: 'share of the bytes' },
          y: { label: 'recall@10' },
          fx: { label: null },
          marks: [
            Plot.dot(series.retrieval ?? [], {
              fx: 'what',
              x: 'ratio',
              y: 'recall@10',
              stroke: 'method',
              r: 4,
            }),
            Plot.text(series.retrieval ?? [], {
              fx: 'what',
              x: 'ratio',
              y: 'recall@10',
              text: 'method',
              dy: -9,
              fontSize: 9,
            }),
          ],
        },
      },
    ];
  },
});

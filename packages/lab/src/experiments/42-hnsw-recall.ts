/**
 * System 42: what decides the recall of HNSW.
 *
 * @module
 */
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile } from '../experiment.js';
import { byDimension } from './42-hnsw-recall/dimension.js';
import { byOrder } from './42-hnsw-recall/orders.js';
import { byModel } from './42-hnsw-recall/rank-shift.js';

const measured: readonly Profile[] = ['quick', 'full'];

export default defineExperiment({
  id: 'hnsw-recall',
  exports: [
    'HNSW',
    'lidMLE',
    'syntheticIntrinsic',
    'insertionOrder',
    'recallStudy',
    'presetOf',
    'ndcgAtK',
    'rankShift',
  ],
  data: '10,000 unit vectors that fill 2 to 256 of 256 dimensions; 9 samples of 20,000 definitions of WordNet as means of word vectors; 10,000 pictures of Fashion-MNIST; 6,000 definitions under eight embedders. M = 16, efConstruction = 128, ef = 10',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: '1a',
      text: 'Recall@10 falls with each doubling of the intrinsic dimension from 4 on: the least fall',
      metric: 'least_fall',
      relation: '>',
      threshold: 0,
      over: 'worst',
      profiles: measured,
    },
    {
      id: '1b',
      text: 'Rank correlation of local intrinsic dimension and recall',
      metric: 'lid_recall_spearman',
      relation: '<=',
      threshold: -0.95,
      over: 'worst',
      profiles: measured,
    },
    {
      id: '1c',
      text: 'Recall@10 lost from 8 to 128 dimensions',
      metric: 'dimension_drop',
      relation: '>=',
      threshold: 0.5,
      over: 'worst',
      profiles: measured,
    },
    {
      id: '2a',
      text: 'Words that look for definitions: share of the samples in which orders differ by 0.04 of recall or more',
      metric: 'wide_spreads',
      relation: '>=',
      threshold: 0.5,
      profiles: ['full'],
    },
    {
      id: '2b',
      text: '… recall gained by inserting high local dimensions first instead of last',
      metric: 'order_gain',
      relation: '>=',
      threshold: 0.005,
      profiles: ['full'],
    },
    {
      id: '2c',
      text: 'Queries of the same kind as the rows: the most that orders differ, definitions and pictures',
      metric: 'alike_spread',
      relation: '<',
      threshold: 0.03,
      over: 'worst',
      profiles: ['full'],
    },
    {
      id: '3',
      text: 'Rank correlation of local dimension and the share of NDCG@10 that HNSW loses, over eight embedders',
      metric: 'lid_loss_spearman',
      relation: '>',
      threshold: 0,
      profiles: ['full'],
    },
  ],
  paper: [
    { dataset: 'synthetic', metric: 'recall', value: 'falls with the intrinsic dimension' },
    { dataset: 'all', metric: 'recall by order of insertion', value: 'up to 12 points apart' },
    {
      dataset: 'retrieval sets',
      metric: 'descending local dimension',
      value: '+2.6 points (hnswlib), +6.2 (FAISS)',
    },
    { dataset: 'benchmark models', metric: 'rank under HNSW against exact search', value: 'up to 3 places' },
  ],
  async run(context) {
    const dimension = await byDimension(context);
    const order = await byOrder(context);
    const models = await byModel(context);
    return {
      metrics: { ...dimension.metrics, ...order.metrics, ...models.metrics },
      rows: [...dimension.rows, ...order.rows, ...models.rows],
      series: { dimension: dimension.curve, orders: order.dots, models: models.dots },
    };
  },
  plot: ({ series }) => [
    {
      title: 'Recall by local intrinsic dimension',
      options: {
        color: { legend: true },
        x: { type: 'log', label: 'mean local intrinsic dimension' },
        y: { label: 'recall@10', domain: [0, 1] },
        marks: [
          Plot.lineY(series.dimension ?? [], { x: 'lid', y: 'recall', stroke: 'ef', z: 'ef', marker: true }),
        ],
      },
    },
    {
      title: 'Recall by order of insertion, a line a sample (± one standard error)',
      options: {
        marginLeft: 90,
        color: { legend: true },
        x: { label: 'recall@10' },
        y: { label: null },
        marks: [
          Plot.ruleY(series.orders ?? [], { y: 'order', x1: 'low', x2: 'high', stroke: 'what' }),
          Plot.dot(series.orders ?? [], { x: 'recall', y: 'order', fill: 'what', r: 2.5 }),
        ],
      },
    },
    {
      title: 'NDCG@10 that HNSW loses, by embedder',
      options: {
        x: { label: 'mean local intrinsic dimension' },
        y: { label: 'share of NDCG lost' },
        marks: [
          Plot.ruleY([0]),
          Plot.dot(series.models ?? [], { x: 'lid', y: 'loss', fill: '#4c78a8' }),
          Plot.text(series.models ?? [], { x: 'lid', y: 'loss', text: 'model', dy: -8, fontSize: 8 }),
        ],
      },
    },
  ],
});

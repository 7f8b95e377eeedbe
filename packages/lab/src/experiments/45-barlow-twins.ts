/**
 * System 45: an encoder trained without labels, judged with few of them.
 *
 * @module
 */
import { loadFashionMnist, loadMnist } from '@fletch/data';
import { barlowTwins } from '@fletch/learn';
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Row, type TrialContext } from '../experiment.js';
import {
  countsOf,
  dataOf,
  FEW,
  lambdaOf,
  meanOf,
  network,
  plain,
  plans,
  round,
  rowOf,
  type Scores,
  scoresOf,
  WIDTH,
} from './45-barlow-twins/data.js';
import { type Pretrained, pretrain, supervised, variantsOf } from './45-barlow-twins/training.js';

export default defineExperiment({
  id: 'barlow-twins',
  exports: [
    'BarlowTwins',
    'TwoViewLearner',
    'barlowTwinsLoss',
    'crossCorrelation',
    'linearProbe',
    'semiSupervised',
    'augment',
    'effectiveRank',
  ],
  data: 'MNIST: 20,000 images without labels (quick: 6,000), 130 with; 10,000 test images. Fashion-MNIST beside it',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a1',
      text: 'With 13 labels a class a probe of the frozen encoder beats the same network trained on those labels, by points',
      metric: 'over_supervised',
      relation: '>=',
      threshold: 3,
    },
    {
      id: 'a2',
      text: '… a probe of the random network, by points',
      metric: 'over_random',
      relation: '>=',
      threshold: 10,
    },
    {
      id: 'a3',
      text: '… a probe of the pixels, by points',
      metric: 'over_pixels',
      relation: '>=',
      threshold: 3,
    },
    {
      id: 'b1',
      text: 'Both terms are needed: the full loss beats invariance alone, by points',
      metric: 'over_invariance',
      relation: '>=',
      threshold: 3,
    },
    {
      id: 'b2',
      text: '… and its projections have a higher effective rank, by a factor',
      metric: 'rank_ratio',
      relation: '>=',
      threshold: 5,
    },
    {
      id: 'c',
      text: 'Small batches do: batch 64 against batch 512 at equal epochs, in points',
      metric: 'small_batch',
      relation: '>=',
      threshold: -2,
      profiles: ['full'],
    },
    {
      id: 'd',
      text: 'A wider projector does not hurt: D = 1024 against D = 64, in points',
      metric: 'wide_projector',
      relation: '>=',
      threshold: -0.5,
      profiles: ['full'],
    },
  ],
  paper: [
    {
      data: 'ImageNet, linear, ResNet-50, 1000 epochs',
      barlow_twins: 73.2,
      simclr: 69.3,
      simsiam: 71.3,
      byol: 74.3,
      supervised: 76.5,
    },
    {
      data: 'ImageNet, 1 % of the labels',
      barlow_twins: 55.0,
      simclr: 48.3,
      simsiam: null,
      byol: 53.2,
      supervised: 25.4,
    },
    {
      data: 'ImageNet, 10 % of the labels',
      barlow_twins: 69.7,
      simclr: 65.6,
      simsiam: null,
      byol: 68.8,
      supervised: 56.4,
    },
    { data: 'ablation, 300 epochs: both terms 71.4, invariance 57.3, redundancy 0.1' },
  ],
  async run(context) {
    const { profile, seed, once } = context;
    const plan = plans[profile];
    const data = await dataOf(loadMnist, context);
    const own = barlowTwins({ lambda: lambdaOf(WIDTH) });
    const headline = await once('Barlow Twins', () =>
      pretrain({ name: 'Barlow Twins', objective: own, epochs: plan.epochs }, data, context),
    );
    const random = await once('random', () => scoresOf(network(seed), data));
    const { pixels, components } = await once('pixels', () => plain(data));
    const labelled = await once('supervised', () => supervised(data, FEW, context));
    const few = (scores: Scores) => meanOf(scores[FEW]!);
    const metrics: Record<string, number> = {
      over_supervised: headline.scores[FEW]![0]! - labelled.best,
      over_random: few(headline.scores) - few(random),
      over_pixels: few(headline.scores) - few(pixels),
    };
    const rows: Row[] = [
      rowOf('Barlow Twins, probe', headline.scores, headline.rank),
      { method: 'Barlow Twins, fine-tuned', acc_13: headline.tuned },
      {
        method: 'supervised, best epoch',
        acc_13: labelled.best,
        acc_13_last: labelled.last,
        rate: labelled.lr,
      },
      rowOf('random network, probe', random),
      rowOf('pixels, probe', pixels),
      { method: '50 principal components, probe', acc_13: components },
    ];
    const series: Record<string, Row[]> = {
      cells: headline.cells,
      curve: headline.curve,
      counts: [
        ...countsOf('Barlow Twins, probe', headline.scores),
        ...countsOf('random network, probe', random),
        ...countsOf('pixels, probe', pixels),
        { method: 'supervised', count: FEW, accuracy: round(labelled.best) },
      ],
    };
    // Ablations and rivals: one seed, at equal budgets.
    if (seed !== 0) return { metrics, rows, series };
    const found: Record<string, Pretrained> = { 'Barlow Twins': headline };
    for (const variant of variantsOf(profile))
      found[variant.name] = await once(`short: ${variant.name}`, () =>
        pretrain(
          { ...variant, epochs: plan.short.epochs, images: plan.short.pool, counts: [FEW] },
          data,
          context,
        ),
      );
    const base = found['Barlow Twins']!;
    const invariance = found['invariance only (λ = 0)']!;
    metrics.over_invariance = few(base.scores) - few(invariance.scores);
    metrics.rank_ratio = base.rank / invariance.rank;
    for (const [name, { scores, rank }] of Object.entries(found))
      if (profile === 'full' || name !== 'Barlow Twins')
        rows.push(rowOf(`${plan.short.epochs} epochs: ${name}`, scores, rank));
    if (profile !== 'full') return { metrics, rows, series };
    metrics.small_batch = few(found['batch 64']!.scores) - few(found['batch 512']!.scores);
    metrics.wide_projector = few(found['D = 1024']!.scores) - few(found['D = 64']!.scores);
    for (const count of [3, 60]) {
      const other = await once(`supervised, ${count} labels`, () => supervised(data, count, context));
      rows.push({ method: `supervised on ${count} a class, best epoch`, [`acc_${count}`]: other.best });
      series.counts!.push({ method: 'supervised', count, accuracy: round(other.best) });
    }
    rows.push(...(await once('Fashion-MNIST', () => fashion(context))));
    return { metrics, rows, series };
  },
  plot: ({ series }) => [
    {
      title: 'Cross-correlation of two views, the first 32 dimensions: before and after training',
      options: {
        height: 340,
        color: { scheme: 'RdBu', type: 'diverging', pivot: 0, domain: [-1, 1] },
        x: { axis: null },
        y: { axis: null },
        fx: { label: null, domain: ['before', 'after'] },
        padding: 0,
        grid: false,
        marks: [Plot.cell(series.cells ?? [], { fx: 'when', x: 'column', y: 'row', fill: 'value' })],
      },
    },
    {
      title: 'The two terms of the loss while training',
      options: {
        x: { label: 'step' },
        y: { type: 'log', label: 'mean over entries' },
        marks: [Plot.lineY(series.curve ?? [], { x: 'step', y: 'value', stroke: 'term' })],
      },
    },
    {
      title: 'Accuracy by the number of labels a class',
      options: {
        x: { type: 'log', label: 'labels a class', ticks: [3, 13, 30, 60], tickFormat: 'd' },
        y: { label: 'test accuracy, %' },
        marks: [
          Plot.lineY(series.counts ?? [], {
            x: 'count',
            y: 'accuracy',
            stroke: 'method',
            marker: 'circle',
            sort: 'count',
          }),
        ],
      },
    },
  ],
});

/** Clothes: a harder set, reported only. */
async function fashion(context: TrialContext): Promise<Row[]> {
  const data = await dataOf(loadFashionMnist, context);
  const { short } = plans[context.profile];
  const objective = barlowTwins({ lambda: lambdaOf(WIDTH) });
  const name = 'Fashion-MNIST: Barlow Twins';
  const own = await pretrain(
    { name, objective, epochs: short.epochs, images: short.pool, counts: [FEW, 60] },
    data,
    context,
  );
  const random = await scoresOf(network(context.seed), data, [FEW, 60]);
  const { pixels } = await plain(data);
  const labelled = await supervised(data, FEW, context);
  return [
    rowOf(`${name}, probe`, own.scores, own.rank),
    { method: 'Fashion-MNIST: supervised, best epoch', acc_13: labelled.best, rate: labelled.lr },
    rowOf('Fashion-MNIST: random network, probe', random),
    rowOf('Fashion-MNIST: pixels, probe', pixels),
  ];
}

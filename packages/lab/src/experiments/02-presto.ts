/**
 * System 2: rare events by shrinking towards proportional odds (PRESTO).
 *
 * Simulated classes whose true rare probability is known, and tasters of soup, of whom few are sure in the wrong direction.
 *
 * @module
 */
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Row, type TrialContext } from '../experiment.js';
import { type Replicate, type Setting, settingsOf, simulate } from './presto/simulations.js';
import { type SoupOutcome, tasteSoup } from './presto/soup.js';

const geometric = (values: readonly number[]) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value) / values.length, 0));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value / values.length, 0);
const median = (values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};
const shareOf = (values: readonly boolean[]) => values.filter(Boolean).length / values.length;

interface Simulated {
  readonly setting: Setting;
  readonly replicates: readonly Replicate[];
}

const ratios = (replicates: readonly Replicate[], other: 'logit' | 'po') =>
  replicates.map((replicate) => replicate.presto / replicate[other]);

function rowOf({ setting, replicates }: Simulated): Row {
  const [logit, po] = [ratios(replicates, 'logit'), ratios(replicates, 'po')];
  const also = (name: 'ridge' | 'ordinalNet') => {
    const values = replicates.flatMap((replicate) => replicate[name] ?? []);
    return values.length > 0 ? mean(values) : null;
  };
  return {
    data: setting.name,
    rare_share: mean(replicates.map(({ share }) => share)),
    over_logit: geometric(logit),
    over_po: geometric(po),
    median_over_logit: median(logit),
    median_over_po: median(po),
    wins_logit: shareOf(logit.map((ratio) => ratio < 1)),
    wins_po: shareOf(po.map((ratio) => ratio < 1)),
    mse_presto: mean(replicates.map(({ presto }) => presto)),
    mse_logit: mean(replicates.map((replicate) => replicate.logit)),
    mse_po: mean(replicates.map((replicate) => replicate.po)),
    mse_presto_l2: also('ridge'),
    mse_ordinalnet: also('ordinalNet'),
  };
}

/** Errors of the methods, averaged over all settings, over the lower of the two others'. */
function overBest(simulated: readonly Simulated[]): number {
  const average = (name: 'presto' | 'logit' | 'po') =>
    mean(simulated.map(({ replicates }) => mean(replicates.map((replicate) => replicate[name]))));
  return average('presto') / Math.min(average('logit'), average('po'));
}

function soupRows({ title, splits }: SoupOutcome): Row[] {
  return (['presto', 'logit', 'po'] as const).map((method) => ({
    data: title,
    method: { presto: 'PRESTO', logit: 'logistic regression', po: 'proportional odds' }[method],
    binned_mse: mean(splits.map((split) => split[method].binned)),
    log_loss: mean(splits.map((split) => split[method].logLoss)),
    brier: mean(splits.map((split) => split[method].brier)),
  }));
}

function soupMetrics({ splits }: SoupOutcome): Record<string, number> {
  const of = (method: 'presto' | 'logit' | 'po', score: 'binned' | 'logLoss') =>
    mean(splits.map((split) => split[method][score]));
  return {
    soup_binned_over_logit: of('presto', 'binned') / of('logit', 'binned'),
    soup_binned_over_po: of('presto', 'binned') / of('po', 'binned'),
    soup_log_loss_over_logit: of('presto', 'logLoss') / of('logit', 'logLoss'),
    soup_log_loss_over_po: of('presto', 'logLoss') / of('po', 'logLoss'),
  };
}

async function soups({ profile, seed, once, signal, report }: TrialContext): Promise<SoupOutcome[]> {
  if (profile === 'smoke') return [];
  const scarce = await once('soup, scarce', () =>
    tasteSoup({
      title: 'soup, 400 training rows',
      train: 400,
      splits: 12,
      path: { nLambda: 15, lambdaMinRatio: 0.01 },
      seed,
      signal,
      report,
    }),
  );
  if (profile === 'quick') return [scarce];
  const whole = await once('soup, 90/10', () =>
    tasteSoup({
      title: 'soup, 90/10 split of the paper',
      train: 1662,
      splits: 4,
      path: { nLambda: 30, lambdaMinRatio: 1e-3 },
      seed,
      signal,
      report,
    }),
  );
  return [scarce, whole];
}

export default defineExperiment({
  id: 'presto',
  exports: [
    'Presto',
    'presto',
    'predictProbs',
    'rareProb',
    'proportionalOdds',
    'cumulativeLogits',
    'logit',
    'ordinalNet',
    'simulateRelaxedPO',
    'osce',
  ],
  data: 'the simulations of the paper (2500 rows, 10 columns, 4 classes); soup of R’s ordinal (1847 rows, 22 dummies, 6 classes)',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a1',
      text: 'Sparse differences 1/3, α (0, 3.5, 5.5): squared error of the rare probability over that of logistic regression, geometric mean',
      metric: 'over_logit',
      relation: '<=',
      threshold: 0.75,
      profiles: ['quick', 'full'],
    },
    {
      id: 'a2',
      text: '… and over that of proportional odds',
      metric: 'over_po',
      relation: '<=',
      threshold: 0.9,
      profiles: ['quick', 'full'],
    },
    {
      id: 'a3',
      text: 'Over all settings PRESTO has the lowest mean squared error: over the lower of the two others',
      metric: 'over_best',
      relation: '<',
      threshold: 1,
      profiles: ['quick', 'full'],
    },
    {
      id: 'b1',
      text: 'Soup, 400 training rows: binned squared error over that of logistic regression',
      metric: 'soup_binned_over_logit',
      relation: '<=',
      threshold: 0.6,
      profiles: ['quick', 'full'],
    },
    {
      id: 'b2',
      text: '… and over that of proportional odds',
      metric: 'soup_binned_over_po',
      relation: '<=',
      threshold: 0.6,
      profiles: ['quick', 'full'],
    },
    {
      id: 'b3',
      text: 'Soup: log-loss of the rare class over that of logistic regression',
      metric: 'soup_log_loss_over_logit',
      relation: '<=',
      threshold: 1,
      profiles: ['quick', 'full'],
    },
    {
      id: 'b4',
      text: '… and over that of proportional odds',
      metric: 'soup_log_loss_over_po',
      relation: '<=',
      threshold: 1,
      profiles: ['quick', 'full'],
    },
    {
      id: 'smoke',
      text: 'A small simulation runs: its ratio is a number',
      metric: 'over_logit',
      relation: '>',
      threshold: 0,
      profiles: ['smoke'],
    },
  ],
  paper: [
    { data: 'sparse 1/2, (0, 3, 5)', rare_share: 0.0117, median_over_logit: 0.75, median_over_po: 0.65 },
    { data: 'sparse 1/2, (0, 3.5, 5.5)', rare_share: 0.0071, median_over_logit: 0.55, median_over_po: 0.8 },
    { data: 'sparse 1/2, (0, 4, 6)', rare_share: 0.0043, median_over_logit: 0.35, median_over_po: 0.9 },
    {
      data: 'soup, 90/10 split, binned squared error',
      rare_share: 0.123,
      median_over_logit: 0.57,
      median_over_po: 0.67,
    },
  ],
  async run(context) {
    const simulated: Simulated[] = [];
    for (const setting of settingsOf(context.profile))
      simulated.push({
        setting,
        replicates: await context.once(setting.name, () => simulate(setting, context)),
      });
    const tasted = await soups(context);
    const main = simulated[0]!.replicates;
    return {
      metrics: {
        over_logit: geometric(ratios(main, 'logit')),
        over_po: geometric(ratios(main, 'po')),
        over_best: overBest(simulated),
        ...(tasted[0] && soupMetrics(tasted[0])),
      },
      rows: [...simulated.map(rowOf), ...tasted.flatMap(soupRows)],
      series: {
        ratios: simulated.flatMap(({ setting, replicates }) =>
          replicates.flatMap(({ presto, logit, po }) => [
            { setting: setting.name, against: 'logistic regression', ratio: presto / logit },
            { setting: setting.name, against: 'proportional odds', ratio: presto / po },
          ]),
        ),
        slopes: [...(main[0]?.slopes ?? [])],
        reliability: [...(tasted[0]?.reliability ?? [])],
      },
    };
  },
  plot: ({ series }) => {
    const { ratios: points = [], slopes = [], reliability = [] } = series;
    return [
      {
        title:
          'Squared error of the rare probability: PRESTO over others, each replicate (left of 1 PRESTO is better)',
        options: {
          height: 60 + 30 * new Set(points.map(({ setting }) => setting)).size * 2,
          marginLeft: 150,
          x: { type: 'log', label: 'ratio', ticks: [0.05, 0.1, 0.2, 0.5, 1, 2, 5], tickFormat: '~g' },
          y: { label: null },
          fy: { label: null },
          marks: [
            Plot.ruleX([1], { stroke: '#999', strokeDasharray: '3,3' }),
            Plot.boxX(points, {
              x: 'ratio',
              y: 'against',
              fy: 'setting',
              stroke: 'against',
              fill: 'none',
              r: 2,
            }),
          ],
          color: { range: ['#0072b2', '#d55e00'] },
        },
      },
      {
        title:
          'Slopes of one simulation over the boundaries: true (grey), PRESTO (blue); level where boundaries share them',
        options: {
          height: 420,
          x: { label: 'boundary', ticks: [1, 2, 3] },
          y: { label: 'slope' },
          fx: { label: null },
          grid: false,
          marks: [
            Plot.frame({ stroke: '#ddd' }),
            Plot.ruleY([0], { stroke: '#ccc' }),
            Plot.lineY(
              slopes.filter(({ who }) => who === 'true'),
              { x: 'boundary', y: 'slope', fx: 'column', stroke: '#999', strokeWidth: 3 },
            ),
            Plot.lineY(
              slopes.filter(({ who }) => who === 'PRESTO'),
              { x: 'boundary', y: 'slope', fx: 'column', stroke: '#0072b2', marker: 'circle' },
            ),
          ],
        },
      },
      ...(reliability.length > 0
        ? [
            {
              title:
                'Soup, 400 training rows: predicted and observed shares of the rare class, all splits in bins',
              options: {
                x: { label: 'predicted' },
                y: { label: 'observed' },
                marks: [
                  Plot.line(
                    [{ at: 0 }, { at: Math.max(...reliability.map(({ observed }) => Number(observed))) }],
                    { x: 'at', y: 'at', stroke: '#999', strokeDasharray: '3,3' },
                  ),
                  Plot.lineY(reliability, {
                    x: 'predicted',
                    y: 'observed',
                    stroke: 'method',
                    marker: 'circle',
                  }),
                ],
              },
            },
          ]
        : []),
    ];
  },
});

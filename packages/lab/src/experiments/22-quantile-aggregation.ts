/**
 * System 22: one quantile function of many models, against each of them and simple averages.
 *
 * @module
 */
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile } from '../experiment.js';
import { measureLibrary, measureTable, type Outcome, plans, rounded } from './22-measures.js';
import type { TableName } from './22-tables.js';

const geometric = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value) / values.length, 0));

/** One claim for each table: its seeds are averaged, then none may be above. */
const baseClaims = plans.full.tables.map((table) => ({
  id: `c base: ${table}`,
  text: `${table}: pinball loss of \`auto\` over that of the base model that is best on validation rows`,
  metric: `over_base_${table}`,
  relation: '<=' as const,
  threshold: 1.02,
  profiles: (plans.quick.tables.includes(table) ? ['quick', 'full'] : ['full']) as Profile[],
}));

export default defineExperiment({
  id: 'quantile-aggregation',
  exports: [
    'fitQuantileAggregator',
    'chooseAggregator',
    'outOfFold',
    'isotonic',
    'sortQuantiles',
    'minMaxSweep',
    'pinball',
    'wis',
    'calibration',
    'conformalize',
    'LinearQR',
    'QuantileForest',
    'ExtraTreesQR',
    'GradientBoostedQR',
    'MLPQuantile',
    'GaussianNLLNet',
    'KnnQuantile',
    'QuantileRegression',
  ],
  data: 'Boston, diabetes, engel, cars, films, sizes of Debian packages; simulations with known quantiles',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2, 3, 4] },
  claims: [
    {
      id: 'a',
      text: 'Region experts: pinball loss of the best local aggregator over that of global coarse',
      metric: 'region_local_over_coarse',
      relation: '<=',
      threshold: 0.8,
      profiles: ['quick', 'full'],
    },
    {
      id: 'a2',
      text: '… and over that of the true quantiles',
      metric: 'region_local_over_oracle',
      relation: '<=',
      threshold: 1.05,
      profiles: ['quick', 'full'],
    },
    {
      id: 'b',
      text: 'Level experts: global fine over global medium',
      metric: 'level_fine_over_medium',
      relation: '<=',
      threshold: 1,
      profiles: ['quick', 'full'],
    },
    {
      id: 'b2',
      text: '… global medium over global coarse',
      metric: 'level_medium_over_coarse',
      relation: '<=',
      threshold: 0.92,
      profiles: ['quick', 'full'],
    },
    {
      id: 'c',
      text: 'Real tables and S1: pinball loss of `auto` relative to the average of the models, geometric mean over tables',
      metric: 'auto_over_average',
      relation: '<=',
      threshold: 0.97,
      profiles: ['quick', 'full'],
    },
    {
      id: 'c S1',
      text: '… on S1',
      metric: 'auto_S1',
      relation: '<=',
      threshold: 0.95,
      profiles: ['quick', 'full'],
    },
    {
      id: 'c boston',
      text: '… on Boston',
      metric: 'auto_boston',
      relation: '<=',
      threshold: 0.95,
      profiles: ['quick', 'full'],
    },
    ...baseClaims,
    {
      id: 'd',
      text: 'Sorting and isotonic regression raise the pinball loss of no row: largest rise',
      metric: 'largest_raise',
      relation: '<=',
      threshold: 1e-9,
      over: 'worst',
    },
    {
      id: 'e',
      text: 'After calibration: calibration error less 0.02 + 1/√(validation rows), the worst table',
      metric: 'calibration_excess',
      relation: '<=',
      threshold: 0,
      profiles: ['quick', 'full'],
    },
  ],
  paper: [
    {
      statement: '34 tables, WIS',
      result: 'local fine with sorting and adaptive margins is best or near best on most',
    },
    {
      statement: 'resolution',
      result: 'fine ≥ medium ≥ coarse, local ≥ global; the gap is largest on larger data',
    },
    { statement: 'isotonising', result: 'afterwards it never hurts; training through it helps a little' },
    { statement: 'conformal', result: 'fixes calibration at nearly unchanged WIS' },
  ],
  async run(context) {
    const { profile, once } = context;
    const region = await once('region', () => measureLibrary('region', context));
    const level = await once('level', () => measureLibrary('level', context));
    const outcomes: [TableName, Outcome][] = [];
    const { tables, splits } = plans[profile];
    for (const table of tables)
      for (let split = 0; split < (splits?.[table] ?? 1); split++) {
        const seed = context.seed + split;
        const name = split === 0 ? table : `${table}, split ${split + 1}`;
        const outcome = await once(name, () => measureTable(table, { ...context, seed }));
        const rows = outcome.rows.map((row) => ({ ...row, table: name }));
        // Plots show the first split.
        outcomes.push([
          table,
          split === 0 ? outcome : { ...outcome, rows, fan: [], coverage: [], shares: [] },
        ]);
      }
    /** Mean over the splits of a table. */
    const ofTable = (table: TableName, value: (outcome: Outcome) => number): number => {
      const values = outcomes.flatMap(([name, outcome]) => (name === table ? [value(outcome)] : []));
      return values.reduce((sum, one) => sum + one / values.length, 0);
    };
    const locals = Object.entries(region.relative).filter(([method]) => method.startsWith('local'));
    const bestLocal = Math.min(...locals.map(([, value]) => value));
    return {
      metrics: {
        region_local_over_coarse: bestLocal / region.relative['global-coarse']!,
        region_local_over_oracle: bestLocal / region.relative.oracle!,
        level_fine_over_medium: level.relative['global-fine']! / level.relative['global-medium']!,
        level_medium_over_coarse: level.relative['global-medium']! / level.relative['global-coarse']!,
        auto_over_average: geometric(tables.map((table) => ofTable(table, ({ auto }) => auto))),
        largest_raise: Math.max(...outcomes.map(([, { raise }]) => raise)),
        calibration_excess: Math.max(...outcomes.map(([, { excess }]) => excess)),
        ...Object.fromEntries(
          tables.flatMap((table) => [
            [`auto_${table}`, ofTable(table, ({ auto }) => auto)],
            [`over_base_${table}`, ofTable(table, ({ auto, bestBase }) => auto / bestBase)],
          ]),
        ),
      },
      rows: [
        ...Object.entries({ 'region experts': region, 'level experts': level }).flatMap(
          ([table, { relative }]) =>
            Object.entries(relative).map(([method, value]) => ({ table, method, relative: rounded(value) })),
        ),
        ...outcomes.flatMap(([, { rows }]) => rows),
      ],
      series: {
        level: level.weights,
        region: region.weights,
        fan: outcomes.flatMap(([, { fan }]) => fan),
        coverage: outcomes.flatMap(([, { coverage }]) => coverage),
        shares: outcomes.flatMap(([, { shares }]) => shares),
      },
    };
  },
  plot: ({ rows, series }) => {
    const shown = [
      'best base',
      'median',
      'qra',
      'global-coarse',
      'global-medium',
      'global-fine',
      'local-medium',
      'local-fine',
      'auto',
    ];
    const first = series.fan?.[0]?.table;
    return [
      {
        title: 'Weighted interval score relative to the average of the models',
        options: {
          x: { label: 'relative' },
          y: { label: null, domain: shown },
          fy: { label: null },
          marginLeft: 90,
          height: 900,
          marks: [
            Plot.ruleX([1], { strokeDasharray: '4,3' }),
            Plot.dot(
              rows.filter(({ method }) => shown.includes(String(method))),
              { x: 'relative', y: 'method', fy: 'table', fill: 'method' },
            ),
          ],
        },
      },
      {
        title: 'Level experts: global medium weights of models and levels',
        options: {
          color: { scheme: 'Blues', type: 'linear' },
          height: 200,
          padding: 0,
          grid: false,
          x: { label: 'level' },
          y: { label: null },
          marks: [Plot.cell(series.level ?? [], { x: 'level', y: 'model', fill: 'weight' })],
        },
      },
      {
        title: 'Region experts: local weights over (x₁, x₂)',
        options: {
          color: { scheme: 'Blues', type: 'linear' },
          padding: 0,
          grid: false,
          height: 260,
          x: { label: 'x₁', ticks: [] },
          y: { label: 'x₂', ticks: [], reverse: true },
          fx: { label: null },
          marks: [Plot.cell(series.region ?? [], { fx: 'model', x: 'x1', y: 'x2', fill: 'weight' })],
        },
      },
      {
        title: `Quantile fan of ${first}: test rows in order of their median, dots observed`,
        options: {
          x: { label: 'row' },
          y: { label: 'y' },
          fx: { label: null },
          marks: [
            Plot.areaY(
              (series.fan ?? []).filter(({ table }) => table === first),
              {
                fx: 'method',
                x: 'place',
                y1: 'low',
                y2: 'high',
                fill: '#4269d0',
                fillOpacity: 0.2,
                z: 'band',
              },
            ),
            Plot.lineY(
              (series.fan ?? []).filter(({ table }) => table === first),
              { fx: 'method', x: 'place', y: 'median', stroke: '#4269d0' },
            ),
            Plot.dot(
              (series.fan ?? []).filter(({ table }) => table === first),
              { fx: 'method', x: 'place', y: 'observed', r: 1.5 },
            ),
          ],
        },
      },
      {
        title: 'Coverage by level: share of test rows below each quantile',
        options: {
          x: { label: 'level' },
          y: { label: 'share below' },
          fx: { label: null },
          color: { legend: true },
          marks: [
            Plot.line(
              [
                [0, 0],
                [1, 1],
              ],
              { stroke: '#bbb' },
            ),
            Plot.lineY(series.coverage ?? [], { fx: 'table', x: 'level', y: 'share', stroke: 'method' }),
          ],
        },
      },
    ];
  },
});

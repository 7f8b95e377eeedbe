/**
 * System 5: learned coefficients of task vectors, one for each tensor.
 *
 * @module
 */
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile } from '../experiment.js';
import { addition } from './atlas/addition.js';
import { fewShots, partitions } from './atlas/few-shot.js';
import { THREADS, trainPool } from './atlas/pool.js';
import { adapted, negated } from './atlas/unlabelled.js';
import { openJudge, type TaskSizes } from './specialists/index.js';

interface Plan {
  readonly sizes: TaskSizes;
  readonly specialist: number;
  /** Steps of learning coefficients for addition; settings of the grid, from its end. */
  readonly steps: number;
  readonly grid: number;
  readonly others: (seed: number) => boolean;
  /** Examples of each class; none: only addition is measured. */
  readonly shots: (seed: number) => readonly number[];
  readonly fewSteps: number;
  readonly parts: (seed: number) => readonly number[];
}

const plans: { readonly [P in Profile]: Plan } = {
  smoke: {
    sizes: { train: 400, validation: 40, test: 40 },
    specialist: 3,
    steps: 2,
    grid: 1,
    others: () => false,
    shots: () => [],
    fewSteps: 2,
    parts: () => [],
  },
  quick: {
    sizes: { train: 20_000, validation: 500, test: 2000 },
    specialist: 500,
    steps: 300,
    grid: 2,
    others: () => false,
    shots: () => [],
    fewSteps: 60,
    parts: () => [],
  },
  full: {
    sizes: { train: 20_000, validation: 1000, test: 4000 },
    specialist: 500,
    steps: 300,
    grid: 3,
    others: (seed) => seed === 0,
    shots: (seed) => (seed === 0 ? [2, 8, 32] : [2]),
    fewSteps: 60,
    parts: () => [10],
  },
};

export default defineExperiment({
  id: 'atlas',
  exports: [
    'taskVector',
    'TaskVector',
    'AtlasComposer',
    'learnCoefficients',
    'composeFromCoefficients',
    'composeTensor',
    'partitionMask',
    'saveAtlasAdapter',
    'loadAtlasAdapter',
  ],
  data: 'five tasks of MNIST and Fashion-MNIST images, turned, mirrored and inverted; a weak base and five specialists of it',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a1',
      text: 'Addition: coefficients for each tensor are better than task arithmetic (normalized average, points)',
      metric: 'over_arithmetic',
      relation: '>=',
      threshold: 1.5,
    },
    {
      id: 'a2',
      text: '… and than one learned coefficient for each vector',
      metric: 'over_isotropic',
      relation: '>=',
      threshold: 1.5,
    },
    {
      id: 'b1',
      text: 'Two examples a class: better than full fine-tuning (mean of 5 targets, points)',
      metric: 'over_tuning',
      relation: '>',
      threshold: 0,
      profiles: ['full'],
    },
    {
      id: 'b2',
      text: '… and not worse than the base',
      metric: 'over_base',
      relation: '>=',
      threshold: 0,
      profiles: ['full'],
    },
    {
      id: 'c',
      text: 'A tenth of the data: ten parts of each matrix are not worse than whole blocks (points)',
      metric: 'parts_over_blocks',
      relation: '>=',
      threshold: 0,
      profiles: ['full'],
    },
  ],
  paper: [
    {
      setting: 'ViT-B/32, addition, 8 tasks: absolute / normalized average',
      atlas: '85.0 / 93.8',
      task_arithmetic: '70.1 / 77.2',
      pretrained: '48.4',
    },
    {
      setting: 'ViT-B/32, negation, 8 tasks: target / control',
      atlas: '18.8 / 61.2',
      task_arithmetic: '24.0 / 60.7',
      pretrained: '48.3 / 63.4',
    },
  ],
  async run(context) {
    const { profile, seed, once, report } = context;
    const plan = plans[profile];
    const judge = openJudge(THREADS);
    try {
      const pool = await trainPool(plan.sizes, plan.specialist, judge, context);
      const part = <T>(name: string, work: () => Promise<T>): Promise<T> =>
        once(name, () => {
          report({ done: 0, stage: name });
          return work();
        });
      const one = await part('addition', () =>
        addition(pool, { steps: plan.steps, grid: plan.grid, others: plan.others(seed) }),
      );
      const shots = plan.shots(seed);
      const few =
        shots.length > 0 && (await part('few shots', () => fewShots(pool, { shots, steps: plan.fewSteps })));
      const parts = plan.parts(seed);
      const parted =
        parts.length > 0 &&
        (await part('partitions', () => partitions(pool, { parts, share: 0.1, steps: plan.fewSteps })));
      const reported = plan.others(seed)
        ? await part('without labels', async () => [
            ...(await adapted(pool, plan.fewSteps)),
            ...(await negated(pool, plan.fewSteps)),
          ])
        : [];
      const { atlas, isotropic, arithmetic } = one.normalized;
      return {
        metrics: {
          over_arithmetic: atlas - arithmetic,
          over_isotropic: atlas - isotropic,
          ...(few && {
            over_tuning: few.least.atlas - few.least.tuning,
            over_base: few.least.atlas - few.least.base,
          }),
          ...(parted && { parts_over_blocks: parted.accuracy['10']! - parted.accuracy['0']! }),
        },
        rows: [...one.rows, ...(few ? few.rows : []), ...(parted ? parted.rows : []), ...reported],
        series: { heat: one.heat, bars: one.bars, curve: few ? few.curve : [] },
      };
    } finally {
      await judge.close();
    }
  },
  plot: ({ series }) => {
    const { heat = [], bars = [], curve = [] } = series;
    return [
      {
        title: 'Learned coefficients of each vector and tensor (addition)',
        options: {
          height: 260,
          marginLeft: 160,
          marginBottom: 90,
          grid: false,
          color: { scheme: 'RdBu', type: 'diverging', pivot: 0 },
          x: { label: null, tickRotate: -35, domain: heat.map(({ tensor }) => tensor) },
          y: { label: null },
          marks: [
            Plot.cell(heat, { x: 'tensor', y: 'vector', fill: 'lambda' }),
            Plot.text(heat, { x: 'tensor', y: 'vector', text: (row) => Number(row.lambda).toFixed(2) }),
          ],
        },
      },
      {
        title: 'Addition: accuracy of one model on each task',
        options: {
          marginBottom: 60,
          x: { label: null, axis: null },
          y: { label: 'per cent' },
          fx: { label: null },
          marks: [
            Plot.barY(bars, { fx: 'task', x: 'method', y: 'accuracy', fill: 'method' }),
            Plot.ruleY([0]),
          ],
        },
      },
      ...(curve.length > 0
        ? [
            {
              title: 'Few examples: mean accuracy of five targets by examples a class',
              options: {
                x: { type: 'log' as const, label: 'examples a class', ticks: [2, 8, 32] },
                y: { label: 'per cent' },
                marks: [
                  Plot.lineY(curve, {
                    x: 'shots',
                    y: 'accuracy',
                    stroke: 'method',
                    marker: 'circle' as const,
                  }),
                ],
              },
            },
          ]
        : []),
    ];
  },
});

/**
 * All merge methods, one entry each.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { choice, flag, number, type SettingSpecs, share } from '../settings.js';
import type { Settings, TensorMerge, TensorTask, Unit } from '../tensor-merge.js';
import { arceeFusion } from './arcee-fusion.js';
import { karcher, linear, modelStock, nuslerp, passthrough, slerp } from './linear.js';
import { sce } from './sce.js';
import { rTsvm, tsvm } from './singular.js';
import { type Knobs, taskArithmetic } from './task-arithmetic.js';

/** What a merge method is. */
export interface MergeMethodSpec {
  readonly title: string;
  /** Where it is from. */
  readonly source: string;
  /**
   * What the base is to it: differences are taken from it (`required`, or `optional`), it is the first of the models that
   * are merged (`first`), or one of them when it is listed (`listed`).
   */
  readonly base: 'required' | 'optional' | 'first' | 'listed';
  /** Fewest and most models, the base not counted unless it is merged. */
  readonly models: readonly [least: number, most: number];
  /** Settings of the whole. */
  readonly options: SettingSpecs;
  /** Settings of each model. */
  readonly perModel: SettingSpecs;
  /** What must not be cut, given the settings. */
  readonly unit: (options: Settings) => Unit;
  /** Whether it needs the mean density of all matrices first. */
  readonly surveys?: boolean;
  /** Checks that settings go together. Throws `INVALID_ARGUMENT`. */
  readonly check?: (models: readonly Settings[], place: string) => void;
  readonly begin: (task: TensorTask) => TensorMerge;
}

const weight = number('how much the model counts');
const lambda = number('factor of what is added to the base', { default: 1 });
const many = [1, Number.POSITIVE_INFINITY] as const;
const byElement = () => 'element' as const;

/** Weights that are divided by their sum need one. */
function checkSum(models: readonly Settings[], place: string): void {
  const sum = models.reduce((total, one) => total + (one.weight as number), 0);
  if (Math.abs(sum) < 1e-12)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${place}: the weights add up to 0, so nothing can be divided by their sum. Change a weight, or set normalize to false.`,
    );
}

const rescale = (standard: boolean) => ({
  about:
    'how what stays is scaled: true or l1 keeps the sum of sizes, probability divides by its chance to stay',
  values: 'true, false, l1, probability or none',
  accepts: (value: unknown) =>
    typeof value === 'boolean' || ['l1', 'probability', 'none'].includes(value as string),
  default: standard,
});

/** One of the methods that sum task vectors. */
function sums(
  title: string,
  source: string,
  knobs: Knobs,
  { normalize = false, rescales = false }: { readonly normalize?: boolean; readonly rescales?: boolean } = {},
): MergeMethodSpec {
  const dropped = knobs.dropping;
  return {
    title,
    source,
    base: 'required',
    models: many,
    options: {
      int8_mask: flag('kept for recipes; it changes nothing here', false),
      normalize: flag('divide by the sum of the weights', normalize),
      rescale: rescale(rescales),
      lambda,
    },
    perModel: {
      weight,
      density: share('share of the task vector that is kept', 1),
      ...(dropped === 'outliers' && {
        gamma: number('share of the largest that is dropped', {
          values: 'a number from 0 up to, not including, 1',
          accepts: (value) => typeof value === 'number' && value >= 0 && value < 1,
          default: 0.01,
        }),
      }),
      ...(dropped === 'ranked' && {
        epsilon: number('half the width of the probabilities to stay', {
          values: 'a number from 0 up to, not including, 0.5',
          accepts: (value) => typeof value === 'number' && value >= 0 && value < 0.5,
          default: 0.15,
        }),
      }),
    },
    unit: () => (dropped === 'ranked' ? 'row' : 'element'),
    ...(dropped === 'ranked' && { check: checkProbabilities }),
    begin: taskArithmetic(knobs),
  };
}

function checkProbabilities(models: readonly Settings[], place: string): void {
  for (const { density, epsilon } of models as readonly { density: number; epsilon: number }[])
    if (density < 1 && !(density - epsilon > 0 && density + epsilon < 1))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${place}: density ± epsilon is ${density} ± ${epsilon}; both ends must lie between 0 and 1. Take a smaller epsilon.`,
        { details: { density, epsilon } },
      );
}

const ties = 'Yadav et al., TIES-Merging, NeurIPS 2023';
const dare = 'Yu et al., Language models are super Mario (DARE), ICML 2024';
const della = 'Deep, Bhardwaj and Poria, DELLA-Merging, 2024';
const breadcrumbs = 'Davari and Belilovsky, Model Breadcrumbs, ECCV 2024';

const average: MergeMethodSpec = {
  title: 'Weighted average',
  source: 'Wortsman et al., Model soups, ICML 2022',
  base: 'listed',
  models: many,
  options: { normalize: flag('divide by the sum of the weights', true) },
  perModel: { weight },
  unit: byElement,
  begin: linear,
};

const singular = {
  lambda,
  variant: choice('how directions are made orthogonal', ['svd', 'eigen'], 'svd'),
};

const table = {
  linear: { ...average, check: checkSum },
  average: {
    ...average,
    title: 'Plain average',
    options: {},
    perModel: {},
    begin: (task: TensorTask) =>
      linear({ ...task, options: { normalize: true }, models: task.models.map(() => ({ weight: 1 })) }),
  },
  rewarded_soup: {
    ...average,
    title: 'Rewarded soup: a convex combination',
    source: 'Ramé et al., Rewarded soups, NeurIPS 2023',
    options: {},
    perModel: {
      weight: number('how much the model counts', {
        values: 'a number that is not negative',
        accepts: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
      }),
    },
    check: checkSum,
    begin: (task: TensorTask) => linear({ ...task, options: { normalize: true } }),
  },
  slerp: {
    title: 'SLERP: the great circle between two models',
    source: 'Shoemake, Animating rotation with quaternion curves, SIGGRAPH 1985',
    base: 'first',
    models: [2, 2],
    options: { t: number('0 is the first model, the base; 1 is the other') },
    perModel: {},
    unit: byElement,
    begin: slerp,
  },
  nuslerp: {
    title: 'NuSLERP: SLERP by weights, of models or of task vectors',
    source: 'mergekit',
    base: 'optional',
    models: [2, 2],
    options: {
      nuslerp_flatten: flag('turn the whole tensor as one vector', true),
      nuslerp_row_wise: flag('without flattening: turn columns instead of rows', false),
    },
    perModel: { weight },
    unit: ({ nuslerp_flatten: whole, nuslerp_row_wise: columns }) =>
      whole ? 'element' : columns ? 'tensor' : 'row',
    begin: nuslerp,
  },
  passthrough: {
    title: 'Passthrough: layers as they are',
    source: 'mergekit',
    base: 'first',
    models: [1, 1],
    options: {},
    perModel: { scale: number('factor of the tensor', { optional: true }) },
    unit: byElement,
    begin: passthrough,
  },
  task_arithmetic: sums('Task arithmetic', 'Ilharco et al., ICLR 2023', {
    dropping: 'nothing',
    consensus: false,
  }),
  ties: sums('TIES', ties, { dropping: 'smallest', consensus: true }, { normalize: true }),
  dare_linear: sums('DARE', dare, { dropping: 'random', consensus: false }, { rescales: true }),
  dare_ties: sums('DARE with TIES', dare, { dropping: 'random', consensus: true }, { rescales: true }),
  della: sums('DELLA', della, { dropping: 'ranked', consensus: true }, { normalize: true, rescales: true }),
  della_linear: sums('DELLA, linear', della, { dropping: 'ranked', consensus: false }, { rescales: true }),
  breadcrumbs: sums('Breadcrumbs', breadcrumbs, { dropping: 'outliers', consensus: false }),
  breadcrumbs_ties: sums('Breadcrumbs with TIES', breadcrumbs, { dropping: 'outliers', consensus: true }),
  model_stock: {
    title: 'Model Stock',
    source: 'Jang, Yun and Han, Model Stock, ECCV 2024',
    base: 'required',
    models: [2, Number.POSITIVE_INFINITY],
    options: { filter_wise: flag('each row by itself', false) },
    perModel: {},
    unit: ({ filter_wise: rows }) => (rows ? 'row' : 'element'),
    begin: modelStock,
  },
  sce: {
    title: 'SCE: select, calculate, erase',
    source: 'Wan et al., FuseChat, 2024',
    base: 'required',
    models: many,
    options: {
      int8_mask: flag('kept for recipes; it changes nothing here', false),
      select_topk: share('share of the numbers that vary most', 1),
    },
    perModel: {},
    unit: byElement,
    begin: sce,
  },
  karcher: {
    title: 'Karcher mean',
    source: 'Karcher, 1977',
    base: 'listed',
    models: many,
    options: {
      max_iter: number('most iterations', { default: 10 }),
      tol: number('when the mean no longer moves', { default: 1e-5 }),
    },
    perModel: { weight: { ...weight, default: 1 } },
    unit: byElement,
    check: checkSum,
    begin: karcher,
  },
  arcee_fusion: {
    title: 'Arcee Fusion',
    source: 'mergekit',
    base: 'first',
    models: [2, 2],
    options: {},
    perModel: {},
    unit: () => 'row',
    begin: arceeFusion,
  },
  tsvm: {
    title: 'TSV-M: task singular vectors',
    source: 'Gargiulo et al., Task singular vectors, CVPR 2025',
    base: 'required',
    models: many,
    options: singular,
    perModel: {},
    unit: () => 'tensor',
    begin: tsvm,
  },
  r_tsvm: {
    title: 'R-TSVM: outlier-weighted task singular vectors of sparsity-adaptive rank',
    source: 'Yang et al., Mix data or merge models?, 2025',
    base: 'required',
    models: many,
    options: {
      ...singular,
      outlier_mass: choice('of what outliers are a share', ['relative', 'absolute'], 'relative'),
      outlier_power: number('exponent of the weights; 0 is off', { default: 1 }),
      rank_mode: choice('how many directions a task keeps', ['sparsity', 'uniform'], 'sparsity'),
    },
    perModel: {},
    unit: () => 'tensor',
    surveys: true,
    begin: rTsvm,
  },
} as const satisfies Readonly<Record<string, MergeMethodSpec>>;

/** The name of a merge method. */
export type MergeMethod = keyof typeof table;

/** All merge methods by name. */
export const mergeMethods: Readonly<Record<MergeMethod, MergeMethodSpec>> = table;

/**
 * System 38: the trained layer of linear self-attention against one step of gradient descent.
 *
 * @module
 */
import {
  gdOneStepPredict,
  LinearSelfAttention,
  meanSquaredErrorOf,
  olsPredict,
  optimalEta,
  optimalLoss,
  type Prompts,
  ridgePredict,
  samplePrompts,
} from '@fletch/insight';
import { inverse, Matrix } from '@fletch/linalg';
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';

interface Setting {
  readonly name: string;
  readonly d: number;
  readonly n: number;
  readonly sigma: number;
  readonly target: 'linear' | 'relu';
  /** Eigenvalues of the inputs' covariance. */
  readonly spectrum?: readonly number[];
}

const iso: Setting = { name: 'isotropic, d = 5', d: 5, n: 20, sigma: 0.5, target: 'linear' };
const aniso: Setting = { ...iso, name: 'anisotropic, d = 5', spectrum: [4, 2, 1, 0.5, 0.25] };
const wide: Setting = { ...iso, name: 'isotropic, d = 10', d: 10 };
const relu: Setting = { ...iso, name: 'random ReLU networks, d = 5', target: 'relu' };

const plans: {
  readonly [P in Profile]: {
    readonly settings: readonly Setting[];
    readonly steps: (setting: Setting) => number;
    readonly batch: number;
    /** Prompts that model and oracle are compared on. */
    readonly test: number;
  };
} = {
  smoke: { settings: [iso], steps: () => 60, batch: 256, test: 2000 },
  quick: { settings: [iso, aniso], steps: () => 1500, batch: 1024, test: 20_000 },
  full: {
    settings: [iso, wide, aniso, relu],
    steps: ({ d }) => (d > 5 ? 4000 : 3000),
    batch: 2048,
    test: 20_000,
  },
};

function covariance({ d, spectrum }: Setting): Matrix<Float64Array> | undefined {
  if (!spectrum) return undefined;
  const cov = new Matrix(new Float64Array(d * d), d, d);
  spectrum.forEach((value, i) => {
    cov.data[i * d + i] = value;
  });
  return cov;
}

interface Outcome {
  readonly row: { readonly [column: string]: number | string };
  readonly r2: number;
  readonly etaError: number;
  readonly mseGap: number;
  /** How much the best learning rate of a grid beats η*, relative. */
  readonly gridGain: number;
  readonly cosineInverse?: number;
  readonly cosineIdentity?: number;
  readonly weights: readonly Row[];
  readonly scatter: readonly Row[];
  readonly curve: readonly Row[];
}

async function measure(setting: Setting, { profile, seed, signal, report }: TrialContext): Promise<Outcome> {
  const { steps, batch, test } = plans[profile];
  const { name, d, n, sigma, target } = setting;
  const cov = covariance(setting);
  const data = { n, sigma, target, ...(cov && { cov }) };
  const model = new LinearSelfAttention({ d, seed });
  const { loss } = await model.fit({
    ...data,
    steps: steps(setting),
    batch,
    seed,
    signal,
    onProgress: (progress) => report({ ...progress, stage: name }),
  });

  const prompts = samplePrompts({ ...data, d, batch: test, seed: 7_000_000_000 + seed });
  const eta = optimalEta({ n, d, sigma, target });
  const precond = cov && inverse(cov);
  const oracle = gdOneStepPredict(prompts, { eta, ...(precond && { precond }) });
  const predictions = model.forward(prompts);
  const learned = model.extract(cov);
  const mse = meanSquaredErrorOf(predictions, prompts);
  const oracleMse = meanSquaredErrorOf(oracle, prompts);
  const ridge = ridgePredict(prompts, { lambda: noisePrior(sigma, d, cov) });
  return {
    row: {
      setting: name,
      model_mse: mse,
      gd_mse: oracleMse,
      closed_form_mse: optimalLoss({ n, d, sigma, target }),
      ridge_mse: meanSquaredErrorOf(ridge, prompts),
      ols_mse: meanSquaredErrorOf(olsPredict(prompts), prompts),
      zero_mse: meanSquaredErrorOf(new Float64Array(test), prompts),
      r2: determination(predictions, oracle),
      eta_learned: learned.eta,
      eta_closed_form: eta,
    },
    r2: determination(predictions, oracle),
    etaError: Math.abs(learned.eta / eta - 1),
    mseGap: Math.abs(mse - oracleMse) / oracleMse,
    gridGain: gridGain(prompts, oracle),
    ...(precond && {
      cosineInverse: cosine(learned.W, precond),
      cosineIdentity: cosine(learned.W, scaledUnit(d)),
    }),
    weights: cells(name, learned.W, precond ?? scaledUnit(d), eta),
    scatter: Array.from({ length: Math.min(test, 300) }, (_, i) => ({
      setting: name,
      oracle: round(oracle[i]!),
      model: round(predictions[i]!),
    })),
    curve: thin(loss, 120).map(([step, value]) => ({ setting: name, step, loss: round(value) })),
  };
}

/** σ²·(prior precision of the weights): I for isotropic inputs, Σ otherwise. */
function noisePrior(sigma: number, d: number, cov: Matrix<Float64Array> | undefined): Matrix<Float64Array> {
  const base = cov ?? scaledUnit(d);
  return new Matrix(
    base.data.map((value) => value * Math.max(sigma ** 2, 1e-9)),
    d,
    d,
  );
}

/** Predictions scale with η, so every η of the grid is judged on the same prompts by one inner product. */
function gridGain(prompts: Prompts, atEta: Float64Array): number {
  const own = meanSquaredErrorOf(atEta, prompts);
  let best = own;
  for (let k = -40; k <= 40; k++) {
    const factor = 2 ** (k / 20);
    best = Math.min(
      best,
      meanSquaredErrorOf(
        atEta.map((value) => value * factor),
        prompts,
      ),
    );
  }
  return (own - best) / own;
}

function determination(values: Float64Array, reference: Float64Array): number {
  const mean = reference.reduce((sum, value) => sum + value, 0) / reference.length;
  let residual = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    residual += (values[i]! - reference[i]!) ** 2;
    total += (reference[i]! - mean) ** 2;
  }
  return 1 - residual / total;
}

function cosine(a: Matrix, b: Matrix): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.data.length; i++) {
    dot += a.data[i]! * b.data[i]!;
    aa += a.data[i]! ** 2;
    bb += b.data[i]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

function scaledUnit(d: number): Matrix<Float64Array> {
  return new Matrix(
    Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0)),
    d,
    d,
  );
}

function cells(setting: string, W: Matrix, precond: Matrix, eta: number): Row[] {
  return Array.from(W.data, (value, i) => {
    const place = { setting, row: Math.floor(i / W.cols) + 1, column: (i % W.cols) + 1 };
    return [
      { ...place, what: 'learned W / η*', value: round(value / eta) },
      { ...place, what: 'closed form', value: round(precond.data[i]!) },
    ];
  }).flat();
}

function thin(values: readonly number[], most: number): [number, number][] {
  const step = Math.max(1, Math.floor(values.length / most));
  return values.flatMap((value, i): [number, number][] => (i % step === 0 ? [[i, value]] : []));
}

const round = (value: number) => Number(value.toPrecision(5));

export default defineExperiment({
  id: 'lsa-one-step-gd',
  exports: [
    'LinearSelfAttention',
    'samplePrompts',
    'optimalEta',
    'optimalLoss',
    'optimalPreconditioner',
    'gdOneStepPredict',
    'ridgePredict',
    'olsPredict',
  ],
  data: 'random linear and ReLU regression prompts, 20 pairs each, noise 0.5, fresh every step',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a',
      text: 'The trained layer predicts what one gradient step with η* predicts: R² in the worst setting',
      metric: 'r2_min',
      relation: '>=',
      threshold: 0.999,
      over: 'worst',
    },
    {
      id: 'b',
      text: 'The learning rate in its weights is η*: largest relative deviation',
      metric: 'eta_error_max',
      relation: '<=',
      threshold: 0.02,
      over: 'worst',
    },
    {
      id: 'c',
      text: 'With anisotropic inputs its operator is the inverse covariance: cosine of W and Σ⁻¹',
      metric: 'cosine_inverse',
      relation: '>=',
      threshold: 0.999,
      over: 'worst',
      profiles: ['quick', 'full'],
    },
    {
      id: 'd',
      text: '… and not the identity: cosine of W and I',
      metric: 'cosine_identity',
      relation: '<=',
      threshold: 0.85,
      over: 'worst',
      profiles: ['quick', 'full'],
    },
    {
      id: 'e',
      text: 'On the same prompts its squared error is that of the gradient step: largest relative gap',
      metric: 'mse_gap_max',
      relation: '<=',
      threshold: 0.005,
      over: 'worst',
    },
    {
      id: 'f',
      text: 'No other learning rate of a fine grid is better than η*: largest relative gain',
      metric: 'grid_gain_max',
      relation: '<=',
      threshold: 0.002,
      over: 'worst',
    },
  ],
  paper: [
    {
      setting: 'isotropic',
      result: 'theorem 1: one step of gradient descent with η* = 1 / (n + d + 1 + σ²)',
    },
    { setting: 'anisotropic', result: 'theorem 2: one preconditioned step, Σ⁻¹, same η*' },
    { setting: 'nonlinear targets', result: 'theorem 3: still one step on the linear least-squares loss' },
  ],
  async run(context) {
    const outcomes: Outcome[] = [];
    for (const setting of plans[context.profile].settings)
      outcomes.push(await context.once(setting.name, () => measure(setting, context)));
    const shaped = outcomes.find(({ cosineInverse }) => cosineInverse !== undefined);
    return {
      metrics: {
        r2_min: Math.min(...outcomes.map(({ r2 }) => r2)),
        eta_error_max: Math.max(...outcomes.map(({ etaError }) => etaError)),
        mse_gap_max: Math.max(...outcomes.map(({ mseGap }) => mseGap)),
        grid_gain_max: Math.max(...outcomes.map(({ gridGain: gain }) => gain)),
        ...(shaped && {
          cosine_inverse: shaped.cosineInverse!,
          cosine_identity: shaped.cosineIdentity!,
        }),
      },
      rows: outcomes.map(({ row }) => row),
      series: {
        weights: outcomes.flatMap(({ weights }) => weights),
        scatter: outcomes.flatMap(({ scatter }) => scatter),
        curve: outcomes.flatMap(({ curve }) => curve),
      },
    };
  },
  plot: ({ rows, series }) => [
    {
      title: 'Training: the loss falls to the closed-form optimum (dashed); dotted: ridge',
      options: {
        y: { type: 'log', label: 'squared error' },
        x: { label: 'step' },
        marks: [
          Plot.lineY(series.curve ?? [], { x: 'step', y: 'loss', stroke: 'setting' }),
          Plot.ruleY(rows, { y: 'closed_form_mse', stroke: 'setting', strokeDasharray: '4,3' }),
          Plot.ruleY(rows, { y: 'ridge_mse', stroke: '#999', strokeDasharray: '1,3' }),
        ],
      },
    },
    {
      title: 'Predictions of the trained layer against one gradient step with η*',
      options: {
        x: { label: 'gradient step' },
        y: { label: 'trained layer' },
        marks: [
          Plot.line(
            [
              [-8, -8],
              [8, 8],
            ],
            { stroke: '#bbb' },
          ),
          Plot.dot(series.scatter ?? [], { x: 'oracle', y: 'model', stroke: 'setting', r: 2 }),
        ],
      },
    },
    {
      title: 'Anisotropic inputs: the operator in the weights beside Σ⁻¹',
      options: {
        height: 240,
        color: { scheme: 'RdBu', type: 'diverging', pivot: 0 },
        x: { label: null },
        y: { label: null },
        fx: { label: null },
        padding: 0,
        grid: false,
        marks: [
          Plot.cell(
            (series.weights ?? []).filter(({ setting }) => String(setting).startsWith('aniso')),
            { fx: 'what', x: 'column', y: 'row', fill: 'value' },
          ),
        ],
      },
    },
  ],
});

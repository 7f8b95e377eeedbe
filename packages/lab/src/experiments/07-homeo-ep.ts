/**
 * System 7: equilibrium propagation with nudges on a circle, and homeostasis in place of weight symmetry.
 *
 * @module
 */
import { adamw, array } from '@fletch/array';
import { type ImageSet, imageFloats, loadFashionMnist, takeImages } from '@fletch/data';
import {
  EPNetwork,
  type EPNetworkOptions,
  type EpochRecord,
  errorAgreement,
  type LabelledInputs,
  type TrainEPOptions,
  trainEP,
} from '@fletch/insight';
import { rng } from '@fletch/linalg';
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';
import { type BiasOutcome, type BiasPlan, measureBias } from './07-bias.js';

type Training = Pick<TrainEPOptions, 'method'> & Partial<TrainEPOptions>;

/** One way to train. */
interface Arm {
  readonly name: string;
  readonly network?: Partial<EPNetworkOptions>;
  readonly training: Training;
}

interface Plan {
  readonly hidden: number;
  readonly images: number;
  readonly tests: number;
  readonly epochs: number;
  /** Steps of free and nudged phases, damped by half. */
  readonly T1: number;
  readonly T2: number;
  readonly bias: BiasPlan;
}

const BIAS = { N: [1, 2, 4, 6], steps: 400 };
const plans: { readonly [P in Profile]: Plan } = {
  smoke: { hidden: 12, images: 100, tests: 50, epochs: 1, T1: 20, T2: 8, bias: { N: [1, 2], steps: 60 } },
  quick: { hidden: 256, images: 10_000, tests: 2000, epochs: 3, T1: 80, T2: 24, bias: BIAS },
  full: { hidden: 256, images: 10_000, tests: 2000, epochs: 3, T1: 100, T2: 30, bias: BIAS },
};

const LAMBDA = 10;
const rbp: Arm = { name: 'RBP 90°', training: { method: 'rbp' } };
const symmetric: Arm = { name: 'EP 0°', network: { angleDeg: 0 }, training: { method: 'hep' } };
const plain: Arm = { name: 'EP 90°', training: { method: 'hep' } };
const homeostatic: Arm = { name: 'EP 90° + homeostasis', training: { method: 'hep', homeo: LAMBDA } };

const loop = { topology: 'loop' } as const;
const reference = { feedback: 'fan-in' } as const;
const slowly = () => adamw({ learningRate: 1e-4 });
/** What is only reported, of the first seed. */
const others: readonly Arm[] = [
  { name: 'BP 90°', training: { method: 'bp' } },
  { name: 'EP 0°, one-sided', network: { angleDeg: 0 }, training: { method: 'hep', N: 1 } },
  {
    name: 'EP 0°, limit N → ∞',
    network: { angleDeg: 0 },
    training: { method: 'hep', N: Number.POSITIVE_INFINITY },
  },
  { name: 'EP 45°', network: { angleDeg: 45 }, training: { method: 'hep' } },
  { name: 'EP 90° + exact penalty', training: { method: 'hep', homeo: LAMBDA, alignment: 'exact' } },
  {
    name: 'EP 90° + Kolen-Pollack',
    training: { method: 'hep', homeo: 1e-2, alignment: 'kolen-pollack' },
  },
  { name: 'EP 90°, feedback by fan-in', network: reference, training: { method: 'hep' } },
  {
    name: 'EP 90° + homeostasis, feedback by fan-in',
    network: reference,
    training: { method: 'hep', homeo: LAMBDA },
  },
  { name: 'EP 90°, AdamW', training: { method: 'hep', optimizer: slowly() } },
  { name: 'EP 90° + homeostasis, AdamW', training: { method: 'hep', homeo: 1, optimizer: slowly() } },
  { name: 'EP loop', network: loop, training: { method: 'hep' } },
  { name: 'EP loop + homeostasis', network: loop, training: { method: 'hep', homeo: 0.1 } },
];

/** The arms of a seed: a quick run leaves out what no claim is about. */
function armsOf(profile: Profile, seed: number): readonly Arm[] {
  const claimed = [rbp, plain, homeostatic];
  if (profile !== 'full') return claimed;
  return seed === 0 ? [...claimed, symmetric, ...others] : [...claimed, symmetric];
}

interface TrainingData {
  readonly train: LabelledInputs;
  readonly test: LabelledInputs;
  /** On which error vectors are compared. */
  readonly probe: LabelledInputs;
}

async function dataOf(
  { images, tests }: Plan,
  { profile, signal, report }: TrialContext,
): Promise<TrainingData> {
  if (profile === 'smoke') return madeUp(images, tests);
  const { train, test } = await loadFashionMnist({ signal, onProgress: report });
  const part = (set: ImageSet, from: number, count: number): LabelledInputs => {
    const taken = takeImages(
      set,
      Int32Array.from({ length: count }, (_, i) => from + i),
    );
    return { images: imageFloats(taken), labels: Array.from(taken.labels) };
  };
  // Images come one of each class in turn: every stretch holds all.
  return { train: part(train, 0, images), test: part(test, 0, tests), probe: part(train, 50_000, 100) };
}

/** Noisy copies of ten random pictures, where nothing may be fetched. */
function madeUp(images: number, tests: number): TrainingData {
  const random = rng(17);
  const pictures = Array.from({ length: 10 }, () => random.fillUniform(new Float32Array(784)));
  const draw = (count: number): LabelledInputs => {
    const labels = Array.from({ length: count }, (_, i) => i % 10);
    const values = labels.flatMap((label) =>
      Array.from(pictures[label]!, (v) => 0.5 * (v + random.uniform())),
    );
    return { images: Float32Array.from(values), labels };
  };
  return { train: draw(images), test: draw(tests), probe: draw(20) };
}

interface ArmOutcome {
  readonly arm: string;
  readonly history: readonly EpochRecord[];
}

async function measureArm(
  arm: Arm,
  plan: Plan,
  data: TrainingData,
  context: TrialContext,
): Promise<ArmOutcome> {
  const { seed, signal, report } = context;
  const { hidden, T1, T2, epochs } = plan;
  const net = new EPNetwork({
    layers: [784, hidden, hidden, 10],
    feedback: 'mirror',
    damping: 0.5,
    seed,
    ...arm.network,
  });
  try {
    const x = array(data.probe.images, 'float32', [data.probe.labels.length, 784]);
    const { N = 2 } = arm.training;
    const history = await trainEP(net, data.train, {
      T1,
      T2,
      epochs,
      seed,
      test: data.test,
      measure: async () => {
        const { cosine, settled } = await errorAgreement(net, x, data.probe.labels, {
          N,
          steps: T2,
          freeSteps: 4 * T1,
        });
        const angle = net.layout.mirrors.length > 0 ? { angle: net.weightAngle() } : {};
        const symmetry = net.symmetry();
        return {
          cosine_h1: cosine.h1!,
          cosine_h2: cosine.h2!,
          cosine_out: cosine.out!,
          settled,
          ...angle,
          symmetry,
        };
      },
      ...arm.training,
      signal,
      onProgress: (progress) => report({ ...progress, stage: arm.name }),
    });
    return { arm: arm.name, history };
  } finally {
    await net.close();
  }
}

function metricsOf(bias: BiasOutcome, outcomes: readonly ArmOutcome[]): { [metric: string]: number } {
  const last = ({ name }: Arm) => outcomes.find(({ arm }) => arm === name)!.history.at(-1)!;
  const [with_, without, back] = [last(homeostatic), last(plain), last(rbp)];
  return {
    slope_off: Math.max(...Object.entries(bias.slopes).map(([N, slope]) => Math.abs(slope - Number(N)))),
    cosine_h1: with_.measured!.cosine_h1!,
    cosine_gain: with_.measured!.cosine_h1! - without.measured!.cosine_h1!,
    accuracy_gain: with_.testAccuracy! - without.testAccuracy!,
    accuracy_below_rbp: back.testAccuracy! - with_.testAccuracy!,
    angle_with: with_.measured!.angle!,
    angle_without: without.measured!.angle!,
  };
}

const rounded = (value: number) => Number(value.toPrecision(5));

const rowOf = ({ arm, history }: ArmOutcome): Row => {
  const { loss, testAccuracy, residual95, measured } = history.at(-1)!;
  return { arm, test_accuracy: testAccuracy!, train_loss: loss!, ...measured, residual_95: residual95! };
};

/** Claims about training: a smoke run trains nothing worth judging. */
const trained = { profiles: ['quick', 'full'] } as const;

export default defineExperiment({
  id: 'homeo-ep',
  exports: ['EPNetwork', 'trainEP', 'nudgePhases', 'errorAgreement', 'accuracyOf', 'layoutOf', 'symmetryOf'],
  data: 'random symmetric networks in 64-bit; Fashion-MNIST, 10,000 images for training, 2,000 for the test',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: '1',
      text: 'Nudges at N points of a circle of radius β: the error falls as β^N, largest deviation of the exponent',
      metric: 'slope_off',
      relation: '<=',
      threshold: 0.3,
      over: 'worst',
    },
    {
      id: '2a',
      text: 'With homeostasis error vectors point where recurrent backpropagation does: cosine in the first layer',
      metric: 'cosine_h1',
      relation: '>=',
      threshold: 0.9,
      over: 'worst',
      ...trained,
    },
    {
      id: '2b',
      text: '… more than without, by',
      metric: 'cosine_gain',
      relation: '>=',
      threshold: 0.3,
      over: 'worst',
      ...trained,
    },
    {
      id: '2c',
      text: 'Test accuracy with homeostasis above that without, by',
      metric: 'accuracy_gain',
      relation: '>=',
      threshold: 0.02,
      ...trained,
    },
    {
      id: '2d',
      text: '… and below recurrent backpropagation by at most',
      metric: 'accuracy_below_rbp',
      relation: '<=',
      threshold: 0.06,
      ...trained,
    },
    {
      id: '2e',
      text: 'Homeostasis turns feedback weights towards the forward ones: angle in degrees',
      metric: 'angle_with',
      relation: '<',
      threshold: 10,
      over: 'worst',
      ...trained,
    },
    {
      id: '2f',
      text: '… which without it stay apart',
      metric: 'angle_without',
      relation: '>',
      threshold: 75,
      over: 'worst',
      ...trained,
    },
  ],
  paper: [
    { data: 'Fashion-MNIST, 0°', finding: 'N = 2 … 6 at β = 0.5 as good as N → ∞, N = 1 clearly worse' },
    { data: 'Fashion-MNIST, 0 … 90°', finding: 'BP flat, error of EP grows with the angle' },
    { data: 'ImageNet 32 × 32, top-1 with homeostasis', top_1: 0.314, top_5: 0.552 },
    { data: 'ImageNet 32 × 32, top-1 with tied weights', top_1: 0.365, top_5: 0.608 },
  ],
  async run(context) {
    const plan = plans[context.profile];
    const bias = await context.once('bias', () => measureBias(plan.bias, context));
    const data = await dataOf(plan, context);
    const outcomes: ArmOutcome[] = [];
    for (const arm of armsOf(context.profile, context.seed))
      outcomes.push(await context.once(arm.name, () => measureArm(arm, plan, data, context)));
    return {
      metrics: metricsOf(bias, outcomes),
      rows: [
        ...outcomes.map(rowOf),
        ...Object.entries(bias.slopes).map(([N, exponent]) => ({ arm: `bias, N = ${N}`, exponent })),
        { arm: 'bias, N → ∞', relative_error: bias.limit },
      ],
      series: {
        bias: bias.points.map(({ N, beta, error }) => ({ N: `N = ${N}`, beta, error: rounded(error) })),
        epochs: outcomes.flatMap(({ arm, history }) =>
          history.map(({ epoch, loss, testAccuracy, measured }) => ({
            arm,
            epoch,
            loss: loss === undefined ? null : rounded(loss),
            accuracy: testAccuracy!,
            angle: measured!.angle ?? null,
          })),
        ),
        cosines: outcomes.flatMap(({ arm, history }) =>
          history.flatMap(({ epoch, measured }) =>
            ['h1', 'h2', 'out'].map((layer) => ({
              arm,
              epoch,
              layer,
              cosine: rounded(measured![`cosine_${layer}`]!),
            })),
          ),
        ),
      },
    };
  },
  plot: ({ series }) => {
    const main = new Set([rbp, symmetric, plain, homeostatic].map(({ name }) => name));
    const epochs = (series.epochs ?? []).filter(({ arm }) => main.has(String(arm)));
    const cosines = (series.cosines ?? []).filter(({ arm }) => main.has(String(arm)) && arm !== rbp.name);
    const line = { x: 'epoch', stroke: 'arm', marker: 'circle' as const };
    return [
      {
        title: 'Error of the estimated error vector, symmetric network in 64-bit',
        options: {
          x: { type: 'log', label: 'β' },
          y: { type: 'log', label: 'relative error' },
          marks: [
            Plot.lineY(series.bias ?? [], { x: 'beta', y: 'error', stroke: 'N', marker: 'circle' as const }),
          ],
        },
      },
      {
        title: 'Cosine with recurrent backpropagation, by layer',
        options: {
          fx: { label: null, domain: ['h1', 'h2', 'out'] },
          x: { label: 'epoch', ticks: plans.full.epochs },
          y: { label: 'cosine' },
          marks: [
            Plot.ruleY([0, 1], { stroke: '#bbb' }),
            Plot.lineY(cosines, { ...line, fx: 'layer', y: 'cosine' }),
          ],
        },
      },
      {
        title: 'Test accuracy',
        options: {
          x: { label: 'epoch', ticks: plans.full.epochs },
          y: { label: 'accuracy' },
          marks: [Plot.lineY(epochs, { ...line, y: 'accuracy' })],
        },
      },
      {
        title: 'Angle between feedback and forward weights',
        options: {
          x: { label: 'epoch', ticks: plans.full.epochs },
          y: { label: 'degrees', domain: [0, 95] },
          marks: [Plot.lineY(epochs, { ...line, y: 'angle' })],
        },
      },
    ];
  },
});

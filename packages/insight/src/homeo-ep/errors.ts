/**
 * Error vectors: how activities answer an infinitesimal nudge, and what backpropagation would give instead.
 *
 * @module
 */
import {
  add,
  array,
  concat,
  type DType,
  matmul,
  mul,
  scan,
  sliceAxis,
  stopGradient,
  sub,
  type Tensor,
  tensor,
  zerosLike,
} from '@fletch/array';
import { activate, type Complex, complex, real, slope } from './arithmetic.js';
import { activities, complexActivities, crossDrive, outputGradient, relax, type Scene } from './field.js';
import { isReal, nudgePhases, type Phase } from './phases.js';

export interface ErrorVectorOptions {
  /** Nudges on the circle; Infinity for the limit. Default 2. */
  readonly N?: number;
  /** Default 0.5. */
  readonly beta?: number;
  /** Steps of each nudged relaxation. Default 20. */
  readonly steps?: number;
}

/**
 * d = ds/dβ at β = 0 for every layer, estimated from relaxations that start at the free fixed point.
 *
 * @param free - potentials of the free fixed point
 */
export function errorVector(
  scene: Scene,
  free: readonly Tensor[],
  options: ErrorVectorOptions = {},
): Tensor[] {
  const { N = 2, beta = 0.5, steps = 20 } = options;
  if (N === Number.POSITIVE_INFINITY) return tangent(scene, free, steps);
  const phases = nudgePhases(N, beta);
  const base = activities(scene, free);
  const answers = [
    ...nudgedReally(scene, free, phases.filter(isReal), steps),
    ...nudgedOnTheCircle(
      scene,
      free,
      phases.filter((phase) => !isReal(phase)),
      steps,
    ),
  ];
  const terms = answers.map(({ phase: { weight }, re, im }) =>
    base.map((s, l) => {
      const main = mul(sub(re[l]!, s), weight.re);
      return im ? sub(main, mul(im[l]!, weight.im)) : main;
    }),
  );
  return terms.reduce((sum, term) => sum.map((part, l) => add(part, term[l]!)));
}

/** Activities after the nudge of a phase. */
interface Answer {
  readonly phase: Phase;
  readonly re: readonly Tensor[];
  readonly im?: readonly Tensor[];
}

function nudgedReally(
  scene: Scene,
  free: readonly Tensor[],
  phases: readonly Phase[],
  steps: number,
): Answer[] {
  const beta = column(phases, 're', free[0]!);
  const { u } = relax(real, repeated(scene, phases.length), tiled(free, phases.length), { steps, beta });
  const s = activities(scene, u);
  return phases.map((phase, k) => ({ phase, re: share(s, k, free[0]!) }));
}

function nudgedOnTheCircle(
  scene: Scene,
  free: readonly Tensor[],
  phases: readonly Phase[],
  steps: number,
): Answer[] {
  if (phases.length === 0) return [];
  const start = tiled(free, phases.length).map((re): Complex => ({ re, im: zerosLike(re) }));
  const beta = { re: column(phases, 're', free[0]!), im: column(phases, 'im', free[0]!) };
  const { u } = relax(complex, repeated(scene, phases.length), start, { steps, beta });
  const s = complexActivities(scene, u);
  return phases.map((phase, k) => ({
    phase,
    re: share(
      s.map(({ re }) => re),
      k,
      free[0]!,
    ),
    im: share(
      s.map(({ im }) => im),
      k,
      free[0]!,
    ),
  }));
}

/** The rows of phase `k`. */
const share = (s: readonly Tensor[], k: number, like: Tensor) =>
  s.map((all) => sliceAxis(all, 0, k * like.shape[0]!, (k + 1) * like.shape[0]!));

const tiled = (parts: readonly Tensor[], times: number) =>
  parts.map((part) => (times === 1 ? part : concat(Array(times).fill(part))));

/** The scene for several nudges at once: its samples again and again. */
function repeated(scene: Scene, times: number): Scene {
  const [entering, targets] = tiled([scene.entering, scene.targets!], times);
  return { ...scene, entering: entering!, targets: targets! };
}

/** One nudge for each row of a stacked batch. */
function column(phases: readonly Phase[], part: 're' | 'im', like: Tensor): Tensor {
  const batch = like.shape[0]!;
  const values = Float64Array.from(
    { length: phases.length * batch },
    (_, i) => phases[Math.floor(i / batch)]![part],
  );
  return tensor(array(values, like.dtype as DType, [values.length, 1]));
}

/** The limit of infinitely many nudges: the relaxation's derivative by β at 0, carried along with it. */
function tangent(scene: Scene, free: readonly Tensor[], steps: number): Tensor[] {
  const { layout, activation, params, damping } = scene;
  const [{ u, along }] = scan(
    ({ u: potentials, along: moving }: { u: Tensor[]; along: Tensor[] }) => {
      const s = activities(scene, potentials);
      const moved = moving.map((part, l) => mul(part, slope(activation, potentials[l]!)));
      const drives = crossDrive(real, layout, params.weights, moved);
      const last = moving.length - 1;
      const nudge = outputGradient(real, scene, s[last]!);
      const next = moving.map((part, l) => {
        const flow = sub(l === last ? add(drives[l]!, nudge) : drives[l]!, part);
        return add(part, mul(flow, damping));
      });
      return [{ u: relax(real, scene, potentials, { steps: 1 }).u, along: next }, {}];
    },
    { u: [...free], along: free.map(zerosLike) },
    {},
    { length: steps },
  );
  return along.map((part, l) => mul(part, slope(activation, u[l]!)));
}

/**
 * Recurrent backpropagation: δ = −D (WᵀD − I)⁻¹ ∂ℓ/∂s by iterating δ ← δ + κ (D Wᵀ δ + D ∂ℓ/∂s − δ). This is the gradient
 * by each layer's total input, also without symmetry.
 */
export function adjoint(scene: Scene, free: readonly Tensor[], steps: number): Tensor[] {
  const { layout, activation, params, damping } = scene;
  const slopes = free.map((u) => slope(activation, u));
  const last = free.length - 1;
  const source = mul(slopes[last]!, outputGradient(real, scene, activate(real, activation, free[last]!)));
  const [delta] = scan(
    (before: Tensor[]) => {
      const next = before.map((part, l) => {
        const back = layout.edges
          .filter(({ from }) => from === l)
          .map(({ name, to }) => matmul(before[to]!, params.weights[name]!, { transposeB: true }))
          .reduce((a, b) => add(a, b));
        const arriving = mul(slopes[l]!, back);
        return add(part, mul(sub(l === last ? add(arriving, source) : arriving, part), damping));
      });
      return [next, {}];
    },
    free.map(zerosLike),
    {},
    { length: steps },
  );
  return delta;
}

/** What the ever-oscillating network gives: no free phase. */
export interface OnlineAnswer {
  /** Mean activities over the phases, which stand for the free ones. */
  readonly s: Tensor[];
  readonly d: Tensor[];
}

/**
 * The online variant: β(t) turns on the circle, `steps` at each of `points` phases, from the potentials where the last
 * phase ended. Averages of s give the free activities, averages of s / β(t) the error vector.
 */
export function online(
  scene: Scene,
  start: readonly Tensor[],
  {
    N,
    beta,
    steps,
    points,
  }: { readonly N: number; readonly beta: number; readonly steps: number; readonly points: number },
): OnlineAnswer {
  let u = start.map((re): Complex => ({ re, im: zerosLike(re) }));
  const free: Tensor[] = start.map(zerosLike);
  const d: Tensor[] = start.map(zerosLike);
  for (let point = 0; point < points; point++) {
    const angle = (2 * Math.PI * (point % N)) / N;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const one: Phase = { re: beta * c, im: beta * s, weight: { re: c / beta, im: -s / beta } };
    const nudge = { re: column([one], 're', start[0]!), im: column([one], 'im', start[0]!) };
    ({ u } = relax(complex, scene, u, { steps, beta: nudge }));
    for (const [l, { re, im }] of complexActivities(scene, u).entries()) {
      free[l] = add(free[l]!, mul(re, 1 / points));
      d[l] = add(d[l]!, mul(sub(mul(re, one.weight.re), mul(im, one.weight.im)), 1 / points));
    }
  }
  return { s: free, d };
}

/** A fixed point that gradients do not flow through. */
export const held = (u: readonly Tensor[]) => u.map((part) => stopGradient(part));

/**
 * The vector field whose fixed points are learned with, and its relaxation.
 *
 * F_l = Σ s_from W + b − u_l with s = σ(u); on the output layer also β ∂ℓ/∂s, the nudge.
 *
 * @module
 */
import { add, matmul, maximum, mul, oneHot, scan, softmax, sub, type Tensor } from '@fletch/array';
import { type Activation, type Arithmetic, activate, type Complex, complex, real } from './arithmetic.js';
import type { EPLayout, EPParams } from './layout.js';

/** A network, its parameters, and one batch of inputs: all that a relaxation does not change. */
export interface Scene {
  readonly layout: EPLayout;
  readonly activation: Activation;
  /** κ of u ← u + κ F. */
  readonly damping: number;
  readonly params: EPParams<Tensor>;
  /** What the inputs give the first layer, with its bias: `[batch, units]`. */
  readonly entering: Tensor;
  /** One-hot targets, `[batch, classes]`. */
  readonly targets?: Tensor;
}

/** What the inputs give the first layer. */
export function enter(layout: EPLayout, params: EPParams<Tensor>, x: Tensor): Tensor {
  return add(matmul(x, params.weights[layout.entry.name]!), params.biases[layout.names[0]!]!);
}

/** A scene of inputs and, when they are given, labels. */
export function sceneOf(
  base: Pick<Scene, 'layout' | 'activation' | 'damping'>,
  params: EPParams<Tensor>,
  x: Tensor,
  labels?: Tensor,
): Scene {
  const entering = enter(base.layout, params, x);
  const classes = params.readout.bias.shape[0]!;
  return { ...base, params, entering, ...(labels && { targets: oneHot(labels, classes, x.dtype) }) };
}

/** What each layer gets from the others, without biases and inputs: the linear map W of activities. */
export function crossDrive<V>(
  A: Arithmetic<V>,
  { edges, sizes }: EPLayout,
  weights: EPParams<Tensor>['weights'],
  s: readonly V[],
): V[] {
  return sizes.map((_, to) =>
    edges
      .filter((edge) => edge.to === to)
      .map((edge) => A.times(s[edge.from]!, weights[edge.name]!))
      .reduce((a, b) => A.add(a, b)),
  );
}

/** ∂ℓ/∂s of the output layer for the cross-entropy of logits s·R + c. */
export function outputGradient<V>(A: Arithmetic<V>, { params, targets }: Scene, output: V): V {
  const logits = A.shift(A.times(output, params.readout.weight), params.readout.bias);
  const excess = A.shift(A.softmax(logits), mul(targets!, -1));
  return A.times(excess, params.readout.weight, true);
}

/** F at potentials u. */
export function field<V>(A: Arithmetic<V>, scene: Scene, u: readonly V[], beta?: V): V[] {
  const { layout, activation, params, entering } = scene;
  const s = u.map((potential) => activate(A, activation, potential));
  return crossDrive(A, layout, params.weights, s).map((drive, l) => {
    const biased = A.shift(drive, l === 0 ? entering : params.biases[layout.names[l]!]!);
    const flow = A.sub(biased, u[l]!);
    return beta !== undefined && l === u.length - 1
      ? A.add(flow, A.multiply(beta, outputGradient(A, scene, s[l]!)))
      : flow;
  });
}

/** Largest |F| of each sample, `[batch]`. */
export function residualOf<V>(A: Arithmetic<V>, flow: readonly V[]): Tensor {
  return flow.map((part) => A.largest(part)).reduce((a, b) => maximum(a, b));
}

export interface RelaxOptions<V> {
  readonly steps: number;
  /** The nudge's strength, `[batch, 1]`. Default: none. */
  readonly beta?: V;
  /** Also give the residual before every step, `[steps, batch]`. Default false. */
  readonly watch?: boolean;
}

/** Relaxes synchronously, u ← u + κ F, as one loop of the graph. */
export function relax<V>(
  A: Arithmetic<V>,
  scene: Scene,
  start: readonly V[],
  { steps, beta, watch = false }: RelaxOptions<V>,
): { u: V[]; residuals?: Tensor } {
  const [u, outputs] = scan(
    (state: unknown) => {
      const before = state as readonly V[];
      const flow = field(A, scene, before, beta);
      const next = before.map((potential, l) => A.add(potential, A.scale(flow[l]!, scene.damping)));
      return [next, watch ? { residuals: residualOf(A, flow) } : {}];
    },
    start,
    {},
    { length: steps },
  );
  const { residuals } = outputs as { residuals?: Tensor };
  return { u: u as unknown as V[], ...(residuals && { residuals }) };
}

/** {@link relax} without a nudge, from given potentials. */
export function relaxFreely(scene: Scene, start: readonly Tensor[], steps: number): Tensor[] {
  return relax(real, scene, start, { steps }).u;
}

/** Activities. */
export const activities = ({ activation }: Scene, u: readonly Tensor[]) =>
  u.map((potential) => activate(real, activation, potential));

/** Complex activities. */
export const complexActivities = ({ activation }: Scene, u: readonly Complex[]) =>
  u.map((potential) => activate(complex, activation, potential));

/** Probabilities less targets: what the read-out learns from. */
export function readoutError({ params, targets }: Scene, output: Tensor): Tensor {
  const { weight, bias } = params.readout;
  return sub(softmax(add(matmul(output, weight), bias)), targets!);
}

/**
 * The network that learns from relaxations.
 *
 * @module
 */
import {
  type Compiled,
  compile,
  grad,
  loadTree,
  type NDArray,
  saveTree,
  type Tensor,
  tree,
  zeros,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import { type Matrix, rng } from '@fletch/linalg';
import { type Activation, activations, type Complex, complex, real } from './arithmetic.js';
import { checkBatch, checkSteps } from './checks.js';
import { adjoint, type ErrorVectorOptions, errorVector } from './errors.js';
import { activities, field, relax, residualOf, type Scene, sceneOf } from './field.js';
import { gradientsFrom } from './gradients.js';
import { homeostasisEstimate, homeostasisExact } from './homeostasis.js';
import { allFinite, arrayOf, type FeedbackInit, initialParams } from './init.js';
import { type EPLayout, type EPParams, layoutOf, type Topology } from './layout.js';
import { nudgePhases } from './phases.js';
import { activityJacobian, mirrorAngles, potentialJacobian, symmetryOf } from './symmetry.js';

export interface EPNetworkOptions {
  /** Inputs, hidden layers, outputs. */
  readonly layers: readonly number[];
  /** Default `mlp`. */
  readonly topology?: Topology;
  /** Angle between forward and feedback weights at the start. Default 90. */
  readonly angleDeg?: number;
  /** Size of the feedback weights at the start. Default `fan-in`. */
  readonly feedback?: FeedbackInit;
  /** Default `sigmoid4`. */
  readonly activation?: Activation;
  /** κ of the relaxation u ← u + κ F, in (0, 1]; ½ keeps symmetric networks from two-cycles. Default 1. */
  readonly damping?: number;
  /** Default `float32`. */
  readonly precision?: 'float32' | 'float64';
  /** Default: all cores. */
  readonly threads?: number;
  readonly seed: number;
}

/** Where a relaxation ended. */
export interface EPState {
  /** Potentials of each layer, `[batch, units]`. */
  readonly u: readonly NDArray[];
  /** Their imaginary parts, after a complex nudge. */
  readonly im?: readonly NDArray[];
  /** Largest |F| of each sample; above 0.01 it has not settled. */
  readonly residual: Float64Array;
  /** The largest residual of the batch before each step. */
  readonly curve: readonly number[];
}

export interface RelaxationOptions {
  /** Strength of the nudge, also complex. Default 0. */
  readonly beta?: number | { readonly re: number; readonly im: number };
  /** Labels; needed with a nudge. */
  readonly y?: ArrayLike<number>;
  /** Where to start. Default: potentials of zero. */
  readonly from?: EPState;
  /** Default 150. */
  readonly steps?: number;
}

/** A residual above this has left every basin. */
export const DIVERGED = 1e6;

// biome-ignore lint/suspicious/noExplicitAny: compiled functions of many signatures share one table
type AnyCompiled = Compiled<any[], any>;

/** A recurrent network with forward and feedback weights of their own. Close it to free its compiled functions. */
export class EPNetwork {
  readonly layout: EPLayout;
  readonly activation: Activation;
  readonly damping: number;
  readonly precision: 'float32' | 'float64';
  readonly threads: number | undefined;
  #params: EPParams<NDArray>;
  readonly #compiled = new Map<string, AnyCompiled>();

  /**
   * @throws FletchError `INVALID_ARGUMENT` for sizes, names, angles or dampings that are impossible, or an angle where an
   *   edge has no mirror
   */
  constructor(options: EPNetworkOptions) {
    const { layers, topology = 'mlp', angleDeg = 90, activation = 'sigmoid4', damping = 1 } = options;
    const { precision = 'float32', feedback = 'fan-in', seed } = options;
    this.layout = layoutOf(layers, topology);
    if (!activations.includes(activation))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `There is no activation "${activation}": use ${activations.join(' or ')}.`,
      );
    if (!(damping > 0 && damping <= 1))
      throw new FletchError('INVALID_ARGUMENT', `damping is a factor in (0, 1], not ${damping}.`);
    this.activation = activation;
    this.damping = damping;
    this.precision = precision;
    this.threads = options.threads;
    this.#params = initialParams(this.layout, { angleDeg, feedback, seed, precision });
  }

  get parameters(): EPParams<NDArray> {
    return this.#params;
  }

  /** @throws FletchError `INVALID_ARGUMENT` when a name or shape is another */
  load(parameters: EPParams<NDArray>): void {
    const given = tree.flatten<NDArray>(parameters);
    for (const [name, { shape }] of Object.entries(tree.flatten<NDArray>(this.#params)))
      if (String(given[name]?.shape) !== String(shape))
        throw new FletchError('INVALID_ARGUMENT', `"${name}" must be of shape [${shape.join(', ')}].`);
    this.#params = parameters;
  }

  /** Writes the parameters as safetensors. Throws `IO` or `DISK_FULL`. */
  async save(path: string): Promise<void> {
    await saveTree(path, this.#params);
  }

  /** Reads what {@link save} wrote. Throws as {@link load}, `NOT_FOUND`, `INVALID_INPUT_FILE`. */
  async restore(path: string): Promise<void> {
    this.load((await loadTree(path)) as unknown as EPParams<NDArray>);
  }

  /**
   * Relaxes to a fixed point, free or nudged.
   *
   * @param x - `[batch, inputs]`, in [0, 1]
   * @throws FletchError `NON_FINITE` when it diverges: `details` hold the step, the residual and the curve of residuals;
   *   what {@link checkBatch} throws
   */
  async relax(x: NDArray, options: RelaxationOptions = {}): Promise<EPState> {
    const { beta = 0, y, from, steps = 150 } = options;
    checkSteps('steps', steps);
    const nudged = typeof beta !== 'number' || beta !== 0;
    if (nudged && !y) throw new FletchError('INVALID_ARGUMENT', 'A nudge needs labels to nudge towards.');
    const labels = checkBatch(this.layout, x, y ?? new Int32Array(x.shape[0]!));
    const batch = x.shape[0]!;
    const column = (value: number) =>
      arrayOf(new Float64Array(batch).fill(value), [batch, 1], this.precision);
    const blank = this.layout.sizes.map((size) => zeros([batch, size], this.precision));
    if (typeof beta === 'number') {
      const run = this.compiled(
        `relax ${steps} ${nudged}`,
        (params, xs, ys, u0: Tensor[], strength: Tensor) => {
          const scene = this.scene(params, xs, ys);
          const nudge = nudged ? { beta: strength } : {};
          const { u, residuals } = relax(real, scene, u0, { steps, watch: true, ...nudge });
          return { u, residuals, residual: residualOf(real, field(real, scene, u, nudge.beta)) };
        },
      );
      return settled(await run(this.#params, x, labels, from?.u ?? blank, column(beta)));
    }
    const run = this.compiled(
      `complex ${steps}`,
      (params, xs, ys, re: Tensor[], im: Tensor[], strength: Complex) => {
        const scene = this.scene(params, xs, ys);
        const start = re.map((part, l): Complex => ({ re: part, im: im[l]! }));
        const { u, residuals } = relax(complex, scene, start, { steps, watch: true, beta: strength });
        return {
          u: u.map((part) => part.re),
          im: u.map((part) => part.im),
          residuals,
          residual: residualOf(complex, field(complex, scene, u, strength)),
        };
      },
    );
    const strength = { re: column(beta.re), im: column(beta.im) };
    return settled(await run(this.#params, x, labels, from?.u ?? blank, from?.im ?? blank, strength));
  }

  /**
   * d = ds/dβ at β = 0 from nudged relaxations that start at the free fixed point.
   *
   * @returns one `[batch, units]` for each layer
   * @throws FletchError `NON_FINITE` when a nudged relaxation diverges, with its curve; `INVALID_ARGUMENT` for N, β or steps
   */
  async errorVector(
    free: EPState,
    x: NDArray,
    y: ArrayLike<number>,
    options: ErrorVectorOptions = {},
  ): Promise<NDArray[]> {
    const { N = 2, beta = 0.5, steps = 20 } = options;
    checkSteps('steps', steps);
    const phases = N === Number.POSITIVE_INFINITY ? [] : nudgePhases(N, beta);
    const labels = checkBatch(this.layout, x, y);
    const run = this.compiled(`error ${N} ${beta} ${steps}`, (params, xs, ys, u: Tensor[]) =>
      errorVector(this.scene(params, xs, ys), u, { N, beta, steps }),
    );
    const d: NDArray[] = await run(this.#params, x, labels, free.u);
    if (!d.every(allFinite))
      for (const { re, im } of phases) await this.relax(x, { y, from: free, steps, beta: { re, im } });
    return d;
  }

  /**
   * What recurrent backpropagation gives: ∂ℓ by each layer's total input at the fixed point.
   *
   * @param options.steps - of the iteration. Default 20
   */
  async adjoint(
    free: EPState,
    x: NDArray,
    y: ArrayLike<number>,
    { steps = 20 }: { readonly steps?: number } = {},
  ): Promise<NDArray[]> {
    checkSteps('steps', steps);
    const labels = checkBatch(this.layout, x, y);
    const run = this.compiled(`adjoint ${steps}`, (params, xs, ys, u: Tensor[]) =>
      adjoint(this.scene(params, xs, ys), u, steps),
    );
    return await run(this.#params, x, labels, free.u);
  }

  /** Gradients of the mean loss from error vectors of {@link errorVector} or {@link adjoint}. */
  async gradients(
    d: readonly NDArray[],
    free: EPState,
    x: NDArray,
    y: ArrayLike<number>,
  ): Promise<EPParams<NDArray>> {
    const labels = checkBatch(this.layout, x, y);
    const run = this.compiled('gradients', (params, xs, ys, u: Tensor[], errors: Tensor[]) => {
      const scene = this.scene(params, xs, ys);
      return gradientsFrom(scene, xs, errors, activities(scene, u));
    });
    return await run(this.#params, x, labels, free.u, d);
  }

  /**
   * The homeostatic loss and its gradients by the recurrent weights. In activities the Jacobian depends on weights alone,
   * so there is no sample to give.
   *
   * @param options.draws - random vectors of the estimate. Default 250
   * @param options.exact - the expectation in closed form instead. Default false
   */
  async homeoLoss(
    options: { readonly draws?: number; readonly exact?: boolean; readonly seed?: number } = {},
  ): Promise<{ loss: number; grads: { readonly [edge: string]: NDArray } }> {
    const { draws = 250, exact = false, seed = 0 } = options;
    checkSteps('draws', draws);
    const run = this.compiled(`homeostasis ${exact} ${draws}`, (params, noise: Tensor[]) => {
      const own = Object.fromEntries(this.layout.edges.map(({ name }) => [name, params.weights[name]!]));
      const loss = (weights: typeof own) =>
        exact ? homeostasisExact(this.layout, weights) : homeostasisEstimate(this.layout, weights, noise);
      return { loss: loss(own), grads: grad(loss)(own) };
    });
    const { loss, grads } = await run(this.#params, this.noise(draws, seed));
    return { loss: loss.item(), grads };
  }

  /** Normal numbers for each layer, `[draws, units]`. */
  noise(draws: number, seed: number, stream = 0): NDArray[] {
    const random = rng(seed, stream);
    const Values = this.precision === 'float32' ? Float32Array : Float64Array;
    return this.layout.sizes.map((size) =>
      arrayOf(random.fillNormal(new Values(draws * size)), [draws, size], this.precision),
    );
  }

  /** ∂F/∂u = W D − I at the potentials of one sample of a state, rows are driven. */
  jacobian(state: EPState, sample = 0): Matrix<Float64Array> {
    return potentialJacobian(this.layout, this.#params, this.activation, state.u, sample);
  }

  /** ‖S‖ / (‖S‖ + ‖A‖) of W − I: 1 when feedback mirrors forward weights. */
  symmetry(): number {
    return symmetryOf(activityJacobian(this.layout, this.#params));
  }

  /**
   * The mean angle in degrees between forward and transposed feedback weights.
   *
   * @throws FletchError `INVALID_ARGUMENT` when no edges mirror each other
   */
  weightAngle(): number {
    const angles = Object.values(mirrorAngles(this.layout, this.#params));
    if (angles.length === 0)
      throw new FletchError('INVALID_ARGUMENT', 'No two edges mirror each other: angle undefined.');
    return angles.reduce((a, b) => a + b) / angles.length;
  }

  /** A scene of this network, inside a traced function. */
  scene(params: EPParams<Tensor>, x: Tensor, labels?: Tensor): Scene {
    return sceneOf(this, params, x, labels);
  }

  /** A function compiled once under a name that says all that is fixed in it. */
  compiled(name: string, fn: (params: EPParams<Tensor>, ...args: never[]) => unknown): AnyCompiled {
    const found = this.#compiled.get(name);
    if (found) return found;
    const made = compile(fn as (...args: unknown[]) => unknown, {
      name,
      ...(this.threads !== undefined && { threads: this.threads }),
    }) as unknown as AnyCompiled;
    this.#compiled.set(name, made);
    return made;
  }

  /** Frees the compiled functions. */
  async close(): Promise<void> {
    const all = [...this.#compiled.values()];
    this.#compiled.clear();
    for (const each of all) await each.close();
  }
}

/** The outcome of a compiled relaxation as a state, unless it diverged. */
function settled(out: {
  readonly u: NDArray[];
  readonly im?: NDArray[];
  readonly residuals: NDArray;
  readonly residual: NDArray;
}): EPState {
  const [steps, batch] = out.residuals.shape as readonly [number, number];
  const all = out.residuals.data as Float64Array;
  const last = Float64Array.from(out.residual.data as Float64Array);
  const curve = Array.from({ length: steps }, (_, k) =>
    Math.max(...all.subarray(k * batch, (k + 1) * batch)),
  );
  const whole = [...curve, Math.max(...last)];
  const step = whole.findIndex((residual) => !(residual < DIVERGED));
  if (step >= 0)
    throw new FletchError(
      'NON_FINITE',
      `Relaxation diverged at step ${step}, residual ${whole[step]}: lower beta, the damping, or the weights.`,
      { details: { step, residual: whole[step], curve: whole } },
    );
  return { u: out.u, ...(out.im && { im: out.im }), residual: last, curve };
}

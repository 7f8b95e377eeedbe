/**
 * The trainable recurrent network.
 *
 * @module
 */
import { array, compile, type NDArray, sgd, type Tensor, train } from '@fletch/array';
import { FletchError, type LongWork } from '@fletch/base';
import { Matrix, rng } from '@fletch/linalg';
import { hiddenStates, type RnnParams, rnnLoss } from './forward.js';
import { type RnnPart, rnnKernel, rnnParts } from './kernel.js';
import type { Trials } from './tasks.js';

export interface CTRNNOptions {
  readonly nIn: number;
  /** Default 300. */
  readonly hidden?: number;
  readonly nOut: number;
  /** Length of a step in ms. Default 100. */
  readonly dt?: number;
  /** Time constant in ms, at least dt. Default 100. */
  readonly tau?: number;
  /** Standard deviation of the recurrent weights times √hidden. Default 1.25. */
  readonly gain?: number;
  readonly seed: number;
}

export interface RnnFitOptions extends LongWork {
  /** Fresh trials for a step. */
  readonly draw: (step: number) => Trials;
  /** Default 3000. */
  readonly steps?: number;
  /** Rate of gradient descent with momentum 0.9. Default 0.003. */
  readonly lr?: number;
  /** Default: all cores. */
  readonly threads?: number | undefined;
}

/** A continuous-time recurrent network of rectified units without biases. */
export class CTRNN {
  readonly nIn: number;
  readonly hidden: number;
  readonly nOut: number;
  /** dt / τ */
  readonly alpha: number;
  readonly #options: CTRNNOptions;
  #params: RnnParams<NDArray>;

  /**
   * Input and output weights are uniform on ±fan-in^−½, recurrent ones normal with standard deviation gain / √hidden.
   *
   * @throws FletchError `INVALID_ARGUMENT` for sizes below 1, τ ≤ 0, dt ≤ 0 or dt > τ
   */
  constructor(options: CTRNNOptions) {
    const { nIn, hidden = 300, nOut, dt = 100, tau = 100, gain = 1.25, seed } = options;
    for (const [name, value] of Object.entries({ nIn, hidden, nOut }))
      if (!Number.isSafeInteger(value) || value < 1)
        throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive integer, not ${value}.`);
    if (!(tau > 0) || !(dt > 0))
      throw new FletchError('INVALID_ARGUMENT', `dt and tau must be positive times, not ${dt} and ${tau}.`);
    if (dt > tau)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `A step of dt = ${dt} ms is longer than tau = ${tau} ms: alpha = dt / tau would be above 1. Lower dt.`,
      );
    this.#options = options;
    this.nIn = nIn;
    this.hidden = hidden;
    this.nOut = nOut;
    this.alpha = dt / tau;
    const random = rng(seed);
    const uniform = (rows: number, columns: number) => {
      const values = random.fillUniform(new Float32Array(rows * columns));
      const scale = 1 / Math.sqrt(columns);
      return array(
        values.map((value) => (2 * value - 1) * scale),
        'float32',
        [rows, columns],
      );
    };
    const scale = gain / Math.sqrt(hidden);
    this.#params = {
      input: uniform(hidden, nIn),
      readout: uniform(nOut, hidden),
      recurrent: array(
        random.fillNormal(new Float32Array(hidden * hidden)).map((value) => value * scale),
        'float32',
        [hidden, hidden],
      ),
    };
  }

  get parameters(): RnnParams<NDArray> {
    return this.#params;
  }

  /** The recurrent weights, rows are the units that are driven. */
  get recurrent(): Matrix<Float64Array> {
    return new Matrix(
      Float64Array.from(this.#params.recurrent.data as Float32Array),
      this.hidden,
      this.hidden,
    );
  }

  /**
   * The same network with other recurrent weights.
   *
   * @throws FletchError `DIMENSION_MISMATCH` unless they are `hidden × hidden`, `NON_FINITE` with the position
   */
  withRecurrent(W: Matrix): CTRNN {
    if (W.rows !== this.hidden || W.cols !== this.hidden)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `Recurrent weights of ${this.hidden} units are ${this.hidden}x${this.hidden}, not ${W.rows}x${W.cols}.`,
      );
    const bad = W.data.findIndex((value: number) => !Number.isFinite(value));
    if (bad >= 0)
      throw new FletchError(
        'NON_FINITE',
        `Weight (${Math.floor(bad / W.cols)}, ${bad % W.cols}) is ${W.data[bad]}.`,
        { details: { row: Math.floor(bad / W.cols), col: bad % W.cols } },
      );
    const recurrent = array(Float32Array.from(W.data), 'float32', [W.rows, W.cols]);
    return this.#with({ ...this.#params, recurrent });
  }

  /**
   * Trains a copy by gradient descent with momentum, each step on fresh trials; this network stays as it is.
   *
   * @returns the trained network and the loss of every step
   * @throws FletchError `DIMENSION_MISMATCH` or `INVALID_ARGUMENT` when trials do not fit, `NON_FINITE` with the step,
   *   `ABORTED`
   */
  async fit(options: RnnFitOptions): Promise<{ model: CTRNN; loss: number[] }> {
    const { draw, steps = 3000, lr = 0.003, threads, signal, onProgress } = options;
    const { alpha } = this;
    const { scored } = draw(0);
    const { params, losses } = await train<RnnParams<NDArray>>({
      name: 'recurrent network',
      params: this.#params,
      loss: (p: RnnParams<Tensor>, x: Tensor, y: Tensor) => rnnLoss(p, x, y, { alpha, scored }),
      optimizer: sgd({ learningRate: lr, momentum: 0.9 }),
      steps,
      draw: (step) => {
        const trials = draw(step);
        this.#check(trials);
        return [inputsOf(trials), array(trials.y, 'int32', [trials.steps, trials.batch])];
      },
      threads,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
    return { model: this.#with(params), loss: Array.from(losses) };
  }

  /**
   * What the network does on some trials: its mean loss, how often it decides rightly at the last step, and the hidden
   * activity there.
   *
   * @returns `last`: `batch × hidden`
   */
  async run(trials: Trials): Promise<{ loss: number; accuracy: number; last: Matrix<Float64Array> }> {
    this.#check(trials);
    const { alpha, hidden, nOut } = this;
    const { steps, batch, y, scored } = trials;
    const look = compile(
      (p: RnnParams<Tensor>, x: Tensor, labels: Tensor) => ({
        loss: rnnLoss(p, x, labels, { alpha, scored }),
        last: hiddenStates(p, x, alpha).at(-1)!,
      }),
      { name: 'recurrent network', threads: 1 },
    );
    try {
      const out = await look(this.#params, inputsOf(trials), array(y, 'int32', [steps, batch]));
      const last = new Matrix(Float64Array.from(out.last.data as Float32Array), batch, hidden);
      const readout = this.#params.readout.data as Float32Array;
      let right = 0;
      for (let b = 0; b < batch; b++) {
        const scores = Array.from({ length: nOut }, (_, k) =>
          last.row(b).reduce((sum, value, j) => sum + value * readout[k * hidden + j]!, 0),
        );
        if (scores.indexOf(Math.max(...scores)) === y[(steps - 1) * batch + b]) right++;
      }
      return { loss: out.loss.item() as number, accuracy: right / batch, last };
    } finally {
      await look.close();
    }
  }

  /**
   * The kernel G Gᵀ of the derivatives G of all scored outputs of all trials by some of the weights. It holds
   * (steps × trials × classes)² numbers: a few dozen trials are enough.
   *
   * @param options.params - `recurrent` (default) or the names of several matrices
   * @returns rows ordered by step from last to first, then class, then trial
   */
  async tangentKernel(
    trials: Trials,
    { params = 'recurrent' }: { readonly params?: 'recurrent' | readonly RnnPart[] } = {},
  ): Promise<Matrix<Float64Array>> {
    this.#check(trials);
    const parts = typeof params === 'string' ? [params] : params;
    const unknown = parts.find((part) => !rnnParts.includes(part));
    if (unknown !== undefined || parts.length === 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `params names some of ${rnnParts.join(', ')}, not "${unknown ?? ''}".`,
      );
    const { alpha } = this;
    const kernel = compile(
      (p: RnnParams<Tensor>, x: Tensor) => rnnKernel(p, x, { alpha, outputs: trials.scored, parts }),
      { name: 'tangent kernel', threads: 1 },
    );
    try {
      const { data, shape } = await kernel(this.#params, inputsOf(trials));
      return new Matrix(Float64Array.from(data as Float32Array), shape[0]!, shape[1]!);
    } finally {
      await kernel.close();
    }
  }

  #with(params: RnnParams<NDArray>): CTRNN {
    const made = new CTRNN(this.#options);
    made.#params = params;
    return made;
  }

  #check({ inputs, classes, batch, y }: Trials): void {
    if (inputs !== this.nIn)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `The trials have ${inputs} input channels, the network ${this.nIn}.`,
      );
    if (batch < 1) throw new FletchError('INVALID_ARGUMENT', 'There are no trials.');
    const bad = y.find((label) => label < 0 || label >= this.nOut);
    if (classes > this.nOut || bad !== undefined)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The trials have ${bad === undefined ? `${classes} classes` : `the label ${bad}`}, the network ${this.nOut} outputs.`,
      );
  }
}

const inputsOf = ({ steps, batch, inputs, x }: Trials) => array(x, 'float32', [steps, batch, inputs]);

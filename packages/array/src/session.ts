/**
 * Runs ONNX models on ONNX Runtime: the native one when it is installed, else its WebAssembly build.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import { FletchError } from '@fletch/base';
import type * as Runtime from 'onnxruntime-common';
import { type ElementType, elementTypeOf, elementTypes, type TensorData } from './onnx/elements.js';
import { checkSelfContained } from './onnx/self-contained.js';

/** A tensor given to or returned by a session: `data` in row-major order. */
export interface TensorValue {
  readonly data: TensorData;
  readonly dims: readonly number[];
  /** Default: what the typed array holds; needed only for `bool`, which is kept in a `Uint8Array`. */
  readonly type?: ElementType;
}

/** A tensor as the runtime takes it. */
export type RuntimeTensor = Runtime.Tensor;

/** Which build of ONNX Runtime runs the model. */
export type RuntimeName = 'native' | 'wasm';

export interface SessionOptions {
  /** Threads within one operator. Default: as many as there are cores. */
  readonly threads?: number;
  /**
   * Whether idle threads spin while they wait for the next operator. Faster on an idle machine, but it takes
   * the cores from everything else. Default: false.
   */
  readonly spinning?: boolean;
  /** Default: `native` when `onnxruntime-node` is installed, else `wasm`. */
  readonly runtime?: RuntimeName;
}

type RuntimeModule = Pick<typeof Runtime, 'InferenceSession' | 'Tensor' | 'env'>;

/** A loaded model, ready to run. */
export class Session {
  readonly runtime: RuntimeName;
  readonly #module: RuntimeModule;
  readonly #session: Runtime.InferenceSession;
  #closed = false;

  private constructor(runtime: RuntimeName, module: RuntimeModule, session: Runtime.InferenceSession) {
    this.runtime = runtime;
    this.#module = module;
    this.#session = session;
  }

  /**
   * Loads a model from its bytes. Never from a path: a model could then name other files to be read.
   *
   * @throws FletchError `INVALID_ARGUMENT` when a tensor's values are in another file, or ONNX Runtime refuses
   *   the model; `UNAVAILABLE` when the
   *   runtime that was asked for is not installed
   */
  static async load(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
    checkSelfContained(model);
    const { name, module } = await loadRuntime(options.runtime);
    const threads = options.threads ?? availableParallelism();
    if (name === 'wasm') module.env.wasm.numThreads = threads;
    try {
      const session = await module.InferenceSession.create(model, {
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionProviders: [name === 'native' ? 'cpu' : 'wasm'],
        logSeverityLevel: 4,
        extra: { session: { intra_op: { allow_spinning: options.spinning ? '1' : '0' } } },
      });
      return new Session(name, module, session);
    } catch (cause) {
      throw new FletchError('INVALID_ARGUMENT', `ONNX Runtime cannot run this model: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  /** Names of the inputs, in the model's order. */
  get inputs(): readonly string[] {
    return this.#session.inputNames;
  }

  /** Names of the outputs, in the model's order. */
  get outputs(): readonly string[] {
    return this.#session.outputNames;
  }

  /**
   * Runs the model once.
   *
   * @param feeds - one tensor for each input
   * @returns one tensor for each output; their data belong to the caller
   * @throws FletchError `INVALID_ARGUMENT` when a tensor is missing or does not fit, `CLOSED` after `close`
   */
  async run(feeds: Readonly<Record<string, TensorValue>>): Promise<Record<string, TensorValue>> {
    if (this.#closed) throw new FletchError('CLOSED', 'The session is closed: load the model again.');
    try {
      const given = Object.entries(feeds).map(([name, value]) => [name, this.#tensor(value)]);
      const results = await this.#session.run(Object.fromEntries(given));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [
          name,
          { data: tensor.data as TensorData, dims: tensor.dims, type: tensor.type as ElementType },
        ]),
      );
    } catch (cause) {
      throw new FletchError('INVALID_ARGUMENT', `The model did not run: ${messageOf(cause)}`, { cause });
    }
  }

  /** A tensor of the runtime over `data`, which is shared: what changes there is seen by later runs. */
  tensor(type: ElementType, data: TensorData, dims: readonly number[]): RuntimeTensor {
    return new this.#module.Tensor(type, data as never, dims);
  }

  /**
   * Runs the model on tensors made by {@link tensor}, without checks of its own.
   *
   * @param fetches - one entry per wanted output: a tensor into whose memory the result is written, or `null`
   * @returns the outputs for which no tensor was given
   */
  async runTensors(
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches: Readonly<Record<string, RuntimeTensor | null>>,
  ): Promise<Readonly<Record<string, RuntimeTensor>>> {
    if (this.#closed) throw new FletchError('CLOSED', 'The session is closed: load the model again.');
    return await this.#session.run(feeds, fetches);
  }

  #tensor(value: TensorValue): Runtime.Tensor {
    const type = value.type ?? elementTypeOf(value.data);
    if (elementTypes[type] === undefined) throw new TypeError(`Unknown element type "${type}".`);
    return new this.#module.Tensor(type, value.data as never, value.dims);
  }

  /** Frees the model. Calling it twice does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#session.release();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const importers: Record<RuntimeName, () => Promise<RuntimeModule>> = {
  native: async () => {
    // Since 1.30 it keeps usage data in the user's cache folder and sends it to its maker, unless it is told not
    // to before it is loaded. (A worker thread's environment is a copy that native code does not see.)
    process.env.ORT_DISABLE_TELEMETRY ??= '1';
    return await import('onnxruntime-node');
  },
  wasm: async () => await import('onnxruntime-web'),
};

async function loadRuntime(wanted?: RuntimeName): Promise<{ name: RuntimeName; module: RuntimeModule }> {
  for (const name of wanted ? [wanted] : (['native', 'wasm'] as const)) {
    try {
      return { name, module: await importers[name]() };
    } catch (cause) {
      // Not installed, or its binary does not fit this machine: the next one may.
      if (name === wanted || name === 'wasm')
        throw new FletchError(
          'UNAVAILABLE',
          `ONNX Runtime (${name}) does not load: install onnxruntime-node, or onnxruntime-web. ${messageOf(cause)}`,
          { cause },
        );
    }
  }
  throw new FletchError('UNAVAILABLE', 'No ONNX Runtime is installed: install onnxruntime-node.');
}

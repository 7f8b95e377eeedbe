/**
 * One traced and compiled form of a function, ready to run.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import { FletchError } from '@fletch/base';
import { dtypes } from '../core/dtype.js';
import { fromNumbers, NDArray } from '../core/ndarray.js';
import { show, sizeOf } from '../core/shape.js';
import { constant, constantOf, input, Tensor, type TensorType } from '../core/tensor.js';
import { tree } from '../core/tree.js';
import { operations } from '../operations/table.js';
import { type RuntimeName, type RuntimeTensor, Session } from '../session.js';
import { blockRows, blockSizes } from '../transform/blocks.js';
import { nodesOf } from '../transform/graph.js';
import { interpret, toArray, toReference } from '../transform/interpret.js';
import { simplify } from '../transform/simplify.js';
import type { CompileOptions } from './compile.js';
import { bytesOf, emitModel } from './emit.js';
import { build, type Skeleton } from './signature.js';

/** A traced function: placeholders in, simplified tensors out. */
export interface Trace {
  readonly placeholders: readonly Tensor[];
  /** Dotted name of each placeholder; the first part is the number of the argument. */
  readonly paths: readonly string[];
  /** The tree that the function returned. */
  readonly result: unknown;
  /** Its leaves, simplified; whatever is no tensor is kept. */
  readonly leaves: readonly unknown[];
}

/** Runs `fn` on placeholders of the kind that `skeleton` describes. */
export function trace(fn: (...args: never[]) => unknown, skeleton: Skeleton): Trace {
  const placeholders: Tensor[] = [];
  const paths: string[] = [];
  const args = build(skeleton, ({ shape, dtype, path }) => {
    const placeholder = input(shape, dtype);
    placeholders.push(placeholder);
    paths.push(path);
    return placeholder;
  });
  const result = fn(...(args as never[]));
  if (result instanceof Promise)
    throw new FletchError(
      'INVALID_ARGUMENT',
      'A traced function must not be async: it runs once, on placeholders.',
    );
  const raw = tree.leaves<unknown>(result).map((leaf) => (leaf instanceof NDArray ? constant(leaf) : leaf));
  const simplified = simplify(raw.filter((leaf) => leaf instanceof Tensor));
  let next = 0;
  const leaves = raw.map((leaf) => (leaf instanceof Tensor ? simplified[next++]! : leaf));
  const own = new Set(placeholders);
  for (const { operation, outputs } of nodesOf(simplified))
    if (operation.name === 'input' && !own.has(outputs[0]!))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${String(outputs[0])} belongs to another traced function: pass it as an argument.`,
      );
  return { placeholders, paths, result, leaves };
}

/** The tensors of the runtime over our arrays, made once per array. */
const wrapped: Record<RuntimeName, WeakMap<NDArray, RuntimeTensor>> = {
  native: new WeakMap(),
  wasm: new WeakMap(),
};

/** How a leaf of the result is had. */
type Leaf =
  | { readonly kind: 'given'; readonly value: unknown }
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'computed'; readonly index: number };

/** A placeholder that the model takes. */
interface Used {
  readonly name: string;
  readonly leaf: number;
  readonly type: Tensor;
}

/** One compiled trace. */
export class Plan {
  readonly runtime: RuntimeName | 'interpreter';
  readonly #name: string;
  readonly #session: Session | undefined;
  readonly #trace: Trace;
  readonly #leaves: readonly Leaf[];
  /** Distinct computed tensors, their names in the model, and free memory for them. */
  readonly #outputs: readonly Tensor[];
  readonly #outputNames: readonly string[];
  readonly #used: readonly Used[];
  readonly #donated: readonly number[];
  readonly #pool = new Map<string, NDArray[]>();

  private constructor(
    name: string,
    made: Trace,
    session: Session | undefined,
    names: {
      readonly used: readonly Used[];
      readonly outputs: readonly Tensor[];
      readonly outputNames: readonly string[];
    },
    donate: readonly number[],
  ) {
    this.#name = name;
    this.#trace = made;
    this.#session = session;
    this.runtime = session?.runtime ?? 'interpreter';
    this.#outputs = names.outputs;
    this.#outputNames = names.outputNames;
    this.#used = names.used;
    this.#leaves = made.leaves.map((leaf): Leaf => {
      if (!(leaf instanceof Tensor)) return { kind: 'given', value: leaf };
      const fixed = constantOf(leaf);
      if (fixed !== undefined) return { kind: 'given', value: fixed };
      const argument = made.placeholders.indexOf(leaf);
      if (argument >= 0) return { kind: 'argument', index: argument };
      return { kind: 'computed', index: names.outputs.indexOf(leaf) };
    });
    const kept = new Set(this.#leaves.flatMap((leaf) => (leaf.kind === 'argument' ? [leaf.index] : [])));
    this.#donated = made.paths.flatMap((path, i) =>
      donate.includes(Number(path.split('.')[0])) && !kept.has(i) ? [i] : [],
    );
  }

  static async make(
    name: string,
    fn: (...args: never[]) => unknown,
    skeleton: Skeleton,
    options: CompileOptions,
  ): Promise<Plan> {
    const made = trace(fn, skeleton);
    const tensors = made.leaves.filter((leaf): leaf is Tensor => leaf instanceof Tensor);
    const outputs = [...new Set(tensors)].filter(
      (tensor) => constantOf(tensor) === undefined && !made.placeholders.includes(tensor),
    );
    const donate = options.donate ?? [];
    const nodes = nodesOf(outputs);
    const lacking = nodes.some(({ operation, inputs, outputs }) =>
      [...inputs, ...outputs].some(({ dtype }) => operation.interpreted?.includes(dtype)),
    );
    if (options.runtime === 'interpreter' || lacking || outputs.length === 0)
      return new Plan(name, made, undefined, { used: [], outputs, outputNames: [] }, donate);
    const reached = new Set(nodes.flatMap((node) => node.outputs));
    const used = made.placeholders.flatMap((type, leaf) =>
      reached.has(type) ? [{ name: `x${leaf}`, leaf, type }] : [],
    );
    const model = emitModel(
      used.map(({ type }) => type),
      blockRows(outputs, blockSizes(options.threads ?? availableParallelism())),
      { name, inputNames: used.map((entry) => entry.name) },
    );
    const { runtime, ...rest } = options;
    try {
      const session = await Session.load(model.bytes, {
        ...rest,
        ...(runtime === undefined ? {} : { runtime }),
      });
      return new Plan(name, made, session, { used, outputs, outputNames: model.outputs }, donate);
    } catch (cause) {
      throw runtimeError(name, cause, outputs);
    }
  }

  /** Runs on the arguments' leaves, in the order of the skeleton. */
  async run(leaves: readonly (NDArray | number)[]): Promise<unknown> {
    const computed =
      this.#session === undefined ? this.#interpret(leaves) : await this.#execute(this.#session, leaves);
    const result = this.#leaves.map((leaf) => {
      if (leaf.kind === 'given') return leaf.value;
      if (leaf.kind === 'computed') return computed[leaf.index];
      const argument = leaves[leaf.index]!;
      return typeof argument === 'number' ? scalarArray(argument) : argument;
    });
    return tree.fill(this.#trace.result, result);
  }

  #interpret(leaves: readonly (NDArray | number)[]): NDArray[] {
    const bound = new Map(
      this.#trace.placeholders.map((placeholder, i) => {
        const leaf = leaves[i]!;
        return [placeholder, toReference(typeof leaf === 'number' ? scalarArray(leaf) : leaf)] as const;
      }),
    );
    return interpret(this.#outputs, bound).map(toArray);
  }

  async #execute(session: Session, leaves: readonly (NDArray | number)[]): Promise<NDArray[]> {
    const feeds: Record<string, RuntimeTensor> = {};
    for (const { name, leaf } of this.#used) {
      const given = leaves[leaf]!;
      feeds[name] = this.#wrap(session, typeof given === 'number' ? scalarArray(given) : given);
    }
    const fetches: Record<string, RuntimeTensor | null> = {};
    // The WebAssembly runtime has a memory of its own: it cannot write into ours.
    const targets = session.runtime === 'native' ? this.#outputs.map((type) => this.#take(type)) : undefined;
    for (const [i, name] of this.#outputNames.entries())
      fetches[name] = targets === undefined ? null : this.#wrap(session, targets[i]!);
    let made: Readonly<Record<string, RuntimeTensor>>;
    try {
      made = await session.runTensors(feeds, fetches);
    } catch (cause) {
      throw runtimeError(this.#name, cause, this.#outputs);
    }
    for (const index of this.#donated) {
      const leaf = leaves[index]!;
      if (typeof leaf !== 'number') this.#give(session, leaf);
    }
    return (
      targets ??
      this.#outputs.map(
        ({ shape, dtype }, i) => new NDArray(made[this.#outputNames[i]!]!.data as never, shape, dtype),
      )
    );
  }

  #wrap(session: Session, array: NDArray): RuntimeTensor {
    const cache = wrapped[session.runtime];
    let tensor = cache.get(array);
    if (tensor === undefined) {
      tensor = session.tensor(array.dtype, array.data, array.shape);
      cache.set(array, tensor);
    }
    return tensor;
  }

  /** Memory for one output: that of a donated array, or fresh. */
  #take(type: Tensor): NDArray {
    const free = this.#pool.get(poolKey(type))?.pop();
    if (free !== undefined) return free;
    try {
      return new NDArray(dtypes[type.dtype].allocate(sizeOf(type.shape)), type.shape, type.dtype);
    } catch (cause) {
      throw new FletchError(
        'OUT_OF_MEMORY',
        `${this.#name}: no memory for a result of ${bytesOf(type)} bytes (${type.dtype}${show(type.shape)}).`,
        { cause },
      );
    }
  }

  #give(session: Session, array: NDArray): void {
    const key = poolKey(array);
    const tensor = wrapped[session.runtime].get(array);
    const successor = new NDArray(array.donate(this.#name), array.shape, array.dtype);
    if (tensor !== undefined) wrapped[session.runtime].set(successor, tensor);
    const free = this.#pool.get(key);
    if (free) free.push(successor);
    else this.#pool.set(key, [successor]);
  }

  async close(): Promise<void> {
    this.#pool.clear();
    await this.#session?.close();
  }
}

function scalarArray(value: number): NDArray {
  return fromNumbers([value], [], 'float32');
}

function poolKey({ dtype, shape }: TensorType): string {
  return `${dtype} ${shape.join(',')}`;
}

/** What the runtime said, with the names of our operations and the size of memory it asked for. */
function runtimeError(name: string, cause: unknown, outputs: readonly Tensor[]): FletchError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const size = /requested buffer of size (\d+)/.exec(message)?.[1];
  if (size !== undefined || /bad_alloc|out of memory/i.test(message))
    return new FletchError(
      'OUT_OF_MEMORY',
      `${name}: the runtime had no memory${size === undefined ? '' : ` for ${size} bytes`}. Use smaller batches.`,
      { cause, details: { bytes: size === undefined ? undefined : Number(size) } },
    );
  const operation = /\b([a-zA-Z]+)_[A-Z][A-Za-z]*(?:_\d+)?\b/
    .exec(message)
    ?.slice(1)
    .find((found) => Object.hasOwn(operations, found));
  const node = operation && nodesOf(outputs).find((candidate) => candidate.operation.name === operation);
  const shapes = node
    ? ` on ${node.inputs.map((given) => `${given.dtype}${show(given.shape)}`).join(', ')}`
    : '';
  return new FletchError(
    'INVALID_ARGUMENT',
    `${name}: ONNX Runtime refuses ${operation === undefined ? 'the graph' : `the operation ${operation}${shapes}`}: ${message}`,
    { cause, details: operation === undefined ? {} : { operation } },
  );
}

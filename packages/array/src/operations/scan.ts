/**
 * Loops with a carried state.
 *
 * @module
 */
import { isFloating } from '../core/dtype.js';
import { arange } from '../core/ndarray.js';
import type { Attributes, Operation, Reference } from '../core/operation.js';
import { sizeOf } from '../core/shape.js';
import {
  apply,
  applyAll,
  callError,
  constantOf,
  input,
  type Tensor,
  type TensorType,
  tensor,
  type Value,
} from '../core/tensor.js';
import { type Mapped, tree } from '../core/tree.js';
import { backward } from '../transform/gradient.js';
import { nodesOf, substitute } from '../transform/graph.js';
import { interpret } from '../transform/interpret.js';
import { add } from './binary.js';
import { zerosLike } from './slice.js';
import { structureOperations } from './structure.js';

/** One step: a graph of its own. Parameters: carried values, captured values, slices. */
export interface ScanBody {
  readonly parameters: readonly Tensor[];
  /** The next carried values, then what the step puts out. */
  readonly results: readonly Tensor[];
}

interface ScanAttributes extends Attributes {
  readonly body: ScanBody;
  /** Numbers of carried and of captured values; the other inputs are sliced along their first axis. */
  readonly carried: number;
  readonly captured: number;
  readonly length: number;
  /** From the last slice to the first; outputs keep the order of the slices. */
  readonly reverse: boolean;
}

/** The part of a stacked value that belongs to one step. */
function sliceOf({ values, shape, dtype }: Reference, step: number): Reference {
  const size = sizeOf(shape.slice(1));
  return { shape: shape.slice(1), dtype, values: values.subarray(step * size, (step + 1) * size) };
}

function stacked(types: readonly Tensor[], length: number): TensorType[] {
  return types.map(({ shape, dtype }) => ({ shape: [length, ...shape], dtype }));
}

/**
 * The outputs are the last carried values, the stacked outputs of the steps, and the carried values before each
 * step, stacked, which gradients need. The lowering writes only those that are used.
 */
const scanOperation: Operation<ScanAttributes> = {
  name: 'scan',
  summary: 'a function applied step after step to a carried state and to slices of tensors',
  derivative: 'a loop in the other direction',
  infer: (_, { body, carried, length }) => [
    ...body.results.slice(0, carried),
    ...stacked(body.results.slice(carried), length),
    ...stacked(body.parameters.slice(0, carried), length),
  ],
  gradient: (cotangents, node) => scanGradient(cotangents, node.inputs, node.outputs, node.attributes),
  lower: (emitter, names, { inputs, outputs, attributes: { body, carried, captured, reverse } }) => {
    const history = body.parameters.slice(0, carried);
    const all = [...body.results, ...history];
    const kept = all.map((_, i) => i < carried || emitter.isUsed(outputs[i]!));
    const results = all.filter((_, i) => kept[i]);
    const outside = body.parameters.slice(carried, carried + captured);
    const slices = inputs.length - carried - captured;
    const made = emitter.nodes(
      'Scan',
      [...names.slice(0, carried), ...names.slice(carried + captured)],
      results.length,
      {
        body: emitter.body(
          [...history, ...body.parameters.slice(carried + captured)],
          results,
          new Map(outside.map((parameter, i) => [parameter, names[carried + i]!])),
        ),
        num_scan_inputs: slices,
        scan_input_directions: Array(slices).fill(Number(reverse)),
        scan_output_directions: Array(results.length - carried).fill(Number(reverse)),
      },
    );
    let next = 0;
    return all.map((_, i) => (kept[i] ? made[next++]! : ''));
  },
  evaluate: (inputs, { outputs, attributes: { body, carried, captured, length, reverse } }) => {
    let state = inputs.slice(0, carried);
    const fixed = inputs.slice(carried, carried + captured);
    const slices = inputs.slice(carried + captured);
    const stacks = outputs.slice(carried).map(({ shape }) => new Float64Array(sizeOf(shape)));
    for (let i = 0; i < length; i++) {
      const step = reverse ? length - 1 - i : i;
      const given = [...state, ...fixed, ...slices.map((slice) => sliceOf(slice, step))];
      const bound = new Map(body.parameters.map((parameter, k) => [parameter, given[k]!]));
      const made = [...interpret(body.results, bound), ...state];
      for (const [k, stack] of stacks.entries()) {
        const { values } = made[carried + k]!;
        stack.set(values, step * values.length);
      }
      state = made.slice(0, carried);
    }
    return [...state.map(({ values }) => values), ...stacks];
  },
};

/** The entries of this file. */
export const scanOperations = { scan: scanOperation };

/** Walks the steps backwards, computing each again from its saved state, and pulls the cotangents through. */
function scanGradient(
  cotangents: readonly (Tensor | undefined)[],
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  { body, carried, captured, length, reverse }: ScanAttributes,
): (Tensor | undefined)[] {
  const floating = (list: readonly Tensor[]) => list.map(({ dtype }) => isFloating(dtype));
  const captures = inputs.slice(carried, carried + captured);
  const slices = inputs.slice(carried + captured);
  const history = outputs.slice(body.results.length);
  const all = [...body.results, ...body.parameters.slice(0, carried)];
  const given = all.map((_, i) => cotangents[i]);
  const pick = <T>(list: readonly T[], mask: readonly boolean[]) => list.filter((_, i) => mask[i]);
  const [carryMask, captureMask, sliceMask] = [
    floating(body.results.slice(0, carried)),
    floating(captures),
    floating(slices),
  ];
  const orZero = (g: Tensor | undefined, like: Tensor) => g ?? zerosLike(like);

  const start = {
    carry: pick(
      body.results.slice(0, carried).map((_, i) => orZero(given[i], outputs[i]!)),
      carryMask,
    ),
    captures: pick(captures.map(zerosLike), captureMask),
  };
  const stackedCotangents = given.slice(carried).flatMap((g) => (g === undefined ? [] : [g]));
  const [total, sliceGradients] = scan(
    (state, step) => {
      const fresh = [...step.history, ...captures, ...step.slices].map((value) =>
        apply(structureOperations.identity, [value], {}),
      );
      const results = substitute(all, new Map(body.parameters.map((parameter, i) => [parameter, fresh[i]!])));
      let nextCarry = 0;
      let nextStacked = 0;
      const own = results.map((_, i) => {
        if (i < carried) return carryMask[i] ? state.carry[nextCarry++] : undefined;
        return given[i] === undefined ? undefined : step.cotangents[nextStacked++];
      });
      const masks = [...carryMask, ...captureMask, ...sliceMask];
      const found = backward(results, own, fresh).map((g, i) =>
        masks[i] ? orZero(g, fresh[i]!) : undefined,
      );
      const of = (from: number, to?: number) => found.slice(from, to).filter((g) => g !== undefined);
      const added = of(carried, carried + captured);
      return [
        { carry: of(0, carried), captures: state.captures.map((sum, i) => add(sum, added[i]!)) },
        of(carried + captured),
      ];
    },
    start,
    { history, slices, cotangents: stackedCotangents },
    { reverse: !reverse, length },
  );
  const spread = (list: readonly Tensor[], mask: readonly boolean[]) => {
    let next = 0;
    return mask.map((float) => (float ? list[next++] : undefined));
  };
  return [
    ...spread(total.carry, carryMask),
    ...spread(total.captures, captureMask),
    ...spread(sliceGradients, sliceMask),
  ];
}

/** What a loop's body uses but does not get as a parameter: computed outside, once. */
function capturesOf(results: readonly Tensor[], parameters: readonly Tensor[]): Tensor[] {
  const own = new Set(parameters);
  const dependent = new Set<Tensor>(parameters);
  const nodes = nodesOf(results, (tensor) => own.has(tensor));
  for (const node of nodes)
    if (node.inputs.some((given) => dependent.has(given)))
      for (const output of node.outputs) dependent.add(output);
  const captured = new Set<Tensor>();
  const take = (given: Tensor) => {
    if (!dependent.has(given) && constantOf(given) === undefined) captured.add(given);
  };
  for (const node of nodes) if (dependent.has(node.outputs[0]!)) node.inputs.forEach(take);
  results.forEach(take);
  return [...captured];
}

/** How a loop runs. */
export interface ScanOptions {
  /** Number of steps. Default: the length of the slices' first axis. */
  readonly length?: number;
  /** Start at the last slice. Outputs keep the slices' order. Default false. */
  readonly reverse?: boolean;
}

/**
 * A loop: `f` takes the carried state and one slice and gives the next state and an output; the outputs are
 * stacked.
 *
 * @param f - takes trees like `init` and like the slices of `xs`, returns `[state, output]`
 * @param init - the state before the first step: a tree of tensors or arrays
 * @param xs - a tree of tensors that are sliced along their first axis; may be empty (`{}`) when `length` is given
 * @returns `[last state, stacked outputs]`
 * @throws FletchError `DIMENSION_MISMATCH` when a step changes the state's shapes or the slices' lengths differ
 * @example
 * ```ts
 * const [total, sums] = scan((sum, x) => [add(sum, x), add(sum, x)], scalar(0), tensor(array([1, 2, 3])));
 * ```
 */
export function scan<State, Slices, Output>(
  f: (state: Mapped<State, Tensor>, slice: Mapped<Slices, Tensor>) => [unknown, Output],
  init: State,
  xs: Slices,
  options: ScanOptions = {},
): [Mapped<State, Tensor>, Mapped<Output, Tensor>] {
  const start = tree.leaves<Value>(init).map((leaf) => tensor(leaf));
  const sliced = tree.leaves<Value>(xs).map((leaf) => tensor(leaf));
  const length = options.length ?? sliced[0]?.shape[0];
  if (length === undefined || sliced.some(({ shape }) => shape[0] !== length))
    throw callError(
      'scan',
      `the slices must share their first length and it must be known; given ${sliced.map(String).join(', ') || 'no slices'}`,
      'DIMENSION_MISMATCH',
    );
  const state = start.map(({ shape, dtype }) => input(shape, dtype));
  const slices = sliced.map(({ shape, dtype }) => input(shape.slice(1), dtype));
  const [next, output] = f(
    tree.fill(init, state) as Mapped<State, Tensor>,
    tree.fill(xs, slices) as Mapped<Slices, Tensor>,
  );
  const nextState = tree.leaves<Value>(next).map((leaf) => tensor(leaf));
  for (const [i, before] of start.entries())
    if (String(nextState[i]) !== String(before) || nextState.length !== start.length)
      throw callError(
        'scan',
        `a step turns the state's part ${i} from ${String(before)} into ${String(nextState[i])}; it must stay the same`,
        'DIMENSION_MISMATCH',
      );
  const outputs = tree.leaves<Value>(output).map((leaf) => tensor(leaf));
  if (slices.length === 0) {
    // A loop of the runtime counts slices: these are only counted.
    sliced.push(tensor(arange(length)));
    slices.push(input([], 'int32'));
  }
  const results = [...nextState, ...outputs];
  const captures = capturesOf(results, [...state, ...slices]);
  const inner = captures.map(({ shape, dtype }) => input(shape, dtype));
  const body: ScanBody = {
    parameters: [...state, ...inner, ...slices],
    results: substitute(results, new Map(captures.map((outer, i) => [outer, inner[i]!]))),
  };
  const made = applyAll(scanOperations.scan, [...start, ...captures, ...sliced], {
    body,
    carried: start.length,
    captured: captures.length,
    length,
    reverse: options.reverse ?? false,
  });
  return [
    tree.fill(init, made.slice(0, start.length)) as Mapped<State, Tensor>,
    tree.fill(output, made.slice(start.length)) as Mapped<Output, Tensor>,
  ];
}

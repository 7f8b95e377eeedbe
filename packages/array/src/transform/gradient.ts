/**
 * Reverse-mode differentiation: a graph that computes gradients of another graph.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { isFloating } from '../core/dtype.js';
import { sameShape, show } from '../core/shape.js';
import { apply, callError, scalar, Tensor, tensor } from '../core/tensor.js';
import { type Mapped, tree } from '../core/tree.js';
import { add } from '../operations/binary.js';
import { concat, zerosLike } from '../operations/slice.js';
import { structureOperations } from '../operations/structure.js';
import { nodesOf } from './graph.js';

/**
 * Cotangents of `sources` from those of `outputs`; `undefined` where an output does not depend on a source.
 */
export function backward(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  sources: readonly Tensor[],
): (Tensor | undefined)[] {
  const stop = new Set(sources);
  const nodes = nodesOf(outputs, (tensor) => stop.has(tensor));
  // Only what depends on a source carries a cotangent.
  const active = new Set<Tensor>(sources);
  for (const node of nodes)
    if (node.inputs.some((input) => active.has(input)))
      for (const output of node.outputs) if (isFloating(output.dtype)) active.add(output);

  const gathered = new Map<Tensor, Tensor[]>();
  const give = (target: Tensor, cotangent: Tensor | undefined) => {
    if (cotangent === undefined || !active.has(target)) return;
    const list = gathered.get(target);
    if (list) list.push(cotangent);
    else gathered.set(target, [cotangent]);
  };
  const total = (target: Tensor) => {
    const list = gathered.get(target);
    return list && (joined(list) ?? list.reduce((a, b) => add(a, b)));
  };
  for (const [i, output] of outputs.entries()) give(output, cotangents[i]);
  for (const node of nodes.reverse()) {
    const own = node.outputs.map((output) => (stop.has(output) ? undefined : total(output)));
    if (own.every((cotangent) => cotangent === undefined)) continue;
    const inputs = node.operation.gradient(own, node);
    for (const [i, input] of node.inputs.entries()) give(input, inputs[i]);
  }
  return sources.map(total);
}

/** Cotangents of parts that were cut off along one axis and together are the whole: put side by side, not added. */
function joined(cotangents: readonly Tensor[]): Tensor | undefined {
  const isPart = ({ node }: Tensor) =>
    node.operation.name === 'pad' && (node.attributes as unknown as { value: number }).value === 0;
  if (cotangents.length < 2 || !cotangents.every(isPart)) return undefined;
  const whole = cotangents[0]!.shape;
  const parts = cotangents.map(({ node }) => ({
    tensor: node.inputs[0]!,
    before: (node.attributes as unknown as { before: readonly number[] }).before,
  }));
  const axes = whole.flatMap((length, axis) =>
    parts.some(({ tensor }) => tensor.shape[axis] !== length) ? [axis] : [],
  );
  if (axes.length !== 1) return undefined;
  const axis = axes[0]!;
  parts.sort((a, b) => a.before[axis]! - b.before[axis]!);
  let end = 0;
  for (const { tensor, before } of parts) {
    if (before[axis] !== end) return undefined;
    end += tensor.shape[axis]!;
  }
  return end === whole[axis]
    ? concat(
        parts.map(({ tensor }) => tensor),
        axis,
      )
    : undefined;
}

/** How gradients are taken. */
export interface GradOptions {
  /** Which argument is differentiated. Default 0. */
  readonly argument?: number;
  /** What a parameter that the loss does not use gets: an error that names it, or zeros. Default `error`. */
  readonly unused?: 'error' | 'zeros';
}

/** A fresh tensor for each leaf, so that only what happens inside the function is differentiated. */
function boundary(name: string, params: unknown): unknown {
  return tree.map((leaf: unknown, path) => {
    if (leaf === undefined)
      throw callError(name, `the parameter "${path}" is undefined: is it missing from the tree?`);
    const given = tensor(leaf as Tensor);
    if (!isFloating(given.dtype))
      throw callError(
        name,
        `the parameter "${path || 'value'}" is ${given.dtype}: gradients exist for floating-point types only. ` +
          'Pass it as another argument',
      );
    return apply(structureOperations.identity, [given], {});
  }, params);
}

function differentiate(
  name: string,
  f: (...args: never[]) => unknown,
  args: readonly unknown[],
  options: GradOptions,
): { value: unknown; gradients: unknown } {
  const at = options.argument ?? 0;
  const params = boundary(name, args[at]);
  const value = f(...(args.with(at, params) as never[]));
  const loss: unknown = Array.isArray(value) ? value[0] : value;
  if (!(loss instanceof Tensor) || loss.size !== 1 || !isFloating(loss.dtype))
    throw callError(
      name,
      `the function must return one floating-point number (or a list that starts with it), not ${loss instanceof Tensor ? String(loss) : typeof loss}`,
      'DIMENSION_MISMATCH',
    );
  const leaves = tree.leaves<Tensor>(params);
  const seed = loss.rank === 0 ? scalar(1, loss.dtype) : add(zerosLike(loss), 1);
  const found = backward([loss], [seed], leaves);
  const names = Object.keys(tree.flatten(params));
  const unused = names.filter((_, i) => found[i] === undefined);
  if (unused.length > 0 && options.unused !== 'zeros')
    throw callError(
      name,
      `the result does not depend on ${unused.map((path) => `"${path || 'the argument'}"`).join(', ')}. ` +
        "Remove what is not used, or pass { unused: 'zeros' }",
    );
  return {
    value,
    gradients: tree.fill(
      params,
      found.map((g, i) => g ?? zerosLike(leaves[i]!)),
    ),
  };
}

/** The arguments of `f`, where arrays and numbers may stand for tensors. */
export type Arguments<F> = F extends (...args: infer A) => unknown ? A : never;

/**
 * The gradient of a function that returns one number, as a function of the same arguments.
 *
 * @returns a function giving a tree shaped like the differentiated argument
 * @throws FletchError `DIMENSION_MISMATCH` when `f` does not return one number, `INVALID_ARGUMENT` for integer,
 *   missing or unused parameters
 */
export function grad<P, Rest extends unknown[]>(
  f: (params: P, ...rest: Rest) => Tensor,
  options: GradOptions = {},
): (params: P, ...rest: Rest) => Mapped<P, Tensor> {
  return (...args) => differentiate('grad', f, args, options).gradients as Mapped<P, Tensor>;
}

/**
 * Like {@link grad}, but gives `[value, gradient]`. The function may return a list whose first item is the
 * number to be differentiated; `value` is whatever it returned.
 */
export function valueAndGrad<
  P,
  Rest extends unknown[],
  Value extends Tensor | readonly [Tensor, ...unknown[]],
>(
  f: (params: P, ...rest: Rest) => Value,
  options: GradOptions = {},
): (params: P, ...rest: Rest) => [Value, Mapped<P, Tensor>] {
  return (...args) => {
    const { value, gradients } = differentiate('valueAndGrad', f, args, options);
    return [value as Value, gradients as Mapped<P, Tensor>];
  };
}

/**
 * The value of `f` and a function that pulls a cotangent of its outputs back to its arguments.
 *
 * @param f - returns a tree of tensors
 * @param args - trees of floating-point tensors
 * @returns the value, and `pull(cotangents)`: one tree per argument; zeros where nothing flows
 */
export function vjp<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
  ...args: Args
): [Result, (cotangents: Mapped<Result, Tensor>) => Mapped<Args, Tensor>] {
  const fresh = boundary('vjp', args) as Args;
  const value = f(...fresh);
  const leaves = tree.leaves<Tensor>(fresh);
  return [
    value,
    (cotangents) => {
      const outputs = tree.leaves<Tensor>(value);
      const given = tree.leaves<Tensor>(cotangents);
      for (const [i, output] of outputs.entries()) {
        const own = given[i];
        if (!(own instanceof Tensor) || !sameShape(own.shape, output.shape))
          throw new FletchError(
            'DIMENSION_MISMATCH',
            `vjp: the cotangent of output ${i} is ${String(own)}, the output has shape ${show(output.shape)}.`,
          );
      }
      const found = backward(outputs, given, leaves);
      return tree.fill(
        fresh,
        found.map((g, i) => g ?? zerosLike(leaves[i]!)),
      ) as Mapped<Args, Tensor>;
    },
  ];
}

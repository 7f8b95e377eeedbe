/**
 * Optimizers: SGD, Adam, AdamW, LARS; parameter groups.
 *
 * @module
 */
import { callError, scalar, type Tensor, tensor } from '../core/tensor.js';
import { type Mapped, tree } from '../core/tree.js';
import { add, and, div, greater, mul, pow, sub, where } from '../operations/binary.js';
import { cast } from '../operations/cast.js';
import { sum } from '../operations/reduce.js';
import { sqrt } from '../operations/unary.js';
import {
  countFrom,
  nextStep,
  type Optimizer,
  type OptimizerState,
  partOf,
  rateAt,
  type Schedule,
  updateEach,
  zerosFor,
} from './optimizer.js';

/** Options of {@link sgd}. */
export interface SgdOptions {
  readonly learningRate: Schedule;
  /** Share of the former velocity that is kept. Default 0. */
  readonly momentum?: number;
  /** Looks ahead along the velocity. Default false. */
  readonly nesterov?: boolean;
  /** Added to the gradient as `weightDecay · parameter`. Default 0. */
  readonly weightDecay?: number;
}

/** Stochastic gradient descent: `v ← momentum · v + g`, `p ← p − rate · v` (Nesterov: `p − rate · (g + momentum · v)`). */
export function sgd(options: SgdOptions): Optimizer {
  const { learningRate, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  if (nesterov && momentum === 0) throw callError('sgd', 'Nesterov looks ahead along a momentum: give one');
  return {
    init: (params) => ({ step: countFrom(0), ...(momentum === 0 ? {} : { velocity: zerosFor(params) }) }),
    update: (params, gradients, state) => {
      const step = partOf<Tensor>(state, 'step', 'sgd');
      const decayed = (p: Tensor, g: Tensor) => (weightDecay === 0 ? g : add(g, mul(p, weightDecay)));
      if (momentum === 0) {
        const [next] = updateEach(params, [gradients], (p, g) => [
          sub(p, mul(decayed(p, g!), rateAt(learningRate, step, p))),
        ]);
        return [next!, { step: nextStep(step) }];
      }
      const [next, velocity] = updateEach(
        params,
        [gradients, partOf(state, 'velocity', 'sgd')],
        (p, g, v) => {
          const own = decayed(p, g!);
          const speed = add(mul(v!, momentum), own);
          const move = nesterov ? add(own, mul(speed, momentum)) : speed;
          return [sub(p, mul(move, rateAt(learningRate, step, p))), speed];
        },
      );
      return [next!, { step: nextStep(step), velocity }];
    },
  };
}

/** Options of {@link adam} and {@link adamw}. */
export interface AdamOptions {
  readonly learningRate: Schedule;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Default 1e−8. */
  readonly epsilon?: number;
  /** Default 0 for `adam` (added to the gradient), 0.01 for `adamw` (taken off the parameter). */
  readonly weightDecay?: number;
}

function adamLike(name: string, options: AdamOptions, decay: number, decoupled: boolean): Optimizer {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  return {
    init: (params) => ({ step: countFrom(0), first: zerosFor(params), second: zerosFor(params) }),
    update: (params, gradients, state) => {
      const step = partOf<Tensor>(state, 'step', name);
      const moments = [partOf(state, 'first', name), partOf(state, 'second', name)];
      const [next, first, second] = updateEach(params, [gradients, ...moments], (p, g, m, v) => {
        const own = decay === 0 || decoupled ? g! : add(g!, mul(p, decay));
        const mean = add(mul(m!, beta1), mul(own, 1 - beta1));
        const spread = add(mul(v!, beta2), mul(mul(own, own), 1 - beta2));
        // rate · (m / c1) / (√(v / c2) + ε), with the scalars drawn together: c1 and c2 undo the start at zero.
        const count = cast(nextStep(step), p.dtype);
        const root2 = sqrt(sub(1, pow(scalar(beta2, p.dtype), count)));
        const rate = rateAt(learningRate, step, p);
        const scale = div(mul(root2, rate), sub(1, pow(scalar(beta1, p.dtype), count)));
        const move = div(mean, add(sqrt(spread), mul(root2, epsilon)));
        const kept = decay !== 0 && decoupled ? mul(p, sub(1, mul(tensor(rate, p.dtype), decay))) : p;
        return [sub(kept, mul(move, scale)), mean, spread];
      });
      return [next!, { step: nextStep(step), first, second }];
    },
  };
}

/** Adam (https://arxiv.org/abs/1412.6980), with its correction of the start. */
export function adam(options: AdamOptions): Optimizer {
  return adamLike('adam', options, options.weightDecay ?? 0, false);
}

/** Adam with decoupled weight decay (https://arxiv.org/abs/1711.05101). */
export function adamw(options: AdamOptions): Optimizer {
  return adamLike('adamw', options, options.weightDecay ?? 0.01, true);
}

/** Options of {@link lars}. */
export interface LarsOptions {
  readonly learningRate: Schedule;
  /** Default 0.9. */
  readonly momentum?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Ratio of a step's length to its parameter's. Default 0.001. */
  readonly trust?: number;
  /** Leave parameters of at most one axis (biases, normalizations) undecayed and unscaled. Default true. */
  readonly excludeVectors?: boolean;
  /** Rate of the excluded parameters. Default: `learningRate`. */
  readonly vectorRate?: Schedule;
}

/**
 * Layer-wise adaptive rates (https://arxiv.org/abs/1708.03888): `g ← g + decay · p`, `g ← g · trust · ‖p‖ / ‖g‖` (no
 * scaling where a length is 0), `v ← momentum · v + g`, `p ← p − rate · v`.
 */
export function lars(options: LarsOptions): Optimizer {
  const { learningRate, momentum = 0.9, weightDecay = 0, trust = 0.001, excludeVectors = true } = options;
  const { vectorRate = learningRate } = options;
  return {
    init: (params) => ({ step: countFrom(0), velocity: zerosFor(params) }),
    update: (params, gradients, state) => {
      const step = partOf<Tensor>(state, 'step', 'lars');
      const [next, velocity] = updateEach(
        params,
        [gradients, partOf(state, 'velocity', 'lars')],
        (p, g, v) => {
          const excluded = excludeVectors && p.rank <= 1;
          const own = excluded ? g! : adapted(p, g!, weightDecay, trust);
          const speed = add(mul(v!, momentum), own);
          const rate = rateAt(excluded ? vectorRate : learningRate, step, p);
          return [sub(p, mul(speed, rate)), speed];
        },
      );
      return [next!, { step: nextStep(step), velocity }];
    },
  };
}

/** The decayed gradient, with a length of `trust` times the parameter's. */
function adapted(p: Tensor, g: Tensor, weightDecay: number, trust: number): Tensor {
  const own = weightDecay === 0 ? g : add(g, mul(p, weightDecay));
  const [length, steep] = [sqrt(sum(mul(p, p))), sqrt(sum(mul(own, own)))];
  const both = and(greater(length, 0), greater(steep, 0));
  return mul(own, where(both, div(mul(length, trust), where(both, steep, 1)), 1));
}

/** Leaves parameters as they are. */
export function frozen(): Optimizer {
  return {
    init: () => ({}),
    update: (params) => [tree.map((leaf: unknown) => leaf as Tensor, params) as never, {}],
  };
}

/**
 * Different optimizers for different parameters, for example no weight decay for biases.
 *
 * @param choose - names the group of a parameter from its dotted path
 * @param optimizers - by group
 * @throws FletchError `INVALID_ARGUMENT` when `choose` names a group that does not exist
 */
export function groups(
  choose: (path: string) => string,
  optimizers: Readonly<Record<string, Optimizer>>,
): Optimizer {
  const parts = (params: unknown) => {
    const members: Record<string, string[]> = {};
    for (const path of Object.keys(tree.flatten(params))) {
      const group = choose(path);
      if (!Object.hasOwn(optimizers, group))
        throw callError(
          'groups',
          `"${path}" belongs to the group "${group}"; there are ${Object.keys(optimizers).join(', ')}`,
        );
      members[group] = [...(members[group] ?? []), path];
    }
    return members;
  };
  const only = (params: unknown, paths: readonly string[]) => {
    const named = tree.flatten<unknown>(params);
    return tree.unflatten(Object.fromEntries(paths.map((path) => [path, named[path]])));
  };
  return {
    init: (params) =>
      Object.fromEntries(
        Object.entries(parts(params)).map(([group, paths]) => [
          group,
          optimizers[group]!.init(only(params, paths)),
        ]),
      ),
    update: (params, gradients, state) => {
      const named = new Map<string, Tensor>();
      const states: Record<string, unknown> = {};
      for (const [group, paths] of Object.entries(parts(params))) {
        const [next, own] = optimizers[group]!.update(
          only(params, paths),
          only(gradients, paths) as never,
          partOf<OptimizerState>(state, group, 'groups'),
        );
        const flat = tree.flatten<Tensor>(next);
        for (const path of paths) named.set(path, flat[path]!);
        states[group] = own;
      }
      return [tree.map((_: unknown, path) => named.get(path)!, params) as never, states];
    },
  };
}

/**
 * Gradients scaled down together so that the length of them all is at most `limit`.
 *
 * @returns `[gradients, length before]`
 */
export function clipByGlobalNorm<G>(gradients: G, limit: number): [Mapped<G, Tensor>, Tensor] {
  const leaves = tree.leaves<Tensor>(gradients);
  const length = sqrt(leaves.map((g) => cast(sum(mul(g, g)), leaves[0]!.dtype)).reduce((a, b) => add(a, b)));
  const scale = div(limit, where(greater(length, limit), length, limit));
  return [
    tree.map((g: unknown) => mul(g as Tensor, cast(scale, (g as Tensor).dtype)), gradients) as Mapped<
      G,
      Tensor
    >,
    length,
  ];
}

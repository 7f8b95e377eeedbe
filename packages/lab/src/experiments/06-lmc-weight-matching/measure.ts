/**
 * What matching does to three networks of one task.
 *
 * @module
 */
import {
  alignmentOf,
  applyPermutation,
  collectProducts,
  distanceBound,
  interpolate,
  type LossBarrier,
  lossBarrier,
  matchByProducts,
  meanOf,
  mergeMany,
  type PermSpec,
  type Perms,
  pathDerivatives,
  permuteParts,
  type SingularParts,
  type StateDict,
  singularParts,
  straightThroughMatching,
  weightMatching,
} from '@fletch/weights';
import type { Row, TrialContext } from '../../experiment.js';
import { type Task, THREADS } from './networks.js';

/** How much is measured. */
export interface MeasurePlan {
  /** Places along a path. */
  readonly points: number;
  /** Steps of both straight-through estimators. */
  readonly steps: { readonly permutations: number; readonly weights: number };
  /** Batches for activations. */
  readonly batches: number;
  /** Whether matching by correlations and by cosines are measured too. */
  readonly variants: boolean;
}

/** A seeded share of what a trial measures. */
export interface Bench {
  readonly task: Task;
  readonly spec: PermSpec;
  readonly plan: MeasurePlan;
  readonly context: Pick<TrialContext, 'seed' | 'signal' | 'report'>;
}

const round = (value: number) => Number(value.toPrecision(5));

/** The loss between two networks on test images, and in the middle on training images too. */
async function walk({ task, plan, context }: Bench, a: StateDict, b: StateDict) {
  const { signal } = context;
  const path = await lossBarrier(a, b, async (model) => (await task.judge(model)).loss, plan.points, {
    signal,
  });
  const middle = interpolate(a, b, 0.5);
  const [test, own] = [await task.judge(middle), await task.judge(middle, 'train')];
  const ends = [await task.judge(a, 'train'), await task.judge(b, 'train')];
  return { ...path, accuracy: test.accuracy, trainMiddle: own.loss - (ends[0]!.loss + ends[1]!.loss) / 2 };
}

type Walk = LossBarrier & { readonly accuracy: number; readonly trainMiddle: number };

/** What one way to match did to a pair. */
export interface PairOutcome {
  readonly method: string;
  readonly walk: Walk;
  /** ‖A − B'‖, and what no permutation makes it less than. */
  readonly distance: number;
  readonly bound: number;
  /** R by γ. */
  readonly R: { readonly [gamma: string]: number };
  /** R(0) and R(0.3) between the first network and the mean of both; null where it is not looked at. */
  readonly merged: readonly [number, number] | null;
  /** Largest relative change of a singular value. */
  readonly moved: number;
}

const GAMMAS = [0, 0.1, 0.2, 0.3, 0.5];

/** Largest change of a singular value over the largest of its matrix. */
function movedBy(before: SingularParts, after: SingularParts): number {
  let most = 0;
  for (const [name, { s }] of before)
    s.forEach((value, i) => {
      most = Math.max(most, Math.abs(value - after.get(name)!.s[i]!) / s[0]!);
    });
  return most;
}

async function outcomeOf(
  bench: Bench,
  method: string,
  [a, b]: readonly [StateDict, StateDict],
  parts: readonly [SingularParts, SingularParts],
  perms: Perms,
): Promise<{ outcome: PairOutcome; after: SingularParts }> {
  const { spec } = bench;
  const found = applyPermutation(spec, perms, b);
  const isChecked = method === 'naive' || method === 'weight matching';
  // What permutations do to singular vectors is known; of weight matching it is computed anew.
  const after = method === 'weight matching' ? singularParts(found) : permuteParts(spec, perms, parts[1], b);
  const { dist, distLowerBound } = distanceBound([a, found], [parts[0], after]);
  const mean = isChecked ? singularParts(interpolate(a, found, 0.5)) : undefined;
  return {
    after,
    outcome: {
      method,
      walk: await walk(bench, a, found),
      distance: dist,
      bound: distLowerBound,
      R: Object.fromEntries(GAMMAS.map((gamma) => [String(gamma), alignmentOf(parts[0], after, gamma).R])),
      merged: mean ? [alignmentOf(parts[0], mean, 0).R, alignmentOf(parts[0], mean, 0.3).R] : null,
      moved: movedBy(parts[1], after),
    },
  };
}

/** |⟨u_i^a, u_j^b⟩| of the largest singular vectors of the second layer. */
function overlaps(a: SingularParts, b: SingularParts, when: string): Row[] {
  const [u, v] = [a.get('layers.1.weight')!.u, b.get('layers.1.weight')!.u];
  const count = Math.min(24, u.cols);
  return Array.from({ length: count * count }, (_, at) => {
    const [i, j] = [Math.floor(at / count), at % count];
    let dot = 0;
    for (let k = 0; k < u.rows; k++) dot += u.at(k, i) * v.at(k, j);
    return { when, i: i + 1, j: j + 1, overlap: round(Math.abs(dot)) };
  });
}

/** One pair, all ways that train nothing. */
export async function measurePair(bench: Bench, pair: readonly [StateDict, StateDict]) {
  const { task, spec, plan, context } = bench;
  const [a, b] = pair;
  const { seed, signal } = context;
  const parts = [singularParts(a), singularParts(b)] as const;
  const { perms, sweeps } = weightMatching(spec, a, b, { seed, signal });
  const draw = (step: number) => task.draw(step, 5000 + seed).slice(0, 1);
  const products = await collectProducts((model, x) => task.hidden(model, x!), pair, {
    batches: plan.batches,
    draw,
    threads: THREADS,
    signal,
  });
  const variants = (): [string, Perms][] => [
    ['activation matching, Pearson', matchByProducts(spec, products, { kind: 'pearson' })],
    ['cosine matching', weightMatching(spec, a, b, { seed, similarity: 'cosine', signal }).perms],
  ];
  const ways: readonly (readonly [string, Perms])[] = [
    ['naive', {}],
    ['weight matching', perms],
    ['activation matching', matchByProducts(spec, products)],
    ...(plan.variants ? variants() : []),
  ];
  const outcomes: PairOutcome[] = [];
  const heat: Row[] = [];
  for (const [i, [method, found]] of ways.entries()) {
    context.report({ done: i, total: ways.length, stage: method });
    const { outcome, after } = await outcomeOf(bench, method, pair, parts, found);
    outcomes.push(outcome);
    if (i < 2) heat.push(...overlaps(parts[0], after, i === 0 ? 'before' : 'after weight matching'));
  }
  const taylor = await pathDerivatives(
    task.loss as never,
    a,
    applyPermutation(spec, perms, b),
    task.draw(0, 9),
    {
      threads: THREADS,
    },
  );
  return {
    outcomes,
    heat,
    sweeps,
    ensemble: await task.ensemble(pair),
    ends: [await task.judge(a), await task.judge(b)],
    /** What slope and curvature at the first end say of the rise in the middle. */
    taylor: taylor.slope / 2 + taylor.curvature / 8,
  };
}

/** What one way did to three networks. */
export interface TrioOutcome {
  readonly method: string;
  /** Of the mean of all three. */
  readonly accuracy: number;
  readonly loss: number;
  /** Between the second and the third, which were never compared. */
  readonly barrier: number;
  readonly R: { readonly [gamma: string]: number };
}

/** Three networks, brought into the order of the first. */
export async function measureTrio(bench: Bench, models: readonly [StateDict, StateDict, StateDict]) {
  const { task, spec, plan, context } = bench;
  const { seed, signal } = context;
  const [a, b, c] = models;
  const [left, ...others] = models.map(singularParts) as [SingularParts, SingularParts, SingularParts];
  const through = async (variant: 'permutations' | 'weights', other: StateDict) => {
    const data = (step: number, batch: number) => task.draw(step, 6000 + seed, batch);
    const { perms } = await straightThroughMatching(spec, a, other, task.loss as never, data, {
      variant,
      lr: variant === 'permutations' ? 1 : 0.01,
      steps: plan.steps[variant],
      batch: 500,
      seed,
      threads: THREADS,
      signal,
      onProgress: (progress) => context.report({ ...progress, stage: `straight-through, ${variant}` }),
    });
    return perms;
  };
  const ways: readonly (readonly [string, (other: StateDict) => Perms | Promise<Perms>])[] = [
    ['naive', () => ({})],
    ['weight matching', (other) => weightMatching(spec, a, other, { seed, signal }).perms],
    ['straight-through v1', (other) => through('permutations', other)],
    ['straight-through v2', (other) => through('weights', other)],
  ];
  const trios: TrioOutcome[] = [];
  const pairs: PairOutcome[] = [];
  for (const [method, match] of ways) {
    context.report({ done: trios.length, total: ways.length, stage: `three networks, ${method}` });
    const [p, q] = [await match(b), await match(c)];
    const [second, third] = [applyPermutation(spec, p, b), applyPermutation(spec, q, c)];
    const { accuracy, loss } = await task.judge(meanOf([a, second, third]));
    const parts = [permuteParts(spec, p, others[0], b), permuteParts(spec, q, others[1], c)] as const;
    const lossOf = async (model: StateDict) => (await task.judge(model)).loss;
    const { barrier } = await lossBarrier(second, third, lossOf, 11, { signal });
    const R = Object.fromEntries([0, 0.3].map((gamma) => [String(gamma), alignmentOf(...parts, gamma).R]));
    trios.push({ method, accuracy, loss, barrier, R });
    if (method.startsWith('straight'))
      pairs.push((await outcomeOf(bench, method, [a, b], [left, others[0]], p)).outcome);
  }
  const { merged, rounds } = mergeMany(spec, models, { seed, signal });
  const many = { ...(await task.judge(merged)), rounds };
  return { trios, pairs, many, ensemble: await task.ensemble(models) };
}

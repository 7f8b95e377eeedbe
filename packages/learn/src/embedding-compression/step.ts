/**
 * A training step of a stage as one graph: embeddings, head, loss, gradients, optimizers.
 *
 * @module
 */
import {
  adam,
  add,
  binaryCrossEntropy,
  type Compiled,
  compile,
  gather,
  type NDArray,
  type OptimizerState,
  reshape,
  type Tensor,
  valueAndGrad,
} from '@fletch/array';
import type { Head } from './heads.js';
import type { Embedded, Scope, Stage, Tensors } from './types.js';

/** What is learned, as leaves of one kind. */
export interface Params<Leaf> {
  readonly head: { readonly [name: string]: Leaf };
  readonly dense: { readonly [name: string]: Leaf };
  /** Touched rows of each table. */
  readonly rows: { readonly [table: string]: Leaf };
}

/** Moments of the rows of each table. */
export interface Moments<Leaf> {
  readonly [table: string]: { readonly first: Leaf; readonly second: Leaf };
}

/** What a batch brings. */
export interface Batch<Leaf> {
  readonly inputs: { readonly [name: string]: Leaf };
  readonly positions: { readonly [table: string]: Leaf };
  /** Of every id among the distinct ones, `[samples · fields]`. */
  readonly places: Leaf;
}

/** States of the optimizers. */
export interface States {
  readonly main: OptimizerState;
  /** By name of the dense array. */
  readonly own: { readonly [name: string]: OptimizerState };
}

/** Sizes that every graph needs. */
export interface StepShape {
  readonly fields: number;
  readonly dim: number;
  readonly rate: number;
  readonly threads?: number | undefined;
}

type Traced = Params<Tensor>;

/** The scope of a batch in a trace. */
function scopeOf(
  shape: StepShape,
  params: Pick<Traced, 'dense' | 'rows'>,
  batch: Batch<Tensor>,
  rest: Pick<Scope, 'carried' | 'search' | 'training'>,
): Scope {
  return {
    ...rest,
    dense: params.dense,
    inputs: batch.inputs,
    samples: batch.places.size / shape.fields,
    look: (table) => gather(params.rows[table]!, batch.positions[table]!),
    expand: (distinct) => gather(distinct, batch.places),
  };
}

const logitsOf = (shape: StepShape, head: Head, params: Tensors, vectors: Tensor, samples: number): Tensor =>
  head.apply(params, reshape(vectors, [samples, shape.fields, shape.dim]));

function split<T>(all: { readonly [name: string]: T }, names: readonly string[]) {
  const entries = Object.entries(all);
  return [
    Object.fromEntries(entries.filter(([name]) => !names.includes(name))),
    Object.fromEntries(entries.filter(([name]) => names.includes(name))),
  ] as const;
}

/** The first states of a stage's optimizers. */
export function statesOf(stage: Stage, shape: StepShape, params: Params<NDArray>): States {
  const own = stage.optimizers ?? {};
  const [dense] = split(params.dense, Object.keys(own));
  return {
    main: adam({ learningRate: shape.rate }).init({ head: params.head, dense }),
    own: Object.fromEntries(
      Object.entries(own).map(([name, optimizer]) => [name, optimizer.init({ value: params.dense[name]! })]),
    ),
  };
}

/** What a step gives. */
export interface Stepped {
  readonly loss: Tensor;
  readonly params: Traced;
  readonly moments: Moments<Tensor>;
  readonly states: States;
  readonly carried: Tensors;
}

/** A compiled step. The first four arguments are given up. */
export type Step = Compiled<
  [Params<Tensor>, Moments<Tensor>, States, Tensors, Tensors, Batch<Tensor>, Tensor],
  Stepped
>;

/** Compiles the step of a stage. */
export function compileStep(stage: Stage, head: Head, shape: StepShape): Step {
  const names = Object.keys(stage.optimizers ?? {});
  const main = adam({ learningRate: shape.rate });
  return compile(
    (
      params: Traced,
      moments: Moments<Tensor>,
      states: States,
      carried: Tensors,
      search: Tensors,
      batch: Batch<Tensor>,
      labels: Tensor,
    ): Stepped => {
      const lossOf = (p: Traced): readonly [Tensor, Embedded] => {
        const scope = scopeOf(shape, p, batch, { carried, search, training: true });
        const embedded = stage.embed(scope);
        const fit = binaryCrossEntropy(
          logitsOf(shape, head, p.head, embedded.vectors, scope.samples),
          labels,
        );
        return [embedded.loss ? add(fit, embedded.loss) : fit, embedded];
      };
      const [[loss, embedded], gradients] = valueAndGrad(lossOf, { unused: 'zeros' })(params);
      const [shared, ownParams] = split(params.dense, names);
      const [sharedGradients, ownGradients] = split(gradients.dense, names);
      const [{ head: nextHead, dense }, nextMain] = main.update(
        { head: params.head, dense: shared },
        { head: gradients.head, dense: sharedGradients } as never,
        states.main,
      ) as unknown as [Pick<Traced, 'head' | 'dense'>, OptimizerState];
      const own: Record<string, OptimizerState> = {};
      const nextDense: Record<string, Tensor> = { ...dense };
      for (const [name, optimizer] of Object.entries(stage.optimizers ?? {})) {
        const [next, state] = optimizer.update(
          { value: ownParams[name]! },
          { value: ownGradients[name]! } as never,
          states.own[name]!,
        );
        nextDense[name] = (next as unknown as { value: Tensor }).value;
        own[name] = state;
      }
      const rows: Record<string, Tensor> = {};
      const nextMoments: Record<string, { first: Tensor; second: Tensor }> = {};
      const updateRows = (table: string, gradient: Tensor) => {
        const rate = stage.tables[table]!.rate ?? shape.rate;
        const { first, second } = moments[table]!;
        const state = { step: states.main.step, first: { r: first }, second: { r: second } };
        const [next, after] = adam({ learningRate: rate }).update(
          { r: params.rows[table]! },
          { r: gradient } as never,
          state as never,
        );
        rows[table] = (next as unknown as { r: Tensor }).r;
        const { first: f, second: s } = after as unknown as { first: { r: Tensor }; second: { r: Tensor } };
        nextMoments[table] = { first: f.r, second: s.r };
      };
      for (const table of Object.keys(params.rows))
        if (table !== stage.second?.table) updateRows(table, gradients.rows[table]!);
      if (stage.second) {
        const { table, embed } = stage.second;
        const again = (scales: Tensor) => {
          const p = { dense: nextDense, rows: { ...rows, [table]: scales } };
          const scope = scopeOf(shape, p, batch, { carried, search, training: true });
          return binaryCrossEntropy(logitsOf(shape, head, nextHead, embed(scope), scope.samples), labels);
        };
        const [, gradient] = valueAndGrad(again)(params.rows[table]!);
        updateRows(table, gradient as unknown as Tensor);
      }
      return {
        loss,
        params: { head: nextHead, dense: nextDense, rows },
        moments: nextMoments,
        states: { main: nextMain, own },
        carried: { ...carried, ...embedded.carried },
      };
    },
    {
      name: stage.name,
      donate: [0, 1, 2, 3],
      ...(shape.threads !== undefined && { threads: shape.threads }),
    },
  );
}

/** Search parameters, their optimizer's state, and a held-out batch in; the first two anew out, and given up. */
export type SearchStep = Compiled<
  [Tensors, OptimizerState, Params<Tensor>, Tensors, Batch<Tensor>, Tensor],
  { search: Tensors; state: OptimizerState }
>;

/** Compiles the step that learns a stage's search parameters on held-out batches. */
export function compileSearch(stage: Stage, head: Head, shape: StepShape): SearchStep {
  const { optimizer, penalty } = stage.search!;
  return compile(
    (
      search: Tensors,
      state: OptimizerState,
      params: Traced,
      carried: Tensors,
      batch: Batch<Tensor>,
      labels: Tensor,
    ) => {
      const lossOf = (own: Tensors) => {
        const scope = scopeOf(shape, params, batch, { carried, search: own, training: true });
        const { vectors } = stage.embed(scope);
        const fit = binaryCrossEntropy(logitsOf(shape, head, params.head, vectors, scope.samples), labels);
        return penalty ? add(fit, penalty(own)) : fit;
      };
      const [, gradients] = valueAndGrad(lossOf)(search);
      const [next, nextState] = optimizer.update(search, gradients as never, state);
      return { search: next as unknown as Tensors, state: nextState };
    },
    {
      name: `${stage.name}, search`,
      donate: [0, 1],
      ...(shape.threads !== undefined && { threads: shape.threads }),
    },
  ) as unknown as SearchStep;
}

/** Logits of a batch, in evaluation mode. */
export type Forward = Compiled<
  [Params<Tensor>, Tensors, Tensors, Batch<Tensor>],
  { logits: Tensor; vectors: Tensor }
>;

/** Compiles the forward pass of a stage. */
export function compileForward(stage: Stage, head: Head, shape: StepShape): Forward {
  return compile(
    (params: Traced, carried: Tensors, search: Tensors, batch: Batch<Tensor>) => {
      const scope = scopeOf(shape, params, batch, { carried, search, training: false });
      const { vectors } = stage.embed(scope);
      return { logits: logitsOf(shape, head, params.head, vectors, scope.samples), vectors };
    },
    { name: `${stage.name}, forward`, ...(shape.threads !== undefined && { threads: shape.threads }) },
  );
}

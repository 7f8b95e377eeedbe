/**
 * Runs the stages of a method: batches in, rows out and back, one compiled call a step.
 *
 * @module
 */
import { assertFinite, batches, NDArray, type OptimizerState } from '@fletch/array';
import { type LongWork, throwIfAborted } from '@fletch/base';
import { areaUnderCurve, type Rng, rng } from '@fletch/linalg';
import { BatchRows } from './batch-rows.js';
import { DistinctRows, type Fields, padded } from './fields.js';
import type { Head } from './heads.js';
import {
  type Batch,
  compileForward,
  compileSearch,
  compileStep,
  type Moments,
  type Params,
  type StepShape,
  statesOf,
} from './step.js';
import type { Arrays, IdBatch, Learned, Stage, StageTools } from './types.js';

/** Samples as rows of the whole table. */
export interface Samples {
  readonly rows: Int32Array;
  readonly labels: Uint8Array;
  readonly count: number;
}

/** What stages are run on. */
export interface StageRun extends LongWork {
  readonly fields: Fields;
  readonly head: Head;
  readonly shape: StepShape;
  readonly train: Samples;
  /** For what is learned or chosen on samples of its own. */
  readonly validation: Samples;
  readonly batch: number;
  readonly epochs: number;
  readonly seed: number;
}

/** Distinct ids are filled up to a multiple of this. */
const STEP = 512;

/** Makes batches of ids. */
export class Batcher {
  readonly #fields: Fields;
  readonly #distinct: DistinctRows;

  constructor(fields: Fields) {
    this.#fields = fields;
    this.#distinct = new DistinctRows(fields.rows);
  }

  /** @param rows - samples × fields */
  of(rows: Int32Array): IdBatch {
    const { values, positions } = this.#distinct.of(rows);
    return {
      rows,
      distinct: { values: padded(values, STEP), positions },
      samples: rows.length / this.#fields.sizes.length,
    };
  }

  /** A batch of some samples with their labels. */
  pick(samples: Samples, positions: Int32Array): { batch: IdBatch; labels: NDArray } {
    const width = this.#fields.sizes.length;
    const rows = new Int32Array(positions.length * width);
    const labels = new Float32Array(positions.length);
    for (let i = 0; i < positions.length; i++) {
      const at = positions[i]!;
      rows.set(samples.rows.subarray(at * width, (at + 1) * width), i * width);
      labels[i] = samples.labels[at]!;
    }
    return { batch: this.of(rows), labels: new NDArray(labels, [labels.length], 'float32') };
  }
}

/** Endless batches of held-out samples, pass after pass. */
function* endless(count: number, size: number, seed: number): Generator<Int32Array> {
  for (let epoch = 0; ; epoch++) yield* batches(count, { size: Math.min(size, count), seed, epoch });
}

const ints = (values: Int32Array) => new NDArray(values, [values.length], 'int32');

/**
 * Runs one stage.
 *
 * @param headParams - the head as the stage before left it
 * @returns the head and what the stage learned
 */
export async function runStage(
  stage: Stage,
  run: StageRun,
  headParams: Arrays,
  number: number,
): Promise<{ head: Arrays; learned: Learned; losses: number[] }> {
  const { train, validation, batch: size, seed, signal, onProgress, shape, head, fields } = run;
  const batcher = new Batcher(fields);
  const random = rng(seed, 10 + number);
  const tables = Object.fromEntries(
    Object.entries(stage.tables).map(([name, table]) => [name, new BatchRows(table)]),
  );
  const copies = (arrays: Arrays = {}): Arrays =>
    Object.fromEntries(Object.entries(arrays).map(([name, value]) => [name, value.copy()]));
  let params: Params<NDArray> = { head: copies(headParams), dense: copies(stage.dense), rows: {} };
  let carried = copies(stage.carried);
  let search = copies(stage.search?.params);
  let states = statesOf(stage, shape, params);
  let searchState = stage.search?.optimizer.init(search) as OptimizerState;
  const step = compileStep(stage, head, shape);
  const searchStep = stage.search && compileSearch(stage, head, shape);
  const heldOut = endless(validation.count, size, seed + 1);
  const perEpoch = Math.max(1, Math.floor(train.count / size));
  const steps = Math.max(1, Math.round(stage.epochs * run.epochs * perEpoch));
  const losses: number[] = [];
  try {
    for (let done = 0, epoch = 0; done < steps; epoch++) {
      for (const positions of batches(train.count, {
        size: Math.min(size, train.count),
        seed: seed * 100 + number,
        epoch,
      })) {
        if (done === steps) break;
        throwIfAborted(signal);
        const { batch, labels } = batcher.pick(train, positions);
        const feed = stage.feed(batch, random, done);
        const rows: Record<string, NDArray> = {};
        const moments: Record<string, Moments<NDArray>[string]> = {};
        const places: Record<string, NDArray> = {};
        for (const [name, table] of Object.entries(tables)) {
          const taken = table.take(feed.rows[name]!);
          rows[name] = taken.state.rows;
          moments[name] = { first: taken.state.first, second: taken.state.second };
          places[name] = taken.positions;
        }
        const given: Batch<NDArray> = {
          inputs: feed.inputs ?? {},
          positions: places,
          places: ints(batch.distinct.positions),
        };
        const out = (await step(
          { ...params, rows } as never,
          moments as never,
          states as never,
          carried as never,
          search as never,
          given as never,
          labels,
        )) as unknown as {
          loss: NDArray;
          params: Params<NDArray>;
          moments: Moments<NDArray>;
          states: typeof states;
          carried: Arrays;
        };
        assertFinite({ loss: out.loss }, done);
        losses.push(out.loss.item());
        for (const [name, table] of Object.entries(tables))
          table.put({ rows: out.params.rows[name]!, ...out.moments[name]! });
        ({ states, carried } = out);
        params = { ...out.params, rows: {} };
        if (searchStep) {
          const { batch: other, labels: others } = batcher.pick(validation, heldOut.next().value!);
          const looked = lookFor(stage, tables, other, random, done);
          const found = (await searchStep(
            search as never,
            searchState as never,
            { ...params, rows: looked.rows } as never,
            carried as never,
            looked.batch as never,
            others,
          )) as unknown as { search: Arrays; state: OptimizerState };
          ({ search } = found);
          searchState = found.state;
          stage.search?.after?.(search);
        }
        done++;
        if (done % 20 === 0 || done === steps)
          onProgress?.({ done, total: steps, stage: stage.name, figures: { loss: losses.at(-1)! } });
        if (stage.afterStep?.(done, steps)) done = steps;
      }
    }
    const learned: Learned = { dense: params.dense, carried, search };
    if (stage.finish) {
      const tools = toolsFor(stage, run, params, carried, search, tables, random);
      try {
        await stage.finish(learned, tools);
      } finally {
        await tools.close();
      }
    }
    return { head: params.head, learned, losses };
  } finally {
    await step.close();
    await searchStep?.close();
  }
}

/** A batch's rows and inputs, for a graph that changes nothing. */
export function lookFor(
  stage: Stage,
  tables: { readonly [name: string]: BatchRows },
  batch: IdBatch,
  random: Rng,
  step: number,
  more: Arrays = {},
): { rows: Arrays; batch: Batch<NDArray> } {
  const feed = stage.feed(batch, random, step);
  const rows: Record<string, NDArray> = {};
  const positions: Record<string, NDArray> = {};
  for (const [name, table] of Object.entries(tables)) {
    const looked = table.look(feed.rows[name]!);
    rows[name] = looked.rows;
    positions[name] = looked.positions;
  }
  return {
    rows,
    batch: { inputs: { ...feed.inputs, ...more }, positions, places: ints(batch.distinct.positions) },
  };
}

/** What a stage may use when it ends. */
function toolsFor(
  stage: Stage,
  run: StageRun,
  params: Params<NDArray>,
  carried: Arrays,
  search: Arrays,
  tables: { readonly [name: string]: BatchRows },
  random: Rng,
): StageTools & { close(): Promise<void> } {
  const forward = compileForward(stage, run.head, run.shape);
  const batcher = new Batcher(run.fields);
  const size = Math.min(2048, run.validation.count);
  const chunks = [...batches(run.validation.count, { size, shuffle: false })].slice(0, 2);
  // The same samples every time: their rows are looked up once.
  const looked = chunks.map((positions) => {
    const { batch, labels } = batcher.pick(run.validation, positions);
    return { id: batch, labels, ...lookFor(stage, tables, batch, random, 0) };
  });
  const { signal, onProgress } = run;
  return {
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    random,
    async validate(inputs) {
      const logits: number[] = [];
      const labels: number[] = [];
      for (const { id, labels: own, rows, batch } of looked) {
        throwIfAborted(signal);
        const given = { ...batch, inputs: { ...batch.inputs, ...inputs(id) } };
        const out = await forward(
          { ...params, rows } as never,
          carried as never,
          search as never,
          given as never,
        );
        logits.push(...(out.logits as unknown as NDArray<'float32'>).data);
        labels.push(...(own.data as Float32Array));
      }
      return areaUnderCurve(logits, labels);
    },
    close: () => forward.close(),
  };
}

/**
 * Trains a model of click-through rates on compressed embeddings, and measures what they are worth.
 *
 * @module
 */
import { batches, type Compiled, compile, reshape, type Tensor, zeros } from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { areaUnderCurve } from '@fletch/linalg';
import { createEmbedding } from './compressed-embedding.js';
import { DistinctRows, type Fields, fieldsOf, tableRows } from './fields.js';
import type { FrozenEmbedding } from './frozen.js';
import { type HeadName, heads } from './heads.js';
import type { MethodName } from './methods.js';
import { runStage, type Samples } from './run-stage.js';
import { FloatRows } from './storage/row-tables.js';
import type { Arrays, MethodOptions, Tensors } from './types.js';

/** Samples with labels: a set of `@fletch/data`, or one's own. */
export interface CtrSet {
  /** Rows of each field. */
  readonly sizes: readonly number[];
  readonly count: number;
  /** count × fields, each counted within its field. */
  readonly ids: Int32Array;
  /** 0 or 1. */
  readonly labels: Uint8Array;
}

/** Samples for training, for what is chosen besides, and for the test. */
export interface CtrData {
  readonly fields: Fields;
  readonly train: Samples;
  readonly validation: Samples;
  readonly test: Samples;
  /** How often each id occurs in the training samples. */
  readonly freq: readonly Uint32Array[];
}

/**
 * Cuts samples into training, validation and test, in their order.
 *
 * @param shares - of the validation and the test. Default 0.05 and 0.1
 * @throws FletchError `INVALID_ARGUMENT` for empty fields, ids outside their field, labels other than 0 and 1, and a test or
 *   validation with one kind of label only
 */
export function splitCtr(
  set: CtrSet,
  shares: { readonly validation?: number; readonly test?: number } = {},
): CtrData {
  const { validation = 0.05, test = 0.1 } = shares;
  const fields = fieldsOf(set.sizes);
  const rows = tableRows(fields, set.ids);
  const width = fields.sizes.length;
  if (rows.length !== set.count * width || set.labels.length !== set.count)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${set.count} samples of ${width} fields have ${set.count * width} ids and ${set.count} labels, not ${rows.length} and ${set.labels.length}.`,
    );
  const bad = set.labels.findIndex((label) => label > 1);
  if (bad >= 0)
    throw new FletchError('INVALID_ARGUMENT', `Label ${bad} is ${set.labels[bad]}: labels are 0 and 1.`, {
      details: { sample: bad },
    });
  const tested = Math.round(test * set.count);
  const validated = Math.round(validation * set.count);
  const trained = set.count - tested - validated;
  const part = (name: string, first: number, count: number): Samples => {
    const labels = set.labels.subarray(first, first + count);
    if (!labels.includes(0) || !labels.includes(1))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The ${count} samples for ${name} have one kind of label only: no AUC can be told from them.`,
        { details: { part: name } },
      );
    return { rows: rows.subarray(first * width, (first + count) * width), labels, count };
  };
  const train = part('training', 0, trained);
  const freq = fields.sizes.map((size) => new Uint32Array(size));
  for (let i = 0; i < train.rows.length; i++)
    freq[i % width]![train.rows[i]! - fields.offsets[i % width]!]!++;
  return {
    fields,
    train,
    validation: part('validation', trained, validated),
    test: part('the test', trained + validated, tested),
    freq,
  };
}

/** What {@link trainCTR} is told. */
export interface TrainCtrOptions extends LongWork, MethodOptions {
  /** The model on top. Default `wdl`. */
  readonly model?: HeadName;
  readonly method: MethodName;
  /** Budget: bytes that are stored over those of the full table. */
  readonly cr: number;
  readonly data: CtrData;
  /** Passes over the training samples in each full stage. Default 1. */
  readonly epochs?: number;
  /** Samples of a step. Default 1024. */
  readonly batch?: number;
  /** Numbers of an embedding. Default 16. */
  readonly dim?: number;
  /** Of Adam. Default 1e-3. */
  readonly learningRate?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Default: all cores. */
  readonly threads?: number;
}

/** What a training gave. */
export interface TrainedCtr {
  /** Area under the ROC curve on the test. */
  readonly auc: number;
  /** Mean binary cross-entropy on the test. */
  readonly logloss: number;
  /** Bytes that are stored of the embeddings. */
  readonly memory: number;
  /** `memory` over the bytes of the full table. */
  readonly ratio: number;
  /** Of all stages. */
  readonly seconds: number;
  /** Of work on all threads meanwhile: what it costs on a machine that is busy with other things too. */
  readonly cpuSeconds: number;
  /** Microseconds of one look-up of a row, in batches of 1024. */
  readonly lookupUs: number;
  readonly embedding: FrozenEmbedding;
  readonly head: Arrays;
  readonly model: HeadName;
  /** Of every step of the last stage. */
  readonly losses: readonly number[];
}

/**
 * Trains the stages of a method with a model on top, stores the embeddings and measures them as stored.
 *
 * @throws FletchError what {@link createEmbedding} throws; `NON_FINITE` with the step, `ABORTED`
 */
export async function trainCTR(options: TrainCtrOptions): Promise<TrainedCtr> {
  const { model = 'wdl', method, cr, data, epochs = 1, batch = 1024, dim = 16, seed = 0 } = options;
  const { learningRate = 1e-3, threads, signal, onProgress, ...own } = options;
  if (!Object.hasOwn(heads, model))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `There is no model "${model}": choose among ${Object.keys(heads).join(', ')}.`,
    );
  if (!(epochs > 0)) throw new FletchError('INVALID_ARGUMENT', `epochs is ${epochs}: it must be above 0.`);
  const { fields } = data;
  const embedding = createEmbedding(method, { ...own, fields: fields.sizes, dim, cr, freq: data.freq, seed });
  const head = heads[model];
  const fresh = () => head.init(fields.sizes.length, dim, seed);
  const run = {
    fields,
    head,
    shape: { fields: fields.sizes.length, dim, rate: learningRate, threads },
    train: data.train,
    validation: data.validation,
    batch,
    epochs,
    seed,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  };
  const started = performance.now();
  const before = process.cpuUsage();
  let params = fresh();
  let losses: readonly number[] = [];
  for (const [number, begin] of embedding.stages.entries()) {
    const stage = begin();
    const ran = await runStage(stage, run, stage.freshHead ? fresh() : params, number);
    params = ran.head;
    losses = ran.losses;
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  const frozen = embedding.freeze();
  const { auc, logloss } = await evaluateCTR(frozen, { model, head: params }, data.test, options);
  return {
    auc,
    logloss,
    memory: frozen.memoryBytes(),
    ratio: frozen.ratio,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    lookupUs: lookupTime(frozen, data.test.rows),
    embedding: frozen,
    head: params,
    model,
    losses,
  };
}

/** Samples whose logits are computed at a time. */
const CHUNK = 2048;

/** Area under the ROC curve and mean binary cross-entropy of stored embeddings under a head. */
export async function evaluateCTR(
  embedding: FrozenEmbedding,
  { model, head }: { readonly model: HeadName; readonly head: Arrays },
  samples: Samples,
  { signal, threads }: LongWork & { readonly threads?: number } = {},
): Promise<{ auc: number; logloss: number }> {
  const fields = embedding.fields.sizes.length;
  const { dim } = embedding;
  const run: Compiled<[Tensors, Tensor], Tensor> = compile(
    (params: Tensors, x: Tensor) => heads[model].apply(params, reshape(x, [-1, fields, dim])),
    { name: `${model}, evaluation`, ...(threads !== undefined && { threads }) },
  );
  const logits = new Float64Array(samples.count);
  // Every row is looked up once, however many samples have it.
  const { values, positions: places } = new DistinctRows(embedding.fields.rows).of(samples.rows);
  const looked = new FloatRows(embedding.lookupRows(values), dim);
  try {
    for (const positions of batches(samples.count, { size: CHUNK, shuffle: false, dropLast: false })) {
      throwIfAborted(signal);
      const first = positions[0]!;
      const rows = places.subarray(first * fields, (first + positions.length) * fields);
      const x = zeros([rows.length, dim]);
      looked.read(rows, x.data as Float32Array);
      logits.set((await run(head as never, x)).data as Float32Array, first);
    }
  } finally {
    await run.close();
  }
  let loss = 0;
  for (let i = 0; i < logits.length; i++) {
    const x = samples.labels[i] ? logits[i]! : -logits[i]!;
    loss += x > 0 ? Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)) - x;
  }
  return { auc: areaUnderCurve(logits, samples.labels), logloss: loss / logits.length };
}

/** Median over some rounds of the microseconds that a row takes, 1024 at a time. */
function lookupTime(embedding: FrozenEmbedding, rows: Int32Array): number {
  const times: number[] = [];
  for (let round = 0; round < 9; round++) {
    const first = (round * 1024) % Math.max(1, rows.length - 1024);
    const some = rows.subarray(first, first + 1024);
    const started = performance.now();
    embedding.lookupRows(some);
    times.push(((performance.now() - started) * 1000) / some.length);
  }
  return times.sort((a, b) => a - b)[4]!;
}

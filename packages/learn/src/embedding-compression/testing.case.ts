/**
 * A small table of clicks, and methods trained on it, for tests.
 *
 * @module
 */
import { rng } from '@fletch/linalg';
import { BatchRows } from './batch-rows.js';
import { createEmbedding } from './compressed-embedding.js';
import { heads } from './heads.js';
import type { MethodName } from './methods.js';
import { Batcher, lookFor, runStage } from './run-stage.js';
import { compileForward } from './step.js';
import { type CtrSet, splitCtr } from './train-ctr.js';
import type { Learned, MethodOptions, Stage } from './types.js';

/** Labels that depend on two of the three fields. */
export function clicks(count = 1200): CtrSet {
  const random = rng(7);
  const sizes = [90, 12, 200];
  const ids = new Int32Array(3 * count);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const own = sizes.map((size) => random.integer(size));
    ids.set(own, 3 * i);
    labels[i] = (own[0]! % 3 === 0) !== (own[1]! % 2 === 0) ? 1 : 0;
  }
  return { sizes, count, ids, labels };
}

export const data = splitCtr(clicks());

/** A budget that each method reaches on that table, and small sizes. */
export const settings: { readonly [name in MethodName]: MethodOptions & { readonly cr: number } } = {
  full: { cr: 1 },
  half: { cr: 0.5 },
  small: { cr: 0.25 },
  hash: { cr: 0.25 },
  compo: { cr: 0.25 },
  tt: { cr: 0.25 },
  dhe: { cr: 0.5, hashes: 16 },
  robe: { cr: 0.25 },
  dedup: { cr: 0.6, block: 4, tolerance: 0.1 },
  mgqe: { cr: 0.5, centroids: 64 },
  adapt: { cr: 0.25 },
  int8: { cr: 0.25 },
  int16: { cr: 0.5 },
  alpt8: { cr: 0.3125 },
  alpt16: { cr: 0.5625 },
  md: { cr: 0.25 },
  autodim: { cr: 0.4 },
  optembed: { cr: 0.25, generations: 1 },
  deeplight: { cr: 0.25 },
  autosrh: { cr: 0.25 },
  dpq: { cr: 0.3, centroids: 16 },
  pep: { cr: 0.25 },
};

export const shape = { fields: 3, dim: 16, rate: 5e-3, threads: 1 };

/** Trains a method for a pass; gives the last stage as it is now. */
export async function trained(method: MethodName, options: Partial<MethodOptions & { cr: number }> = {}) {
  const { cr, ...own } = { ...settings[method], ...options };
  const embedding = createEmbedding(method, {
    ...own,
    cr,
    fields: data.fields.sizes,
    freq: data.freq,
    seed: 3,
  });
  const head = heads.wdl;
  const { fields, train, validation } = data;
  let params = head.init(3, 16, 0);
  let learned: Learned | undefined;
  for (const [number, begin] of embedding.stages.entries()) {
    const stage = begin();
    const run = { fields, head, shape, train, validation, batch: 128, epochs: 1, seed: 1 };
    const ran = await runStage(stage, run, stage.freshHead ? head.init(3, 16, 0) : params, number);
    ({ head: params, learned } = ran);
  }
  return {
    embedding,
    frozen: embedding.freeze(),
    stage: embedding.stages.at(-1)!(),
    params,
    learned: learned!,
  };
}

/** Embeddings of rows in evaluation mode, through the graph. */
export async function forward(stage: Stage, learned: Learned, params: Learned['dense'], rows: Int32Array) {
  const tables = Object.fromEntries(
    Object.entries(stage.tables).map(([name, table]) => [name, new BatchRows(table)]),
  );
  const batch = new Batcher(data.fields).of(rows);
  const looked = lookFor(stage, tables, batch, rng(1), 0);
  const run = compileForward(stage, heads.wdl, shape);
  try {
    const given = { head: params, dense: learned.dense, rows: looked.rows };
    const out = await run(
      given as never,
      learned.carried as never,
      learned.search as never,
      looked.batch as never,
    );
    return (out.vectors as unknown as { data: Float32Array }).data;
  } finally {
    await run.close();
  }
}

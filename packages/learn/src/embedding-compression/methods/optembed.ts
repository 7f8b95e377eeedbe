/**
 * OptEmbed (Lyu et al., CIKM 2022): rows and widths are searched in one network that can do with any of them.
 *
 * @module
 */
import {
  abs,
  cast,
  customVjp,
  exp,
  greater,
  less,
  mul,
  NDArray,
  neg,
  reshape,
  sgd,
  sub,
  sum,
  type Tensor,
  where,
  zeros,
} from '@fletch/array';
import { throwIfAborted } from '@fletch/base';
import type { FloatRows } from '../storage/row-tables.js';
import { factList, held, type Stored } from '../storage/stored.js';
import type { Compression, EmbeddingSettings, IdBatch, MethodSpec, Stage, StageTools } from '../types.js';
import { budgetBytes, freshRows, requireBudget } from './table.js';

const POPULATION = 10;
const MUTATION = 0.1;
const PENALTY = 1e-5;

/**
 * 1 where positive, else 0; its gradient is that of a softened step: 2 − 4|v| up to 0.4, 0.4 up to 1, and 0 beyond.
 */
export const softenedStep = customVjp<readonly [Tensor]>(
  (v) => cast(greater(v, 0), 'float32'),
  (g, [v]) => {
    const size = abs(v);
    const slope = where(greater(size, 1), 0, where(less(size, 0.4), sub(2, mul(size, 4)), 0.4));
    return [mul(g, slope)];
  },
);

/** Ones for the first `widths[f]` coordinates of each field, zeros for the others: `[samples · fields, dim]`. */
function keepMask(
  samples: number,
  fields: number,
  dim: number,
  widthOf: (sample: number, field: number) => number,
) {
  const mask = new Float32Array(samples * fields * dim);
  for (let i = 0; i < samples; i++)
    for (let f = 0; f < fields; f++) {
      const from = (i * fields + f) * dim;
      mask.fill(1, from, from + widthOf(i, f));
    }
  return new NDArray(mask, [samples * fields, dim], 'float32');
}

/** Bytes of the rows that are kept at these widths, and of the list of their places when any is dropped. */
function bytesOf({ fields }: EmbeddingSettings, kept: readonly number[], widths: readonly number[]): number {
  const values = widths.reduce((sum, width, f) => sum + kept[f]! * width, 0);
  const dropped = kept.some((count, f) => count < fields.sizes[f]!);
  return 4 * (values + (dropped ? fields.rows : 0));
}

/** Widths that evolve: mutants and crossings of the best, all within the budget. */
async function evolve(
  settings: EmbeddingSettings,
  kept: readonly number[],
  generations: number,
  { validate, random, signal, onProgress }: StageTools,
): Promise<number[]> {
  const { fields, dim } = settings;
  const count = fields.sizes.length;
  const within = (widths: number[]): number[] => {
    while (bytesOf(settings, kept, widths) > budgetBytes(settings)) {
      const wide = widths.flatMap((width, f) => (width > 1 ? [f] : []));
      if (wide.length === 0) break;
      widths[wide[random.integer(wide.length)]!]!--;
    }
    return widths;
  };
  const draw = () => within(Array.from({ length: count }, () => 1 + random.integer(dim)));
  let best: { widths: number[]; score: number }[] = [];
  for (let round = 0; round <= generations; round++) {
    throwIfAborted(signal);
    onProgress?.({ done: round, total: generations, stage: 'evolving widths' });
    const parent = () => best[random.integer(best.length)]!.widths;
    const mutant = () =>
      within(parent().map((width) => (random.uniform() < MUTATION ? 1 + random.integer(dim) : width)));
    const crossing = () => {
      const [a, b, cut] = [parent(), parent(), 1 + random.integer(Math.max(1, count - 1))];
      return within([...a.slice(0, cut), ...b.slice(cut)]);
    };
    const fresh =
      round === 0
        ? Array.from({ length: 2 * POPULATION }, draw)
        : Array.from({ length: 2 * POPULATION }, (_, i) => (i < POPULATION ? mutant() : crossing()));
    for (const widths of fresh) {
      if (best.some((one) => String(one.widths) === String(widths))) continue;
      const score = await validate((batch) => ({
        keep: keepMask(batch.samples, count, dim, (_, f) => widths[f]!),
      }));
      best.push({ widths, score });
    }
    best = best.sort((a, b) => b.score - a.score).slice(0, POPULATION);
  }
  return best[0]!.widths;
}

/** What the search found. */
interface Found {
  readonly widths: readonly number[];
  /** Of every row of the whole table. */
  readonly kept: Uint8Array;
}

function searchStage(settings: EmbeddingSettings, generations: number, done: (found: Found) => void): Stage {
  const { fields, dim } = settings;
  const count = fields.sizes.length;
  const table = freshRows(settings, fields.rows);
  return {
    name: 'training all widths',
    epochs: 1,
    tables: { table },
    dense: { thresholds: zeros([count]) },
    optimizers: { thresholds: sgd({ learningRate: 1e-4 }) },
    feed: ({ distinct: { values }, samples }, random) => ({
      rows: { table: values },
      inputs: { keep: keepMask(samples, count, dim, () => 1 + random.integer(dim)) },
    }),
    embed: ({ look, expand, dense: { thresholds }, inputs, samples }) => {
      const rows = expand(look('table'));
      const sizes = reshape(sum(abs(rows), { axes: 1 }), [samples, count]);
      const open = reshape(softenedStep(sub(sizes, thresholds!)), [samples * count, 1]);
      return {
        vectors: mul(mul(rows, open), inputs.keep!),
        loss: mul(sum(exp(neg(thresholds!))), PENALTY),
      };
    },
    finish: async ({ dense }, tools) => {
      const thresholds = dense.thresholds!.data as Float32Array;
      const kept = keptRows(settings, table, thresholds);
      const counts = fields.sizes.map((size, f) =>
        kept.subarray(fields.offsets[f]!, fields.offsets[f]! + size).reduce((sum, one) => sum + one, 0),
      );
      done({ widths: await evolve(settings, counts, generations, tools), kept });
    },
  };
}

/** Rows whose size exceeds their field's threshold. */
function keptRows(
  { fields, dim }: EmbeddingSettings,
  table: FloatRows,
  thresholds: Float32Array,
): Uint8Array {
  const kept = new Uint8Array(fields.rows);
  for (const [f, size] of fields.sizes.entries())
    for (let row = fields.offsets[f]!; row < fields.offsets[f]! + size; row++) {
      let sum = 0;
      for (let j = 0; j < dim; j++) sum += Math.abs(table.data[row * dim + j]!);
      kept[row] = sum > thresholds[f]! ? 1 : 0;
    }
  return kept;
}

function retrainStage(settings: EmbeddingSettings, table: FloatRows, { widths, kept }: Found): Stage {
  const { fields, dim } = settings;
  const mask = ({ rows, samples }: IdBatch) => {
    const keep = keepMask(samples, fields.sizes.length, dim, (_, f) => widths[f]!);
    const numbers = keep.data as Float32Array;
    for (let i = 0; i < rows.length; i++) if (!kept[rows[i]!]) numbers.fill(0, i * dim, (i + 1) * dim);
    return keep;
  };
  return {
    name: 'training',
    epochs: 1,
    freshHead: true,
    tables: { table },
    feed: (batch) => ({ rows: { table: batch.distinct.values }, inputs: { keep: mask(batch) } }),
    embed: ({ look, expand, inputs }) => ({ vectors: mul(expand(look('table')), inputs.keep!) }),
  };
}

function storeKept({ fields, dim }: EmbeddingSettings, table: FloatRows, { widths, kept }: Found): Stored {
  const places = new Int32Array(fields.rows).fill(-1);
  const tensors: Record<string, { data: Float32Array | Int32Array; shape: number[] }> = {};
  let dropped = false;
  for (const [f, size] of fields.sizes.entries()) {
    const width = widths[f]!;
    const values: number[] = [];
    let count = 0;
    for (let row = fields.offsets[f]!; row < fields.offsets[f]! + size; row++) {
      if (!kept[row]) {
        dropped = true;
        continue;
      }
      places[row] = count++;
      for (let j = 0; j < width; j++) values.push(table.data[row * dim + j]!);
    }
    tensors[`field${f}`] = { data: Float32Array.from(values), shape: [count, width] };
  }
  if (dropped) tensors.places = { data: places, shape: [fields.rows] };
  return { kind: 'kept', facts: { widths }, tensors };
}

export const optembed: MethodSpec = {
  title: 'OptEmbed',
  family: 'intra-feature',
  floor: ({ dim }) => 1 / dim,
  start(settings, { generations = 30 }): Compression {
    requireBudget('optembed', settings, this.floor(settings));
    let found: Found | undefined;
    const table = freshRows(settings, settings.fields.rows);
    return {
      stages: [
        () =>
          searchStage(settings, generations, (outcome) => {
            found = outcome;
          }),
        () => retrainStage(settings, table, found!),
      ],
      store: () => storeKept(settings, table, found!),
    };
  },
  restore(stored, { fields, dim }) {
    const widths = factList(stored, 'widths');
    const places = stored.tensors.places ? held(stored, 'places', Int32Array) : undefined;
    const own = widths.map((_, f) => held(stored, `field${f}`, Float32Array));
    return (ids, target) => {
      target.fill(0);
      for (let i = 0; i < ids.length; i++) {
        const f = fields.offsets.findLastIndex((offset) => offset <= ids[i]!);
        const place = places ? places[ids[i]!]! : ids[i]! - fields.offsets[f]!;
        const width = widths[f]!;
        if (place >= 0) target.set(own[f]!.subarray(place * width, (place + 1) * width), i * dim);
      }
    };
  },
};

/**
 * AutoDim (Zhao et al., WWW 2021): each field searches its width with a softened choice, then trains with it.
 *
 * @module
 */
import {
  add,
  div,
  logSoftmax,
  matmul,
  mean,
  mul,
  NDArray,
  reshape,
  rsqrt,
  sgd,
  softmax,
  stack,
  sub,
  sum,
  type Tensor,
  transpose,
  zeros,
} from '@fletch/array';
import { rng } from '@fletch/linalg';
import { FloatRows, uniformRows } from '../storage/row-tables.js';
import type { Compression, EmbeddingSettings, MethodSpec, Stage } from '../types.js';
import { fieldTableBytes, fieldTables, restoreFieldTables } from './field-tables.js';
import { budgetBytes, initialBound, requireBudget } from './table.js';

/** Widths that are tried: 2, 4, … up to the dimension. */
function candidatesOf(dim: number): number[] {
  const widths: number[] = [];
  for (let width = 2; width < dim; width *= 2) widths.push(width);
  return [...widths, dim];
}

/** Columns of each field less their mean over the batch, over their spread: `[fields, samples, dim]`. */
function byField(x: Tensor): Tensor {
  const centred = sub(x, mean(x, { axes: 1, keepDims: true }));
  return mul(centred, rsqrt(add(mean(mul(centred, centred), { axes: 1, keepDims: true }), 1e-5)));
}

/** −log(−log u): noise of the Gumbel distribution. */
const gumbel = (u: number) => -Math.log(-Math.log(Math.max(1e-12, u)));

/**
 * The widths that are likeliest together within the bytes: from the narrowest on, the widening that gains most for its bytes
 * comes first; gains are those of the concave hull, so that a wider one hidden behind a narrower is found.
 *
 * @param scores - log-probability of every candidate of every field
 */
export function chooseWidths(
  settings: Pick<EmbeddingSettings, 'fields' | 'dim'>,
  candidates: readonly number[],
  scores: readonly (readonly number[])[],
  bytes: number,
): number[] {
  const cost = (f: number, c: number) =>
    fieldTableBytes(
      { fields: { ...settings.fields, sizes: [settings.fields.sizes[f]!] }, dim: settings.dim },
      [candidates[c]!],
      true,
    );
  const chosen = scores.map(() => 0);
  const spent = () => chosen.reduce((sum, c, f) => sum + cost(f, c), 0);
  for (;;) {
    const room = bytes - spent();
    let best: { f: number; c: number; gain: number } | undefined;
    for (const [f, own] of scores.entries())
      for (let c = chosen[f]! + 1; c < candidates.length; c++) {
        const more = cost(f, c) - cost(f, chosen[f]!);
        const gain = (own[c]! - own[chosen[f]!]!) / Math.max(1, more);
        if (more <= room && gain > 0 && gain > (best?.gain ?? 0)) best = { f, c, gain };
      }
    if (!best) return chosen.map((c) => candidates[c]!);
    chosen[best.f] = best.c;
  }
}

function searchStage(
  settings: EmbeddingSettings,
  candidates: readonly number[],
  done: (scores: number[][]) => void,
): Stage {
  const { fields, dim, seed } = settings;
  const random = rng(seed, 6);
  const count = fields.sizes.length;
  const bound = initialBound(settings);
  const tables = Object.fromEntries(
    candidates.map((width) => [
      `width${width}`,
      new FloatRows(uniformRows(fields.rows, width, bound, random), width),
    ]),
  );
  const dense = Object.fromEntries(
    candidates.flatMap((width) => {
      const weights = random.fillNormal(new Float32Array(count * width * dim));
      return [
        [
          `w${width}`,
          new NDArray(
            weights.map((z) => z / Math.sqrt(width)),
            [count, width, dim],
            'float32',
          ),
        ],
        [`b${width}`, zeros([count, 1, dim])],
      ];
    }),
  );
  return {
    name: 'searching widths',
    epochs: 1,
    tables,
    dense,
    search: { params: { alpha: zeros([count, candidates.length]) }, optimizer: sgd({ learningRate: 1e-3 }) },
    feed: ({ distinct: { values }, samples }, noise, step) => {
      const drawn = noise.fillUniform(new Float32Array(count * candidates.length)).map(gumbel);
      const temperature = Math.max(0.01, 1 - (5e-5 / 2000) * samples * step);
      return {
        rows: Object.fromEntries(candidates.map((width) => [`width${width}`, values])),
        inputs: {
          noise: new NDArray(drawn, [count, candidates.length], 'float32'),
          temperature: new NDArray(Float32Array.of(temperature), [], 'float32'),
        },
      };
    },
    embed: ({ look, expand, dense: own, inputs, search, samples }) => {
      const alpha = search.alpha!;
      const weights = softmax(div(add(logSoftmax(alpha), inputs.noise!), inputs.temperature!));
      const tried = candidates.map((width) => {
        const rows = reshape(expand(look(`width${width}`)), [samples, count, width]);
        const projected = matmul(transpose(rows, [1, 0, 2]), own[`w${width}`]!);
        return byField(add(projected, own[`b${width}`]!));
      });
      const mixed = sum(mul(stack(tried, 1), reshape(weights, [count, candidates.length, 1, 1])), {
        axes: 1,
      });
      return { vectors: reshape(transpose(mixed, [1, 0, 2]), [samples * count, dim]) };
    },
    finish: ({ search }) => {
      const alpha = search.alpha!.data as Float32Array;
      const rows = fields.sizes.map((_, f) =>
        Array.from(alpha.subarray(f * candidates.length, (f + 1) * candidates.length)),
      );
      done(
        rows.map((row) => {
          const total = Math.log(row.reduce((all, value) => all + Math.exp(value), 0));
          return row.map((value) => value - total);
        }),
      );
    },
  };
}

export const autodim: MethodSpec = {
  title: 'AutoDim',
  family: 'intra-feature',
  floor: (settings) =>
    fieldTableBytes(
      settings,
      settings.fields.sizes.map(() => 2),
      true,
    ) /
    (4 * settings.fields.rows * settings.dim),
  start(settings): Compression {
    requireBudget('autodim', settings, this.floor(settings));
    const candidates = candidatesOf(settings.dim);
    let chosen: ReturnType<typeof fieldTables> | undefined;
    return {
      stages: [
        () =>
          searchStage(settings, candidates, (scores) => {
            const widths = chooseWidths(settings, candidates, scores, budgetBytes(settings));
            chosen = fieldTables(settings, widths, { bias: true, freshHead: true });
          }),
        () => chosen!.stage(),
      ],
      store: () => chosen!.store(),
    };
  },
  restore: restoreFieldTables,
};

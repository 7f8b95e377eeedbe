/**
 * ALPT, adaptive low-precision training (Li et al., AAAI 2023): whole numbers whose scale is learned row by row.
 *
 * @module
 */
import {
  customVjp,
  div,
  greaterEqual,
  less,
  maximum,
  minimum,
  mul,
  round,
  stopGradient,
  sub,
  sum,
  type Tensor,
  where,
} from '@fletch/array';
import { rng } from '@fletch/linalg';
import { FloatRows, IntegerRows, largestCode, type RowTable } from '../storage/row-tables.js';
import type { MethodSpec } from '../types.js';
import { restoreIntegers, scaleOf, storedIntegers } from './integers.js';
import { freshRows, requireBudget } from './table.js';

/** Learning rate of the scales. */
const SCALE_RATE = 2e-5;
/** Scales stay above this. */
const LEAST_SCALE = 1e-6;

/**
 * Rows `Δ · round(clamp(w / Δ))` whose gradient reaches the scales only: `dL/dΔ = g · Σᵢ dL/dêᵢ · ρ(wᵢ / Δ)`, where ρ is the
 * largest or smallest code where it was clamped, else round(v) − v (Esser et al., LSQ, ICLR 2020).
 *
 * @param rows - `[n, dim]`
 * @param scales - `[n, 1]`
 * @param factor - g
 */
export function quantizeWithScale(rows: Tensor, scales: Tensor, bits: number, factor: number): Tensor {
  const most = largestCode(bits);
  const quantize = customVjp<readonly [Tensor, Tensor]>(
    (w, scale) => mul(scale, round(minimum(maximum(div(w, scale), -most - 1), most))),
    (g, [w, scale]) => {
      const v = div(w, scale);
      const slope = where(
        less(v, -most - 1),
        -most - 1,
        where(greaterEqual(v, most), most, sub(round(v), v)),
      );
      return [undefined, mul(sum(mul(g, slope), { axes: 1, keepDims: true }), factor)];
    },
  );
  return quantize(rows, scales);
}

const alpt = (bits: 8 | 16): MethodSpec => ({
  title: `ALPT-${bits}`,
  family: 'intra-feature',
  floor: ({ dim }) => bits / 32 + 1 / dim,
  start(settings, options) {
    const { fields, dim, seed } = settings;
    // A scale for each row: the paper leaves it out of its budget, a file cannot.
    requireBudget(`alpt${bits}`, settings, bits / 32 + 1 / dim);
    const scales = new FloatRows(new Float32Array(fields.rows).fill(scaleOf(bits, options)), 1, SCALE_RATE);
    const scaleAt = (row: number) => scales.data[row]!;
    const initial = freshRows(settings, fields.rows);
    const table = new IntegerRows(initial.data, dim, bits, scaleAt, rng(seed, 4));
    const positive: RowTable = {
      rows: scales.rows,
      width: 1,
      rate: SCALE_RATE,
      read: (rows, target) => scales.read(rows, target),
      write: (rows, source) =>
        scales.write(
          rows,
          source.map((value) => Math.max(LEAST_SCALE, value)),
        ),
    };
    const look = ({ distinct: { values } }: { distinct: { values: Int32Array } }) => values;
    return {
      stages: [
        () => ({
          name: 'training',
          epochs: 1,
          // The scales come first: what is rounded is rounded with the new ones.
          tables: { scale: positive, table },
          feed: (batch) => ({ rows: { scale: look(batch), table: look(batch) } }),
          embed: (scope) => ({ vectors: scope.expand(scope.look('table')) }),
          second: {
            table: 'scale',
            embed: (scope) => {
              const factor = 1 / Math.sqrt(scope.samples * dim * largestCode(bits));
              const rows = stopGradient(scope.look('table'));
              return scope.expand(quantizeWithScale(rows, scope.look('scale'), bits, factor));
            },
          },
        }),
      ],
      store: () => storedIntegers(table.codes, scales.data, dim),
    };
  },
  restore: restoreIntegers,
});

/** Codes of 8 bits. */
export const alpt8 = alpt(8);
/** Codes of 16 bits. */
export const alpt16 = alpt(16);

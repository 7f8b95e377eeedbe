/**
 * Rows as codes of product quantization that is learned with the task: DPQ (Chen, Li and Sun, ICML 2020) and MGQE (Kang et al.,
 * WWW 2020), where rare ids have fewer centroids.
 *
 * @module
 */
import {
  add,
  arange,
  argmax,
  gather,
  less,
  matmul,
  mean,
  mul,
  NDArray,
  ones,
  reshape,
  rsqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  where,
  zeros,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { packCodes, unpackCode } from '../storage/codes.js';
import { uniformRows } from '../storage/row-tables.js';
import { fact, held } from '../storage/stored.js';
import type { Arrays, EmbeddingSettings, MethodOptions, MethodSpec } from '../types.js';
import { mostFrequent } from './adapt.js';
import { freshRows, initialBound, requireBudget } from './table.js';

const EPSILON = 1e-5;
const MOMENTUM = 0.1;
/** Centroids of ids that are not frequent, as a share. */
const RARE_SHARE = 0.25;
/** Score of centroids that an id may not have. */
const FORBIDDEN = -1e9;

interface Shape {
  readonly parts: number;
  readonly centroids: number;
  readonly bits: number;
}

function shapeOf(
  name: string,
  dim: number,
  options: MethodOptions,
  defaults: { parts: number; centroids: number },
): Shape {
  const { parts = defaults.parts, centroids = defaults.centroids } = options;
  if (!(Number.isSafeInteger(parts) && parts > 0 && dim % parts === 0))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${name} cuts a row of ${dim} numbers into ${parts} parts: the dimension must be a multiple of the parts.`,
    );
  if (!(Number.isSafeInteger(centroids) && centroids >= 4 && centroids <= 256))
    throw new FletchError('INVALID_ARGUMENT', `centroids is ${centroids}: it is an integer from 4 to 256.`);
  return { parts, centroids, bits: Math.ceil(Math.log2(centroids)) };
}

/** Bytes of codes and codebooks over those of the table. */
function shareOf({ fields, dim }: EmbeddingSettings, { parts, centroids, bits }: Shape): number {
  return (Math.ceil((fields.rows * parts * bits) / 8) + 4 * centroids * dim) / (4 * fields.rows * dim);
}

/**
 * How well each centroid fits: −‖e − c‖² of every part, standardized by mean and variance.
 *
 * @param rows - `[n, dim]`
 * @param books - `[parts, centroids, dim / parts]`
 * @returns `[parts, n, centroids]`
 */
function scoresOf(rows: Tensor, books: Tensor, { parts }: Shape): Tensor {
  const [n, dim] = rows.shape as [number, number];
  const e = transpose(reshape(rows, [n, parts, dim / parts]), [1, 0, 2]);
  const cross = matmul(e, transpose(books, [0, 2, 1]));
  const own = sum(square(e), { axes: 2, keepDims: true });
  const theirs = reshape(sum(square(books), { axes: 2 }), [parts, 1, -1]);
  return sub(sub(mul(cross, 2), own), theirs);
}

function quantized(
  name: 'mgqe' | 'dpq',
  title: string,
  defaults: { readonly parts: number; readonly centroids: number },
): MethodSpec {
  return {
    title,
    family: 'inter-feature',
    floor: (settings) => shareOf(settings, shapeOf(name, settings.dim, {}, defaults)),
    start(settings, options) {
      const { fields, dim, seed } = settings;
      const shape = shapeOf(name, dim, options, defaults);
      const { parts, centroids, bits } = shape;
      requireBudget(name, settings, shareOf(settings, shape));
      const allowed = new Uint16Array(fields.rows).fill(
        name === 'mgqe' ? Math.max(1, Math.floor(RARE_SHARE * centroids)) : centroids,
      );
      if (name === 'mgqe')
        for (const id of mostFrequent('mgqe', settings, options.frequent ?? 0.1)) allowed[id] = centroids;
      const table = freshRows(settings, fields.rows);
      const width = dim / parts;
      const books = uniformRows(parts * centroids, width, initialBound(settings), rng(seed, 2));
      let dense: Arrays = { books: new NDArray(books, [parts, centroids, width], 'float32') };
      let carried: Arrays = { mean: zeros([parts, 1, centroids]), variance: ones([parts, 1, centroids]) };
      return {
        stages: [
          () => ({
            name: 'training',
            epochs: 1,
            tables: { table },
            dense,
            carried,
            feed: ({ distinct: { values } }) => ({
              rows: { table: values },
              inputs: {
                allowed: new NDArray(
                  Int32Array.from(values, (id) => allowed[id]!),
                  [1, values.length, 1],
                  'int32',
                ),
              },
            }),
            embed: ({ look, dense: own, carried: running, inputs, expand, training }) => {
              const rows = look('table');
              const scores = stopGradient(scoresOf(rows, own.books!, shape));
              const centre = training ? mean(scores, { axes: 1, keepDims: true }) : running.mean!;
              const variance = training
                ? mean(square(sub(scores, centre)), { axes: 1, keepDims: true })
                : running.variance!;
              const normal = mul(sub(scores, centre), rsqrt(add(variance, EPSILON)));
              const codes = argmax(withLimit(normal, inputs.allowed!), { axis: 2 });
              const output = chosen(own.books!, codes, dim);
              const next = (before: Tensor, now: Tensor) =>
                add(mul(before, 1 - MOMENTUM), mul(now, MOMENTUM));
              return {
                vectors: expand(add(rows, stopGradient(sub(output, rows)))),
                loss: mean(square(sub(output, stopGradient(rows)))),
                carried: { mean: next(running.mean!, centre), variance: next(running.variance!, variance) },
              };
            },
            finish: (learned) => {
              ({ dense, carried } = learned);
            },
          }),
        ],
        store: () => {
          const codes = codesOf(table.data, dense.books!, carried, allowed, shape);
          return {
            kind: 'codes',
            facts: { parts, centroids },
            tensors: {
              codes: packCodes(codes, bits),
              books: { data: dense.books!.data as Float32Array, shape: [parts, centroids, width] },
            },
          };
        },
      };
    },
    restore(stored, { dim }) {
      const [parts, centroids] = [fact(stored, 'parts'), fact(stored, 'centroids')];
      const codes = held(stored, 'codes', Uint8Array);
      const books = held(stored, 'books', Float32Array);
      const width = dim / parts;
      const bits = Math.ceil(Math.log2(centroids));
      return (ids, target) => {
        for (let i = 0, at = 0; i < ids.length; i++)
          for (let s = 0; s < parts; s++) {
            const code = unpackCode(codes, bits, ids[i]! * parts + s);
            const from = (s * centroids + code) * width;
            for (let j = 0; j < width; j++) target[at++] = books[from + j]!;
          }
      };
    },
  };
}

/** Scores, with the centroids from `allowed` on out of reach. */
function withLimit(scores: Tensor, allowed: Tensor): Tensor {
  const centroids = scores.shape[2]!;
  const numbers = reshape(tensor(arange(centroids)), [1, 1, centroids]);
  return where(less(numbers, allowed), scores, FORBIDDEN);
}

/** The rows that codes stand for: `[parts, n]` to `[n, dim]`. */
function chosen(books: Tensor, codes: Tensor, dim: number): Tensor {
  const [parts, centroids, width] = books.shape as [number, number, number];
  const first = reshape(mul(tensor(arange(parts)), centroids), [parts, 1]);
  const rows = gather(reshape(books, [parts * centroids, width]), add(codes, first));
  return reshape(transpose(rows, [1, 0, 2]), [-1, dim]);
}

/** The codes of all rows with the statistics that were carried: n × parts. */
function codesOf(
  table: Float32Array,
  books: NDArray,
  carried: Arrays,
  allowed: Uint16Array,
  { parts, centroids }: Shape,
): Uint8Array {
  const width = books.shape[2]!;
  const dim = parts * width;
  const centres = carried.mean!.data as Float32Array;
  const spreads = (carried.variance!.data as Float32Array).map((value) => 1 / Math.sqrt(value + EPSILON));
  const numbers = books.data as Float32Array;
  const codes = new Uint8Array((table.length / dim) * parts);
  for (let i = 0, at = 0; i < table.length / dim; i++)
    for (let s = 0; s < parts; s++) {
      let best = Number.NEGATIVE_INFINITY;
      let code = 0;
      for (let j = 0; j < allowed[i]!; j++) {
        const place = s * centroids + j;
        let distance = 0;
        for (let k = 0; k < width; k++)
          distance += (table[i * dim + s * width + k]! - numbers[place * width + k]!) ** 2;
        const score = (-distance - centres[place]!) * spreads[place]!;
        if (score > best) [best, code] = [score, j];
      }
      codes[at++] = code;
    }
  return codes;
}

/** 256 centroids of 4 parts, of which ids that are not among the most frequent tenth may have a quarter. */
export const mgqe = quantized('mgqe', 'MGQE', { parts: 4, centroids: 256 });
/** 32 centroids of 8 parts for all. */
export const dpq = quantized('dpq', 'DPQ', { parts: 8, centroids: 32 });

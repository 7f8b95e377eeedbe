/**
 * DHE, deep hash embeddings (Kang et al., KDD 2021): no table, but a network on many hashes of the id.
 *
 * @module
 */
import {
  add,
  matmul,
  mean,
  mul,
  NDArray,
  ones,
  rsqrt,
  softplus,
  sub,
  type Tensor,
  tanh,
  zeros,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import { type Rng, rng } from '@fletch/linalg';
import { largest } from '../budget.js';
import { bucketOf, DHE_BUCKETS, type UniversalHash, universalHashes } from '../hashing.js';
import { fact, held } from '../storage/stored.js';
import type { Arrays, MethodOptions, MethodSpec } from '../types.js';
import { budgetBytes, requireBudget } from './table.js';

/** Hidden layers. */
const LAYERS = 5;
const EPSILON = 1e-5;
/** Share of a batch's statistics in the running ones. */
const MOMENTUM = 0.1;

/** Numbers of the network, normalizations folded into its layers. */
const sizeOf = (hashes: number, width: number, dim: number): number =>
  (hashes + 1) * width + (LAYERS - 1) * width * (width + 1) + (width + 1) * dim;

const hashesOf = ({ hashes = 128 }: MethodOptions): number => {
  if (Number.isSafeInteger(hashes) && hashes > 0) return hashes;
  throw new FletchError('INVALID_ARGUMENT', `hashes is ${hashes}: it must be a positive integer.`);
};

/** Codes of ids, uniform in −1 … 1. */
export function hashCodes(hashes: readonly UniversalHash[], ids: Int32Array): Float32Array {
  const codes = new Float32Array(ids.length * hashes.length);
  for (let i = 0, at = 0; i < ids.length; i++)
    for (const hash of hashes) codes[at++] = (2 * bucketOf(hash, ids[i]!)) / (DHE_BUCKETS - 1) - 1;
  return codes;
}

/** x · tanh(log(1 + e^x)) (Misra, BMVC 2020). */
const mish = (x: Tensor): Tensor => mul(x, tanh(softplus(x)));
const mishOf = (x: number): number => x * Math.tanh(x > 20 ? x : Math.log1p(Math.exp(x)));

function initialLayers(hashes: number, width: number, dim: number, random: Rng): Arrays {
  const layers: Record<string, NDArray> = {};
  for (let k = 0; k <= LAYERS; k++) {
    const [inputs, outputs] = [k === 0 ? hashes : width, k === LAYERS ? dim : width];
    // The last layer begins small, as tables do.
    const spread = k === LAYERS ? 0.1 / Math.sqrt(inputs) : Math.sqrt(2 / inputs);
    const weights = random.fillNormal(new Float32Array(inputs * outputs)).map((z) => z * spread);
    layers[`w${k}`] = new NDArray(weights, [inputs, outputs], 'float32');
    layers[`b${k}`] = zeros([outputs]);
    if (k === LAYERS) break;
    layers[`gamma${k}`] = ones([width]);
    layers[`beta${k}`] = zeros([width]);
  }
  return layers;
}

/** Layers with their normalizations folded in: `w γ / √(v + ε)`, `(b − m) γ / √(v + ε) + β`. */
function fold(
  dense: Arrays,
  carried: Arrays,
): { [name: string]: { data: Float32Array; shape: readonly number[] } } {
  const numbers = (array: NDArray) => array.data as Float32Array;
  const folded: { [name: string]: { data: Float32Array; shape: readonly number[] } } = {};
  for (let k = 0; k <= LAYERS; k++) {
    const [w, b] = [dense[`w${k}`]!, dense[`b${k}`]!];
    const outputs = b.size;
    const scale = Float32Array.from({ length: outputs }, (_, j) =>
      k === LAYERS
        ? 1
        : numbers(dense[`gamma${k}`]!)[j]! / Math.sqrt(numbers(carried[`variance${k}`]!)[j]! + EPSILON),
    );
    folded[`w${k}`] = { data: numbers(w).map((value, i) => value * scale[i % outputs]!), shape: w.shape };
    folded[`b${k}`] = {
      data: numbers(b).map((value, j) =>
        k === LAYERS
          ? value
          : (value - numbers(carried[`mean${k}`]!)[j]!) * scale[j]! + numbers(dense[`beta${k}`]!)[j]!,
      ),
      shape: b.shape,
    };
  }
  return folded;
}

export const dhe: MethodSpec = {
  title: 'DHE',
  family: 'inter-feature',
  floor: ({ fields, dim }) => sizeOf(128, 1, dim) / (fields.rows * dim),
  start(settings, options) {
    const { fields, dim, seed } = settings;
    const count = hashesOf(options);
    requireBudget('dhe', settings, sizeOf(count, 1, dim) / (fields.rows * dim));
    const width = largest(1, 8192, (w) => 4 * sizeOf(count, w, dim) <= budgetBytes(settings));
    const hashes = universalHashes(count, rng(seed, 7));
    let dense = initialLayers(count, width, dim, rng(seed, 2));
    let carried: Arrays = Object.fromEntries(
      Array.from({ length: LAYERS }, (_, k) => [
        [`mean${k}`, zeros([width])],
        [`variance${k}`, ones([width])],
      ]).flat() as [string, NDArray][],
    );
    return {
      stages: [
        () => ({
          name: 'training',
          epochs: 1,
          tables: {},
          dense,
          carried,
          feed: ({ distinct: { values } }) => ({
            rows: {},
            inputs: { codes: new NDArray(hashCodes(hashes, values), [values.length, count], 'float32') },
          }),
          embed: ({ dense: own, carried: running, inputs, expand, training }) => {
            const next: Record<string, Tensor> = {};
            let x = inputs.codes!;
            for (let k = 0; k < LAYERS; k++) {
              const y = add(matmul(x, own[`w${k}`]!), own[`b${k}`]!);
              const centre = training ? mean(y, { axes: 0 }) : running[`mean${k}`]!;
              const centred = sub(y, centre);
              const variance = training ? mean(mul(centred, centred), { axes: 0 }) : running[`variance${k}`]!;
              const keep = (name: string, value: Tensor) => {
                next[name] = add(mul(running[name]!, 1 - MOMENTUM), mul(value, MOMENTUM));
              };
              keep(`mean${k}`, centre);
              keep(`variance${k}`, variance);
              const normal = mul(centred, rsqrt(add(variance, EPSILON)));
              x = mish(add(mul(normal, own[`gamma${k}`]!), own[`beta${k}`]!));
            }
            const rows = add(matmul(x, own[`w${LAYERS}`]!), own[`b${LAYERS}`]!);
            return { vectors: expand(rows), carried: next };
          },
          finish: (learned) => {
            ({ dense, carried } = learned);
          },
        }),
      ],
      store: () => ({ kind: 'hash-network', facts: { seed, hashes: count }, tensors: fold(dense, carried) }),
    };
  },
  restore(stored, { dim }) {
    const hashes = universalHashes(fact(stored, 'hashes'), rng(fact(stored, 'seed'), 7));
    const layers = Array.from({ length: LAYERS + 1 }, (_, k) => ({
      w: held(stored, `w${k}`, Float32Array),
      b: held(stored, `b${k}`, Float32Array),
    }));
    return (ids, target) => {
      for (let i = 0; i < ids.length; i++) {
        let x: Float32Array = hashCodes(hashes, ids.subarray(i, i + 1));
        for (const [k, { w, b }] of layers.entries()) {
          const y = Float32Array.from(b);
          for (let from = 0; from < x.length; from++)
            for (let j = 0; j < y.length; j++) y[j]! += x[from]! * w[from * y.length + j]!;
          x = k < LAYERS ? y.map(mishOf) : y;
        }
        target.set(x, i * dim);
      }
    };
  },
};

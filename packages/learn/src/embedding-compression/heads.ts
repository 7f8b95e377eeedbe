/**
 * Models of click-through rates on top of embeddings: logits from the embeddings of a sample's fields.
 *
 * @module
 */
import {
  add,
  concat,
  flatten,
  matmul,
  mul,
  NDArray,
  relu,
  reshape,
  sub,
  sum,
  type Tensor,
  transpose,
  zeros,
} from '@fletch/array';
import { type Rng, rng } from '@fletch/linalg';
import type { Arrays, Tensors } from './types.js';

/** A head. */
export interface Head {
  init(fields: number, dim: number, seed: number): Arrays;
  /**
   * Traced.
   *
   * @param x - `[samples, fields, dim]`
   * @returns `[samples]`
   */
  apply(params: Tensors, x: Tensor): Tensor;
}

/** Weights of a linear layer, normal with variance 2 / (inputs + outputs) (Glorot and Bengio, AISTATS 2010). */
function linear(inputs: number, outputs: number, random: Rng): NDArray {
  const spread = Math.sqrt(2 / (inputs + outputs));
  const data = random.fillNormal(new Float32Array(inputs * outputs)).map((value) => spread * value);
  return new NDArray(data, [inputs, outputs], 'float32');
}

function mlp(prefix: string, widths: readonly number[], random: Rng): Arrays {
  return Object.fromEntries(
    widths.slice(1).flatMap((width, i) => [
      [`${prefix}w${i}`, linear(widths[i]!, width, random)],
      [`${prefix}b${i}`, zeros([width])],
    ]),
  );
}

/** Layers with relu between them. */
function runMlp(params: Tensors, prefix: string, x: Tensor): Tensor {
  let y = x;
  for (let i = 0; params[`${prefix}w${i}`]; i++) {
    if (i > 0) y = relu(y);
    y = add(matmul(y, params[`${prefix}w${i}`]!), params[`${prefix}b${i}`]!);
  }
  return y;
}

const flat = (x: Tensor) => flatten(x, 1);
const column = (y: Tensor) => reshape(y, [y.shape[0]!]);
const HIDDEN = [128, 64];

const wdl: Head = {
  init(fields, dim, seed) {
    const random = rng(seed, 3);
    return {
      ...mlp('wide', [fields * dim, 1], random),
      ...mlp('deep', [fields * dim, ...HIDDEN, 1], random),
    };
  },
  apply: (p, x) => column(add(runMlp(p, 'wide', flat(x)), runMlp(p, 'deep', flat(x)))),
};

const deepfm: Head = {
  init: wdl.init,
  apply(p, x) {
    // Sum over pairs of dot products: half of the square of the sum less the sum of the squares.
    const total = sum(x, { axes: 1 });
    const pairs = sum(sub(mul(total, total), sum(mul(x, x), { axes: 1 })), { axes: 1 });
    return add(wdl.apply(p, x), mul(pairs, 0.5));
  },
};

const dcn: Head = {
  init(fields, dim, seed) {
    const random = rng(seed, 3);
    const width = fields * dim;
    return {
      ...Object.fromEntries(
        [0, 1, 2].flatMap((i) => [
          [`crossw${i}`, linear(width, 1, random)],
          [`crossb${i}`, zeros([width])],
        ]),
      ),
      ...mlp('deep', [width, ...HIDDEN], random),
      ...mlp('top', [width + HIDDEN.at(-1)!, 1], random),
    };
  },
  apply(p, x) {
    const x0 = flat(x);
    let crossed = x0;
    for (let i = 0; p[`crossw${i}`]; i++)
      crossed = add(add(mul(x0, matmul(crossed, p[`crossw${i}`]!)), p[`crossb${i}`]!), crossed);
    return column(runMlp(p, 'top', concat([crossed, relu(runMlp(p, 'deep', x0))], 1)));
  },
};

const dlrm: Head = {
  init(fields, dim, seed) {
    return mlp('top', [fields * fields + fields * dim, 128, 64, 1], rng(seed, 3));
  },
  apply(p, x) {
    const products = matmul(x, transpose(x, [0, 2, 1]));
    return column(runMlp(p, 'top', concat([flat(products), flat(x)], 1)));
  },
};

/** Wide and deep (Cheng et al., DLRS 2016), DeepFM (Guo et al., IJCAI 2017), deep and cross (Wang et al., ADKDD 2017), DLRM (Naumov et al., arXiv 1906.00091); small: hidden layers of 128 and 64. */
export const heads = { wdl, dlrm, deepfm, dcn } as const;

/** Names of the heads. */
export type HeadName = keyof typeof heads;

/**
 * The three training steps that are measured, as pure functions of @fletch/array, with their FLOP counts.
 */
import * as fa from '@fletch/array';

/** The same numbers on every machine. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}

export function uniform(shape, scale, seed) {
  const next = random(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return fa.array(
    Float32Array.from({ length: size }, () => 2 * scale * next()),
    'float32',
    shape,
  );
}

export function labels(shape, classes, seed) {
  const next = random(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return fa.array(
    Int32Array.from({ length: size }, () => Math.floor((next() + 0.5) * classes)),
    'int32',
    shape,
  );
}

/** 784-512-512-10, batch 128, SGD. */
export function mlp(batch = 128) {
  const sizes = [784, 512, 512, 10];
  const layers = sizes.slice(1).map((out, i) => ({
    w: uniform([sizes[i], out], 1 / Math.sqrt(sizes[i]), i + 1),
    b: fa.zeros([out]),
  }));
  const forward = (p, x) =>
    p.layers.reduce((h, { w, b }, i) => {
      const z = fa.add(fa.matmul(h, w), b);
      return i < 2 ? fa.relu(z) : z;
    }, x);
  const loss = (p, x, y) => fa.crossEntropy(forward(p, x), y);
  const optimizer = fa.sgd({ learningRate: 0.1 });
  const products = sizes.slice(1).reduce((n, out, i) => n + sizes[i] * out, 0);
  return {
    name: 'MLP 784-512-512-10, batch 128, SGD',
    loss,
    optimizer,
    params: { layers },
    batch: [uniform([batch, 784], 1, 9), labels([batch], 10, 10)],
    // Forward, gradient of the weights, gradient of the activations (not for the input).
    flop: 2 * batch * (3 * products - sizes[0] * sizes[1]),
  };
}

/** GPT: pre-norm blocks with causal attention, learned positions, tied to nothing; Adam. */
export function gpt({
  layers = 4,
  width = 128,
  heads = 4,
  tokens = 128,
  batch = 16,
  vocabulary = 1024,
} = {}) {
  const block = (seed) => ({
    norm1: { w: fa.ones([width]), b: fa.zeros([width]) },
    attention: { w: uniform([width, 3 * width], 0.08, seed), b: fa.zeros([3 * width]) },
    project: { w: uniform([width, width], 0.08, seed + 1), b: fa.zeros([width]) },
    norm2: { w: fa.ones([width]), b: fa.zeros([width]) },
    up: { w: uniform([width, 4 * width], 0.08, seed + 2), b: fa.zeros([4 * width]) },
    down: { w: uniform([4 * width, width], 0.04, seed + 3), b: fa.zeros([width]) },
  });
  const params = {
    embedding: uniform([vocabulary, width], 0.02, 1),
    positions: uniform([tokens, width], 0.02, 2),
    blocks: Array.from({ length: layers }, (_, i) => block(10 * i + 10)),
    norm: { w: fa.ones([width]), b: fa.zeros([width]) },
    head: uniform([width, vocabulary], 0.08, 3),
  };
  const dense = (x, p) => fa.add(fa.matmul(x, p.w), p.b);
  const forward = (p, ids) => {
    let h = fa.add(fa.gather(p.embedding, ids), p.positions);
    for (const layer of p.blocks) {
      const n = fa.layerNorm(h, layer.norm1.w, layer.norm1.b);
      const qkv = dense(n, layer.attention);
      const part = (i) => fa.sliceAxis(qkv, -1, i * width, (i + 1) * width);
      const [q, k, v] = [0, 1, 2].map((i) =>
        fa.transpose(fa.reshape(part(i), [batch, tokens, heads, width / heads]), [0, 2, 1, 3]),
      );
      const mixed = fa.transpose(fa.attention(q, k, v, { causal: true }), [0, 2, 1, 3]);
      h = fa.add(h, dense(fa.reshape(mixed, [batch, tokens, width]), layer.project));
      const m = fa.layerNorm(h, layer.norm2.w, layer.norm2.b);
      h = fa.add(h, dense(fa.gelu(dense(m, layer.up)), layer.down));
    }
    return fa.matmul(fa.layerNorm(h, p.norm.w, p.norm.b), p.head);
  };
  const loss = (p, ids, next) => fa.crossEntropy(forward(p, ids), next);
  const rows = batch * tokens;
  const dense1 = layers * (12 * width * width) + width * vocabulary;
  const attention = layers * 2 * batch * tokens * tokens * width;
  return {
    name: `GPT ${layers} layers, width ${width}, ${heads} heads, ${batch} × ${tokens} tokens, Adam`,
    loss,
    optimizer: fa.adam({ learningRate: 1e-3 }),
    params,
    batch: [labels([batch, tokens], vocabulary, 5), labels([batch, tokens], vocabulary, 6)],
    flop: 3 * 2 * (rows * dense1 + attention),
  };
}

/** Three convolutions 3 × 3 with 32 channels on 28 × 28, mean over places, 10 classes, batch 64, SGD. */
export function cnn(batch = 64, channels = 32) {
  const convs = [1, channels, channels].map((inner, i) => ({
    w: uniform([channels, inner, 3, 3], 1 / Math.sqrt(9 * inner), 20 + i),
    b: fa.zeros([channels]),
  }));
  const params = { convs, head: { w: uniform([channels, 10], 0.1, 30), b: fa.zeros([10]) } };
  const loss = (p, x, y) => {
    const h = p.convs.reduce((a, { w, b }) => fa.relu(fa.conv2d(a, w, b, { padding: 1 })), x);
    return fa.crossEntropy(fa.add(fa.matmul(fa.mean(h, { axes: [2, 3] }), p.head.w), p.head.b), y);
  };
  const places = batch * 28 * 28 * 9 * channels;
  return {
    name: 'CNN 3 × (3 × 3, 32 channels), 28 × 28, batch 64, SGD',
    loss,
    optimizer: fa.sgd({ learningRate: 0.1 }),
    params,
    batch: [uniform([batch, 1, 28, 28], 1, 9), labels([batch], 10, 10)],
    // Input and weight gradients of both inner layers, the weight gradient of the first.
    flop: 2 * places * (2 * 1 + 3 * channels * 2),
  };
}

/** The whole step as one function: loss, gradients, optimizer. */
export function stepOf({ loss, optimizer }, options = {}) {
  const compiled = fa.compile(
    (params, state, ...batch) => {
      const [value, gradients] = fa.valueAndGrad(loss)(params, ...batch);
      const [next, nextState] = optimizer.update(params, gradients, state);
      return { params: next, state: nextState, loss: value };
    },
    { name: 'step', donate: [0, 1], ...options },
  );
  return compiled;
}

/**
 * The measured training steps in jax-js (WebAssembly): `node jax-js.mjs mlp|gpt|cnn seconds` prints one line of JSON.
 */
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { time } from '../time.mjs';

const [name, seconds] = [process.argv[2], Number(process.argv[3] ?? 3)];
await init('wasm');
defaultDevice('wasm');

let state = 1;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32 - 0.5;
};
const uniform = (shape, scale) =>
  np
    .array(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * scale * random()))
    .reshape(shape);
const labels = (shape, classes) =>
  np
    .array(
      Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
        Math.floor((random() + 0.5) * classes),
      ),
    )
    .reshape(shape);

/** Mean of −log p of the right class. */
function crossEntropy(logits, hot) {
  const rows = hot.shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return nn
    .logSoftmax(logits, -1)
    .mul(hot)
    .sum()
    .mul(-1 / rows);
}

function mlp() {
  const sizes = [784, 512, 512, 10];
  const params = sizes
    .slice(1)
    .map((out, i) => ({ w: uniform([sizes[i], out], 1 / Math.sqrt(sizes[i])), b: np.zeros([out]) }));
  const loss = (p, x, hot) =>
    crossEntropy(
      p.reduce((h, { w, b }, i) => {
        const z = np.matmul(h, w).add(b);
        return i < 2 ? nn.relu(z) : z;
      }, x),
      hot,
    );
  return { params, loss, batch: [uniform([128, 784], 1), nn.oneHot(labels([128], 10), 10)], adam: false };
}

function gpt() {
  const [layers, width, heads, tokens, batch, vocabulary] = [4, 128, 4, 128, 16, 1024];
  const dense = (x, { w, b }) => np.matmul(x, w).add(b);
  const norm = (x, { w, b }) => nn.standardize(x, -1).mul(w).add(b);
  const scale = () => ({ w: np.ones([width]), b: np.zeros([width]) });
  const weights = (rows, columns) => ({ w: uniform([rows, columns], 0.08), b: np.zeros([columns]) });
  const params = {
    embedding: uniform([vocabulary, width], 0.02),
    positions: uniform([tokens, width], 0.02),
    blocks: Array.from({ length: layers }, () => ({
      norm1: scale(),
      attention: weights(width, 3 * width),
      project: weights(width, width),
      norm2: scale(),
      up: weights(width, 4 * width),
      down: weights(4 * width, width),
    })),
    norm: scale(),
    head: uniform([width, vocabulary], 0.08),
  };
  const unseen = Float32Array.from({ length: tokens * tokens }, (_, i) =>
    i % tokens > i / tokens ? -60 : 0,
  );
  const mask = np.array(unseen).reshape([tokens, tokens]);
  const loss = (p, ids, hot) => {
    // The embedding as a product with one-hot rows: this library's take has no faster gradient.
    let h = np.matmul(ids, p.embedding).add(p.positions);
    for (const layer of p.blocks) {
      const qkv = dense(norm(h.ref, layer.norm1), layer.attention);
      // Its own attention needs iterator helpers, which Node 20 has not.
      const [q, k, v] = np
        .split(qkv, 3, -1)
        .map((part) => part.reshape([batch, tokens, heads, width / heads]).transpose([0, 2, 1, 3]));
      const scores = np
        .matmul(q, k.transpose([0, 1, 3, 2]))
        .mul(Math.sqrt(heads / width))
        .add(mask.ref);
      const mixed = np
        .matmul(nn.softmax(scores, -1), v)
        .transpose([0, 2, 1, 3])
        .reshape([batch, tokens, width]);
      h = h.add(dense(mixed, layer.project));
      h = h.ref.add(
        dense(nn.gelu(dense(norm(h, layer.norm2), layer.up), { approximate: false }), layer.down),
      );
    }
    return crossEntropy(np.matmul(norm(h, p.norm), p.head), hot);
  };
  const ids = () => nn.oneHot(labels([batch, tokens], vocabulary), vocabulary);
  return { params, loss, batch: [ids(), ids()], adam: true };
}

function cnn() {
  const params = {
    convs: [1, 32, 32].map((inner) => ({
      w: uniform([32, inner, 3, 3], 1 / Math.sqrt(9 * inner)),
      b: np.zeros([32, 1, 1]),
    })),
    head: { w: uniform([32, 10], 0.1), b: np.zeros([10]) },
  };
  const loss = (p, x, hot) => {
    const h = p.convs.reduce((a, { w, b }) => nn.relu(lax.conv(a, w, [1, 1], 'SAME').add(b)), x);
    return crossEntropy(np.matmul(h.mean([2, 3]), p.head.w).add(p.head.b), hot);
  };
  return { params, loss, batch: [uniform([64, 1, 28, 28], 1), nn.oneHot(labels([64], 10), 10)], adam: false };
}

const { params, loss, batch, adam } = { mlp, gpt, cnn }[name]();
const [beta1, beta2, rate] = [0.9, 0.999, 1e-3];
const step = jit((p, m, v, ...given) => {
  const [value, gradients] = valueAndGrad(loss)(tree.ref(p), ...given);
  if (!adam) return [tree.map((w, g) => w.sub(g.mul(0.1)), p, gradients), m, v, value];
  const mean = tree.map((a, g) => a.mul(beta1).add(g.mul(1 - beta1)), m, tree.ref(gradients));
  const spread = tree.map((a, g) => a.mul(beta2).add(np.square(g).mul(1 - beta2)), v, gradients);
  const next = tree.map(
    (w, a, b) => w.sub(a.div(np.sqrt(b).add(1e-8)).mul(rate)),
    p,
    tree.ref(mean),
    tree.ref(spread),
  );
  return [next, mean, spread, value];
});
const zeros = () => (adam ? tree.map((w) => np.zerosLike(w), tree.ref(params)) : []);
let [p, m, v] = [params, zeros(), zeros()];
const run = async () => {
  let value;
  [p, m, v, value] = step(p, m, v, ...tree.ref(batch));
  await value.data();
};
for (let i = 0; i < 2; i++) await run();
console.log(JSON.stringify({ peer: 'jax-js', model: name, ...(await time(seconds, run)) }));

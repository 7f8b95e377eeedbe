/**
 * The measured training steps in TensorFlow.js (WebAssembly): `node tfjs.mjs mlp|gpt|cnn threads seconds` prints one line
 * of JSON.
 */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { time } from '../time.mjs';

const [name, threads, seconds] = [
  process.argv[2],
  Number(process.argv[3] ?? 1),
  Number(process.argv[4] ?? 3),
];
setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
setThreadsCount(threads);
// The WebAssembly backend has no gradient of a convolution's weights.
const backend = name === 'cnn' ? 'cpu' : 'wasm';
await tf.setBackend(backend);
await tf.ready();

function mlp() {
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: 512, activation: 'relu', inputShape: [784] }));
  model.add(tf.layers.dense({ units: 512, activation: 'relu' }));
  model.add(tf.layers.dense({ units: 10 }));
  const x = tf.randomUniform([128, 784], -1, 1);
  const hot = tf.oneHot(tf.randomUniform([128], 0, 10, 'int32'), 10);
  return () => tf.losses.softmaxCrossEntropy(hot, model.apply(x, { training: true }));
}

function cnn() {
  const filters = [1, 32, 32].map((inner) => tf.variable(tf.randomUniform([3, 3, inner, 32], -0.1, 0.1)));
  const biases = filters.map(() => tf.variable(tf.zeros([32])));
  const head = tf.variable(tf.randomUniform([32, 10], -0.1, 0.1));
  const x = tf.randomUniform([64, 28, 28, 1], -1, 1);
  const hot = tf.oneHot(tf.randomUniform([64], 0, 10, 'int32'), 10);
  return () => {
    const h = filters.reduce((a, w, i) => tf.relu(tf.add(tf.conv2d(a, w, 1, 'same'), biases[i])), x);
    return tf.losses.softmaxCrossEntropy(hot, tf.matMul(tf.mean(h, [1, 2]), head));
  };
}

const loss = { mlp, cnn }[name]();
const optimizer = tf.train.sgd(0.1);
const run = async () => {
  const value = optimizer.minimize(() => loss(), true);
  await value.data();
  value.dispose();
};
for (let i = 0; i < 2; i++) await run();
console.log(JSON.stringify({ peer: `tfjs ${backend}`, model: name, threads, ...(await time(seconds, run)) }));

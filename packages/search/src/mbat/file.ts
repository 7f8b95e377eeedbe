/**
 * Encoders as files: everything that decides their vectors but the vectors of words.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { FletchError, replaceFile } from '@fletch/base';
import { JsonEncoder, type JsonEncoderOptions } from './encoder.js';
import type { EmbeddingTable } from './leaves.js';
import type { PathFacts } from './ranges.js';
import { VSA, type VsaOptions } from './vsa.js';

const FORMAT = 'fletch json encoder';
const VERSION = 1;

interface EncoderFile {
  readonly format: typeof FORMAT;
  readonly version: number;
  readonly vsa: Required<VsaOptions>;
  readonly options: Omit<JsonEncoderOptions, 'vsa' | 'strings'>;
  /** Dimension of the vectors of words that it was used with. */
  readonly words?: number;
  readonly maps: readonly string[];
  readonly paths: readonly (readonly [string, PathFacts])[];
  readonly weights: readonly (readonly [string, number])[];
}

/** What an encoder's file is expected to hold. */
export interface LoadEncoderOptions {
  /** The vectors of words that the encoder was used with. */
  readonly strings?: EmbeddingTable;
  /** Refuse an encoder of another dimension. */
  readonly dim?: number;
  /** Refuse an encoder of another seed. */
  readonly seed?: number;
}

/** Writes an encoder; the file is replaced as a whole. */
export async function saveJsonEncoder(encoder: JsonEncoder, path: string): Promise<void> {
  const { vsa, options, strings, maps, paths, weights } = encoder;
  const file: EncoderFile = {
    format: FORMAT,
    version: VERSION,
    vsa: { dim: vsa.dim, matrices: vsa.matrices, seed: vsa.seed },
    options,
    ...(strings !== 'hash' && { words: strings.dim }),
    maps: [...maps],
    paths: [...paths],
    weights: [...weights],
  };
  await replaceFile(path, async (handle) => {
    await handle.writeFile(`${JSON.stringify(file)}\n`);
  });
}

/**
 * Reads an encoder.
 *
 * @throws FletchError `NOT_FOUND`, `CORRUPT`, `FORMAT_TOO_NEW`, `INVALID_ARGUMENT` when it is of another dimension or seed than
 *   expected, or was used with other vectors of words
 */
export async function loadJsonEncoder(path: string, expected: LoadEncoderOptions = {}): Promise<JsonEncoder> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new FletchError('NOT_FOUND', `There is no encoder at ${path}.`, { cause: error });
  });
  const file = parse(text, path);
  for (const name of ['dim', 'seed'] as const)
    if (expected[name] !== undefined && expected[name] !== file.vsa[name])
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The encoder of ${path} has ${name} ${file.vsa[name]}, but ${expected[name]} is expected: its vectors cannot be compared.`,
      );
  if (file.words !== expected.strings?.dim)
    throw new FletchError(
      'INVALID_ARGUMENT',
      file.words === undefined
        ? `The encoder of ${path} hashes words: load it without vectors of words.`
        : `The encoder of ${path} was used with vectors of words of ${file.words} dimensions: give it the same ones (strings).`,
    );
  const encoder = new JsonEncoder({
    ...file.options,
    vsa: new VSA(file.vsa),
    ...(expected.strings && { strings: expected.strings }),
  });
  return encoder.restore(new Map(file.paths), new Map(file.weights), new Set(file.maps));
}

function parse(text: string, path: string): EncoderFile {
  let file: Partial<EncoderFile> | null = null;
  try {
    file = JSON.parse(text) as Partial<EncoderFile> | null;
  } catch {}
  if (file?.format !== FORMAT || !file.vsa || !file.options || !Array.isArray(file.paths))
    throw new FletchError('CORRUPT', `${path} is not the file of a JSON encoder, or is damaged.`);
  if (file.version !== VERSION)
    throw new FletchError(
      'FORMAT_TOO_NEW',
      `${path} was written by a newer version (format ${file.version}).`,
    );
  return file as EncoderFile;
}

/**
 * The folder of a trained model: what Hugging Face's libraries expect, a record of its training, and checksums.
 *
 * @module
 */
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { array, type Machine, type NDArray, tree, type Versions } from '@fletch/array';
import { describeFileError, FletchError, isFletchError, replaceFile, syncFolder } from '@fletch/base';
import { sha256, unpackSafetensors, writeCheckpoint } from '@fletch/data';
import { Tokenizer } from '../tokenizer/index.js';
import type { JsonObject, ModelFile, Quality, RecipePlan, Sample } from './recipe.js';

/** A point of a curve. */
export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
}

/** How a model came about: `record.json`. */
export interface TrainingRecord {
  readonly format: 1;
  readonly name: string;
  readonly hash: string;
  readonly plan: RecipePlan;
  /** Trained numbers. */
  readonly parameters: number;
  /** What the data were found to be. */
  readonly facts: JsonObject;
  readonly curves: {
    /** Means of stretches of steps. */
    readonly train: readonly CurvePoint[];
    readonly validation: readonly CurvePoint[];
  };
  readonly quality: Quality;
  readonly samples: readonly Sample[];
  /** Of the steps, over all runs. */
  readonly seconds: number;
  /** That all threads worked meanwhile: half of it is the time on two cores that do nothing else. */
  readonly cpuSeconds: number;
  /** How often it was interrupted and went on. */
  readonly resumed: number;
  readonly date: string;
  readonly machine: Machine;
  readonly versions: Versions;
}

/** A trained model. */
export interface ZooModel {
  readonly name: string;
  /** The content of `config.json`. */
  readonly config: JsonObject;
  /** Arrays by the names that Hugging Face gives them. */
  readonly params: Readonly<Record<string, NDArray>>;
  /** Of the models of text. */
  readonly tokenizer: Tokenizer | undefined;
  readonly record: TrainingRecord;
  readonly folder: string;
}

/** What is written. */
export interface ModelContent {
  readonly config: JsonObject;
  readonly params: unknown;
  readonly record: TrainingRecord;
  readonly files: readonly ModelFile[];
}

const CHECKSUMS = 'checksums.json';
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Writes a model's folder: it appears whole or not at all, in place of one that is there. */
export async function writeModel(folder: string, content: ModelContent): Promise<void> {
  const { config, params, record, files } = content;
  const staged = `${folder}.${process.pid}.new`;
  try {
    await rm(staged, { recursive: true, force: true });
    const tensors = Object.entries(tree.flatten<NDArray>(params)).map(([name, { shape, data, dtype }]) => {
      if (dtype !== 'float32')
        throw new FletchError('INVALID_ARGUMENT', `The parameter "${name}" is ${dtype}, not float32.`);
      return { name, dtype: 'F32' as const, shape: [...shape], data: data as Float32Array };
    });
    await writeCheckpoint(staged, tensors);
    const texts = [
      { name: 'config.json', content: json(config) },
      { name: 'record.json', content: json(record) },
      ...files,
    ];
    for (const file of texts)
      await replaceFile(join(staged, file.name), (handle) => handle.writeFile(file.content));
    const sums: Record<string, string> = {};
    for (const name of await filesOf(staged)) sums[name] = sha256(await readFile(join(staged, name)));
    await replaceFile(join(staged, CHECKSUMS), (handle) => handle.writeFile(json(sums)));
    await rm(folder, { recursive: true, force: true });
    await rename(staged, folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    await rm(staged, { recursive: true, force: true }).catch(() => undefined);
    throw describeFileError(error, folder);
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}

/** What is wrong with a model's folder: the name of a damaged file. */
export class Damaged extends Error {
  readonly file: string;

  constructor(file: string) {
    super(`${file} is damaged`);
    this.file = file;
  }
}

/**
 * The record of a model in the cache, or undefined when there is no model.
 *
 * @throws Damaged
 */
export async function readRecord(folder: string): Promise<TrainingRecord | undefined> {
  const verified = await verify(folder, ['record.json']);
  return verified && (JSON.parse(verified.get('record.json')!.toString()) as TrainingRecord);
}

/**
 * A model in the cache with every byte compared with its checksum, or undefined when there is none.
 *
 * @throws Damaged
 */
export async function readModel(folder: string): Promise<ZooModel | undefined> {
  const files = await verify(folder);
  if (!files) return undefined;
  const text = (name: string) => files.get(name)!.toString();
  try {
    const record = JSON.parse(text('record.json')) as TrainingRecord;
    return {
      name: record.name,
      config: JSON.parse(text('config.json')) as JsonObject,
      params: paramsOf(files.get('model.safetensors')!),
      tokenizer: files.has('tokenizer.json') ? new Tokenizer(JSON.parse(text('tokenizer.json'))) : undefined,
      record,
      folder,
    };
  } catch (error) {
    // The checksums fit, so that this was written by something else.
    if (isFletchError(error) || error instanceof SyntaxError) throw new Damaged(basename(folder));
    throw error;
  }
}

/** The arrays of a file. */
function paramsOf(bytes: Buffer): Record<string, NDArray> {
  const { tensors } = unpackSafetensors(bytes);
  return Object.fromEntries(
    Array.from(tensors, ([name, { data, shape }]) => [name, array(data as Float32Array, 'float32', shape)]),
  );
}

/** The files with their content, or undefined when the folder is not there. */
async function verify(folder: string, only?: readonly string[]): Promise<Map<string, Buffer> | undefined> {
  const list = await readFile(join(folder, CHECKSUMS), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (list === undefined) {
    const isThere = await readdir(folder).catch(() => undefined);
    if (isThere === undefined) return undefined;
    throw new Damaged(CHECKSUMS);
  }
  let sums: Record<string, string>;
  try {
    sums = JSON.parse(list) as Record<string, string>;
  } catch {
    throw new Damaged(CHECKSUMS);
  }
  const contents = new Map<string, Buffer>();
  for (const name of ['config.json', 'model.safetensors', 'record.json'])
    if (typeof sums[name] !== 'string') throw new Damaged(CHECKSUMS);
  for (const [name, sum] of Object.entries(sums)) {
    if (only && !only.includes(name)) continue;
    const content = await readFile(join(folder, name)).catch(() => undefined);
    if (!content || sha256(content) !== sum) throw new Damaged(name);
    contents.set(name, content);
  }
  return contents;
}

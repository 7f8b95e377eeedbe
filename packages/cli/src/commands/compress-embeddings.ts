/**
 * `fletch compress-embeddings`: a table of vectors in fewer bytes, and back.
 *
 * @module
 */
import { access, readFile } from 'node:fs/promises';
import { array } from '@fletch/array';
import { FletchError, replaceFile } from '@fletch/base';
import {
  CompressedVectors,
  compressionQuality,
  compressVectors,
  saveEmbeddings,
  type VectorMethod,
  vectorMethods,
} from '@fletch/learn';
import type { Matrix } from '@fletch/linalg';
import { InvalidArgumentError, Option } from 'commander';
import { examples, type Register } from '../command.js';
import { UsageError } from '../exit.js';
import { type SharedOptions, whole, withShared } from '../options.js';
import { bytes, count } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { table } from '../output/table.js';
import { note, print, printJson, type Terminal } from '../terminal.js';
import { readVectorTable } from '../vector-table.js';

interface CompressOptions extends SharedOptions {
  readonly method: VectorMethod | 'all';
  readonly budget: number;
  readonly out?: string;
  readonly decompress?: boolean;
  readonly seed: number;
  readonly force?: boolean;
}

/** A share of the bytes: a number above 0, up to 1. */
function budget(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a share above 0, up to 1.');
}

/** What is told of one method. */
interface Outcome {
  readonly method: VectorMethod;
  readonly bytes: number | null;
  readonly ratio: number | null;
  readonly error: number | null;
  readonly 'recall@10': number | null;
  readonly seconds: number | null;
  /** Why it did not run. */
  readonly refused: string | null;
}

async function measure(
  terminal: Terminal,
  vectors: Matrix<Float32Array>,
  method: VectorMethod,
  { budget: cr, seed }: CompressOptions,
): Promise<{ compressed: CompressedVectors; outcome: Outcome }> {
  return withProgress(terminal, `compressing by ${method}`, async ({ report }) => {
    report({ done: 0, total: 1, stage: `compressing by ${method}` });
    const started = performance.now();
    const { signal } = terminal;
    const compressed = compressVectors(vectors, { method, cr, seed, signal, onProgress: report });
    const seconds = (performance.now() - started) / 1000;
    const { error, recall } = compressionQuality(vectors, compressed, seed);
    const { bytes: size, ratio } = compressed;
    const outcome = { method, bytes: size, ratio, error, 'recall@10': recall, seconds, refused: null };
    return { compressed, outcome };
  });
}

/** All methods under one budget; those that cannot reach it say so. */
async function compare(
  terminal: Terminal,
  vectors: Matrix<Float32Array>,
  options: CompressOptions,
): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const method of Object.keys(vectorMethods) as VectorMethod[])
    try {
      outcomes.push((await measure(terminal, vectors, method, options)).outcome);
    } catch (error) {
      if (!(error instanceof FletchError) || error.details.floor === undefined) throw error;
      const refused = `needs ${String(error.details.floor)}`;
      outcomes.push({
        method,
        bytes: null,
        ratio: null,
        error: null,
        'recall@10': null,
        seconds: null,
        refused,
      });
    }
  if (options.json) return printJson(terminal, { budget: options.budget, methods: outcomes });
  const figure = (value: number | null, digits: number) => (value === null ? '' : value.toFixed(digits));
  print(
    terminal,
    table(outcomes, [
      { title: 'method', value: ({ method }) => method },
      {
        title: 'bytes',
        value: (row) => (row.bytes === null ? row.refused! : bytes(row.bytes)),
        align: 'right',
      },
      { title: 'share', value: ({ ratio }) => figure(ratio, 4), align: 'right' },
      { title: 'error', value: ({ error }) => figure(error, 4), align: 'right' },
      { title: 'recall@10', value: (row) => figure(row['recall@10'], 3), align: 'right' },
      { title: 'seconds', value: ({ seconds }) => figure(seconds, 1), align: 'right' },
    ]),
  );
}

async function compress(terminal: Terminal, path: string, options: CompressOptions): Promise<void> {
  const { method, out, force = false, json } = options;
  if (method !== 'all' && out === undefined)
    throw new UsageError('Name the file that is written: --out table.safetensors.');
  if (method === 'all' && out !== undefined)
    throw new UsageError('--method all compares and writes nothing: leave out --out, or choose one method.');
  if (out !== undefined) await refuseExisting(out, force);
  const vectors = await readVectorTable(path, terminal.signal);
  if (method === 'all') return compare(terminal, vectors, options);
  const { compressed, outcome } = await measure(terminal, vectors, method, options);
  await replaceFile(out!, (file) => file.writeFile(compressed.pack()));
  if (json)
    return printJson(terminal, { table: path, rows: vectors.rows, dimension: vectors.cols, out, ...outcome });
  const facts: (readonly [string, string])[] = [
    ['table', `${count(vectors.rows)} × ${vectors.cols}, ${bytes(4 * vectors.rows * vectors.cols)}`],
    ['method', vectorMethods[method].title],
    ['bytes', `${bytes(compressed.bytes)}, ${compressed.ratio.toFixed(4)} of the table`],
    ['error', `${outcome.error!.toFixed(4)} of its norm`],
    ['recall@10', `${outcome['recall@10']!.toFixed(3)} on a sample`],
  ];
  for (const [title, value] of facts) print(terminal, `${title.padEnd(10)} ${value}`);
  note(terminal, `Written to ${out}: fletch compress-embeddings ${out} --decompress --out table.npy`);
}

async function decompress(terminal: Terminal, path: string, options: CompressOptions): Promise<void> {
  const { out, force = false, json } = options;
  if (!out?.endsWith('.npy')) throw new UsageError('--decompress writes a NumPy array: --out table.npy.');
  await refuseExisting(out, force);
  const content = await readFile(path).catch((cause) => {
    throw new FletchError('NOT_FOUND', `${path} cannot be read.`, { cause });
  });
  const vectors = CompressedVectors.unpack(content, undefined, path);
  const { rows, dim, method } = vectors;
  await saveEmbeddings(out, array(vectors.decompress(), 'float32', [rows, dim]), { force });
  if (json) printJson(terminal, { table: path, out, method, rows, dimension: dim });
  else print(terminal, `${count(rows)} × ${dim} vectors in ${out}`);
}

async function refuseExisting(path: string, force: boolean): Promise<void> {
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (there && !force)
    throw new FletchError(
      'ALREADY_EXISTS',
      `${path} is there already: choose another name, or add --force.`,
      {
        details: { path },
      },
    );
}

export const registerCompressEmbeddings: Register = (parent, terminal) => {
  withShared(
    parent
      .command('compress-embeddings')
      .argument(
        '<table>',
        'vectors: .npy, .fvecs, .parquet …, or a matrix of a checkpoint, model.safetensors[:tensor]',
      ),
  )
    .description('store a table of vectors in fewer bytes, and see what is lost')
    .addOption(
      new Option('-m, --method <name>', 'how; all compares the methods and writes nothing')
        .choices([...Object.keys(vectorMethods), 'all'])
        .default('pq'),
    )
    .option('-b, --budget <share>', 'bytes that may be stored, over those of the float32 table', budget, 0.25)
    .option('-o, --out <file>', 'what is written: .safetensors, or .npy with --decompress')
    .option('--decompress', 'turn what was written before into a NumPy array')
    .option('--force', 'replace a file that is there')
    .option('--seed <number>', 'of all randomness', whole(0), 0)
    .addHelpText(
      'after',
      examples(
        ['fletch compress-embeddings table.npy --method all --budget 0.1', 'what each method would keep'],
        [
          'fletch compress-embeddings table.npy --method pq --budget 0.1 --out small.safetensors',
          'the one that is taken',
        ],
        [
          'fletch compress-embeddings model.safetensors:wte.weight -m int8 -o wte.safetensors',
          'a matrix of a model',
        ],
        ['fletch compress-embeddings small.safetensors --decompress --out table.npy', 'and back'],
      ),
    )
    .action((path: string, options: CompressOptions) =>
      options.decompress ? decompress(terminal, path, options) : compress(terminal, path, options),
    );
};

/**
 * `fletch bench order`: intrinsic dimension of the user's own vectors, and recall by the order they are inserted in.
 *
 * @module
 */
import { FletchError, replaceFile } from '@fletch/base';
import { Matrix, rng } from '@fletch/linalg';
import {
  type InsertionOrder,
  lidHistogram,
  presetOf,
  presets,
  type RecallStudy,
  recallStudy,
} from '@fletch/search';
import { Argument, Option } from 'commander';
import { examples, type Register } from '../command.js';
import { sampleVectors } from '../measure.js';
import { list, type StoreOptions, whole, withStore } from '../options.js';
import { csvOf } from '../output/csv.js';
import { count } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { sparkline } from '../output/sparkline.js';
import { table } from '../output/table.js';
import { chooseCollection, withOpenStore } from '../store.js';
import { note, print, printJson, type Terminal } from '../terminal.js';
import { readVectorTable } from '../vector-table.js';

interface OrderOptions extends StoreOptions {
  readonly collection?: string;
  readonly queries?: string;
  readonly held: number;
  readonly rows: number;
  readonly presets: readonly string[];
  readonly orders: readonly InsertionOrder[];
  readonly seeds: number;
  readonly limit: number;
  readonly metric?: 'cosine' | 'l2';
  readonly csv?: string;
}

/** What is studied. */
interface Vectors {
  readonly from: string;
  readonly rows: Matrix<Float32Array>;
  readonly queries: Matrix<Float32Array>;
  /** Whether the queries are of the same kind as the rows. */
  readonly held: boolean;
  readonly metric: 'cosine' | 'l2';
}

const HISTOGRAM = 40;
const orders = ['random', 'lid-asc', 'lid-desc'] as const;

async function fromCollection(terminal: Terminal, options: OrderOptions, most: number) {
  return withOpenStore(terminal, options, async (store) => {
    const collection = chooseCollection(store, options.collection);
    const vectors = collection.info().config.params.vectors;
    const distance = 'distance' in vectors ? vectors.distance : undefined;
    return { from: collection.name, all: await sampleVectors(collection, most), distance };
  });
}

async function fromFile(path: string, most: number, signal: AbortSignal) {
  const matrix = await readVectorTable(path, signal);
  const chosen = rng(0).sample(matrix.rows, Math.min(most, matrix.rows));
  return { from: path, all: Array.from(chosen, (row) => matrix.row(row)), distance: undefined };
}

async function readVectors(
  terminal: Terminal,
  source: string | undefined,
  options: OrderOptions,
): Promise<Vectors> {
  const { signal } = terminal;
  const asked = options.queries === undefined ? undefined : await readVectorTable(options.queries, signal);
  const held = asked ? 0 : options.held;
  const { from, all, distance } = source
    ? await fromFile(source, options.rows + held, signal)
    : await fromCollection(terminal, options, options.rows + held);
  const metric = options.metric ?? (distance === 'Euclid' || distance === 'Manhattan' ? 'l2' : 'cosine');
  if (distance === 'Dot' || distance === 'Manhattan')
    note(terminal, `${distance} has no local dimension of its own: vectors are compared by ${metric}.`);
  const few = Math.floor(all.length / 5);
  const queries = asked ?? Matrix.from(all.slice(0, Math.min(held, few)), 'float32');
  const rows = Matrix.from(asked ? all : all.slice(queries.rows), 'float32');
  if (rows.rows < 20 || queries.rows < 1)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${from} has ${all.length} vectors that can be studied: 25 at least are needed.`,
    );
  return { from, rows, queries, held: asked === undefined, metric };
}

function show(terminal: Terminal, { from, rows, queries, held, metric }: Vectors, study: RecallStudy): void {
  const { lid, pointwise } = study;
  const { low, high, counts } = lidHistogram(pointwise, HISTOGRAM);
  print(
    terminal,
    `${from}: ${count(rows.rows)} vectors of ${rows.cols} dimensions (${metric}), ${count(queries.rows)} queries ${
      held ? 'held back from them' : 'of their own'
    }\n`,
  );
  print(
    terminal,
    `Local intrinsic dimension: mean ${lid.mean.toFixed(1)}, a tenth below ${lid.p10.toFixed(1)}, a tenth above ${lid.p90.toFixed(1)}`,
  );
  print(terminal, `${low.toFixed(1)} ${sparkline(counts, HISTOGRAM)} ${high.toFixed(1)}\n`);
  print(
    terminal,
    table(study.rows, [
      { title: 'order', value: ({ order }) => order },
      { title: 'parameters', value: ({ preset }) => preset },
      { title: 'recall', value: ({ recall }) => recall.toFixed(4), align: 'right' },
      { title: '±', value: ({ se }) => se.toFixed(4), align: 'right' },
      { title: 'compared', value: ({ visited }) => count(Math.round(visited)), align: 'right' },
    ]),
  );
  print(terminal, `\n${advice(study)}`);
  if (held) print(terminal, 'Queries of another kind than the vectors fare worse: give some with --queries.');
}

/** What the table says, in a sentence. */
function advice({ rows }: RecallStudy): string {
  const first = rows[0]!.preset;
  const own = rows.filter(({ preset }) => preset === first);
  const of = (wanted: InsertionOrder) => own.find(({ order }) => order === wanted);
  const [random, best] = [of('random'), own.reduce((a, b) => (b.recall > a.recall ? b : a))];
  if (!random || best === random) return `With ${first}, no order is better than a random one.`;
  const gain = best.recall - random.recall;
  return gain > 2 * Math.hypot(best.se, random.se)
    ? `With ${first}, ${best.order} finds ${(100 * gain).toFixed(1)} points more than a random order: fletch import --order ${best.order}`
    : `With ${first}, the orders do not differ by more than their errors.`;
}

export const registerOrderBench: Register = (parent, terminal) => {
  withStore(parent.command('order'))
    .description('local intrinsic dimension, and recall of HNSW by order of insertion')
    .addArgument(
      new Argument(
        '[source]',
        'a file of vectors (.npy, .fvecs, .parquet, .safetensors …); default: a collection',
      ),
    )
    .option('-c, --collection <name>', 'collection to study (default: the only one)')
    .option('-q, --queries <file>', 'vectors that are searched for (default: some are held back)')
    .option('--held <number>', 'vectors to hold back as queries', whole(1, 100_000), 500)
    .option('--rows <number>', 'vectors that are drawn', whole(20, 1_000_000), 10_000)
    .option(
      '--presets <names>',
      `parameters: ${Object.keys(presets).join(', ')}`,
      (text) => {
        const names = list(text);
        for (const name of names) presetOf(name);
        return names;
      },
      ['study', 'hnswlib'],
    )
    .addOption(
      new Option('--orders <names>', 'orders of insertion: random, lid-asc, lid-desc')
        .argParser((text) => orders.filter((name) => list(text).includes(name)))
        .default([...orders]),
    )
    .option('--seeds <number>', 'graphs that are built for each order', whole(1, 100), 2)
    .option('-l, --limit <number>', 'neighbours of each query', whole(1, 1000), 10)
    .addOption(
      new Option('--metric <name>', 'default: as the collection compares, else cosine').choices([
        'cosine',
        'l2',
      ]),
    )
    .option('--csv <file>', 'write the table there too')
    .addHelpText(
      'after',
      examples(
        ['fletch bench order', 'the only collection'],
        [
          'fletch bench order glove.npy --queries words.npy --presets faiss,qdrant',
          'files, two sets of parameters',
        ],
        ['fletch import glove.npy -c glove --order lid-desc', 'what to do with the answer'],
      ),
    )
    .action(async (source: string | undefined, options: OrderOptions) => {
      const vectors = await readVectors(terminal, source, options);
      const study = await withProgress(terminal, 'building graphs', (view) =>
        recallStudy(vectors.rows, vectors.queries, {
          metric: vectors.metric,
          orders: options.orders,
          params: Object.fromEntries(options.presets.map((name) => [name, presetOf(name)])),
          seeds: Array.from({ length: options.seeds }, (_, seed) => seed),
          k: options.limit,
          signal: terminal.signal,
          onProgress: (progress) => view.report(progress),
        }),
      );
      const { rows, lid, pointwise } = study;
      if (options.csv !== undefined) {
        const columns = ['order', 'preset', 'recall', 'se', 'visited'] as const;
        const text = csvOf(
          columns.map((name) => [name, rows.map((row) => row[name])] as const),
          rows.length,
        );
        await replaceFile(options.csv, (file) => file.writeFile(`${text}\n`));
      }
      if (options.json) {
        const { from, metric, queries, held } = vectors;
        return printJson(terminal, {
          source: from,
          vectors: vectors.rows.rows,
          dimension: vectors.rows.cols,
          metric,
          queries: queries.rows,
          held,
          lid: { ...lid, histogram: lidHistogram(pointwise, HISTOGRAM) },
          rows,
        });
      }
      show(terminal, vectors, study);
    });
};

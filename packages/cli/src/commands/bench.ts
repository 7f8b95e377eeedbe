/**
 * `fletch bench`: speed and recall of the user's own collection.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { examples, type Register } from '../command.js';
import { measure, recall, sampleVectors } from '../measure.js';
import { type StoreOptions, whole, wholes, withStore } from '../options.js';
import { count } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { table } from '../output/table.js';
import { chooseCollection, withOpenStore } from '../store.js';
import { print, printJson, type Terminal } from '../terminal.js';
import { registerOrderBench } from './bench-order.js';

interface BenchOptions extends StoreOptions {
  readonly collection?: string;
  readonly queries: number;
  readonly limit: number;
  readonly ef: readonly number[];
}

interface Row {
  /** Null for exact search. */
  readonly ef: number | null;
  readonly recall: number;
  readonly qps: number;
  readonly p50: number;
  readonly p99: number;
}

interface Result {
  readonly collection: string;
  readonly points: number;
  readonly queries: number;
  readonly limit: number;
  readonly rows: readonly Row[];
}

function bench(terminal: Terminal, options: BenchOptions): Promise<Result> {
  return withOpenStore(terminal, options, async (store) => {
    const collection = chooseCollection(store, options.collection);
    const { signal } = terminal;
    const { limit } = options;
    const points = await collection.count({ exact: true });
    const queries = await sampleVectors(collection, options.queries);
    if (queries.length === 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The collection "${collection.name}" has no points with one unnamed vector: there is nothing to measure.`,
      );
    await collection.settled();
    const rows = await withProgress(terminal, 'measuring', async (view) => {
      const total = options.ef.length + 1;
      view.report({ done: 0, total, stage: 'exact search' });
      const exact = await measure(collection, queries, { limit, params: { exact: true } }, signal);
      const measured: Row[] = [{ ef: null, recall: 1, qps: exact.qps, p50: exact.p50, p99: exact.p99 }];
      for (const [index, ef] of options.ef.entries()) {
        view.report({ done: index + 1, total, stage: `ef ${ef}` });
        const { ids, ...figures } = await measure(
          collection,
          queries,
          { limit, params: { hnsw_ef: ef } },
          signal,
        );
        measured.push({ ef, recall: recall(ids, exact.ids), ...figures });
      }
      return measured;
    });
    return { collection: collection.name, points, queries: queries.length, limit, rows };
  });
}

const registerSearchBench: Register = (parent, terminal) => {
  withStore(parent.command('search'))
    .description('queries per second and recall against exact search, over the length of the candidate list')
    .option('-c, --collection <name>', 'collection to measure (default: the only one)')
    .option(
      '-n, --queries <number>',
      'points of the collection that are searched for',
      whole(1, 100_000),
      500,
    )
    .option('-l, --limit <number>', 'hits of each query', whole(1, 1000), 10)
    .option('--ef <numbers>', 'lengths of the candidate list', wholes(1), [16, 32, 64, 128, 256])
    .addHelpText(
      'after',
      examples(
        ['fletch bench search', 'the only collection'],
        ['fletch bench search -c wordnet --ef 32,64,128 --json', 'three points of the curve, as JSON'],
      ),
    )
    .action(async (options: BenchOptions) => {
      const result = await bench(terminal, options);
      if (options.json) return printJson(terminal, result);
      const { collection, points, queries, limit, rows } = result;
      print(
        terminal,
        `${collection}: ${count(points)} points, ${count(queries)} queries one after the other\n`,
      );
      print(
        terminal,
        table(rows, [
          { title: 'ef', value: ({ ef }) => (ef === null ? 'exact' : String(ef)), align: 'right' },
          { title: `recall@${limit}`, value: (row) => row.recall.toFixed(4), align: 'right' },
          { title: 'queries/s', value: ({ qps }) => count(qps), align: 'right' },
          { title: 'p50 ms', value: ({ p50 }) => p50.toFixed(2), align: 'right' },
          { title: 'p99 ms', value: ({ p99 }) => p99.toFixed(2), align: 'right' },
        ]),
      );
    });
};

export const registerBench: Register = (parent, terminal) => {
  const bench = parent.command('bench').description('measure your own collections');
  registerSearchBench(bench, terminal);
  registerOrderBench(bench, terminal);
};

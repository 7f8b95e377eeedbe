/**
 * `fletch serverless`: an index for functions and a bucket, pushed, asked, and what asking costs.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import {
  buildSquash,
  folderObjects,
  type ObjectStore,
  type SquashPredicate,
  saveSquash,
} from '@fletch/search';
import {
  type Cost,
  costPerMillion,
  type Invoke,
  lambdaClient,
  lambdaInvoke,
  queryServerless,
  type ServerlessResult,
  s3Client,
  s3Objects,
  simulatedFunctions,
} from '@fletch/search/serverless';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { examples, type Register } from '../command.js';
import { type SharedOptions, whole, withShared } from '../options.js';
import { bytes, duration, plural } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { table } from '../output/table.js';
import { readAttributes, readMatrix } from '../serverless/read.js';
import { note, print, printJson, type Terminal } from '../terminal.js';

/** A folder, or `s3://bucket/prefix`. */
function objectsAt(place: string): ObjectStore {
  const s3 = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(place);
  if (!s3) return folderObjects(place);
  return s3Objects(s3Client(), { bucket: s3[1]!, prefix: s3[2]! });
}

const operatorsOf = /^([^<>=]+?)\s*(<=|>=|<|>|=)\s*(\S+)$/;

/** Reads `price<20`, `year>=2010`, `price=10..20` (above 10, up to 20). */
export function condition(text: string, before: readonly SquashPredicate[] = []): SquashPredicate[] {
  const [, attr, op, value] = operatorsOf.exec(text.trim()) ?? [];
  const [a, b] = (value ?? '').split('..').map(Number);
  const range = b !== undefined;
  if (attr === undefined || Number.isNaN(a) || Number.isNaN(b ?? 0) || (range && op !== '='))
    throw new InvalidArgumentError('Write a condition like price<20, year>=2010 or price=10..20.');
  const made = range ? { attr, op: 'between', a: a!, b } : { attr, op, a: a! };
  return [...before, made as SquashPredicate];
}

interface PushOptions extends SharedOptions {
  readonly to: string;
  readonly attributes?: string;
  readonly partitions?: number;
  readonly bits?: number;
  readonly seed: number;
}

const registerPush: Register = (parent, terminal) => {
  withShared(parent.command('push').argument('<vectors>', 'file of vectors: .npy .fvecs .parquet .jsonl …'))
    .description('build an index and put it into a folder or a bucket')
    .requiredOption('--to <place>', 'folder, or s3://bucket/prefix')
    .option(
      '--attributes <table>',
      '.csv .parquet .jsonl: a row for each vector; every column of numbers becomes an attribute',
    )
    .option('--partitions <number>', 'one function each (default: 10, fewer for few vectors)', whole(1, 1000))
    .option('--bits <number>', 'bits of a vector (default: 4 a dimension)', whole(1))
    .option('--seed <number>', 'of what is random in building', whole(0), 0)
    .addHelpText(
      'after',
      examples(
        [
          'fletch serverless push items.npy --attributes items.csv --to ./index',
          'into a folder, to try it here',
        ],
        [
          'fletch serverless push items.npy --attributes items.csv --to s3://my-bucket/items',
          'for the functions',
        ],
      ),
    )
    .action(async (path: string, { to, attributes, partitions, bits, seed, json }: PushOptions) => {
      const started = performance.now();
      const { signal } = terminal;
      const { manifest, stats } = await withProgress(terminal, 'pushing', async (view) => {
        const onProgress = view.report.bind(view);
        const x = await readMatrix(path, { signal, onProgress });
        const { names, columns } = await readAttributes(attributes, x.rows);
        const index = await buildSquash(x, columns, {
          attributeNames: names,
          seed,
          ...(partitions !== undefined && { partitions }),
          ...(bits !== undefined && { bitBudget: bits }),
          signal,
          onProgress,
        });
        return {
          manifest: await saveSquash(index, objectsAt(to), { signal, onProgress }),
          stats: index.stats(),
        };
      });
      const seconds = (performance.now() - started) / 1000;
      if (json) return printJson(terminal, { ...manifest, ...stats, seconds });
      print(
        terminal,
        `Pushed ${plural(manifest.count, 'vector')} in ${plural(manifest.partitions, 'partition')} to ${to} in ${duration(seconds)}: ` +
          `version ${manifest.tag}, ${bytes(stats.indexBytes)} of index for ${bytes(stats.vectorBytes)} of vectors.`,
      );
      if (manifest.attributes.length > 0) print(terminal, `Attributes: ${manifest.attributes.join(', ')}.`);
    });
};

interface AskOptions extends SharedOptions {
  readonly from: string;
  readonly functions?: string;
  readonly k: number;
  readonly where?: readonly SquashPredicate[];
  readonly limit?: number;
  readonly hammingPercent: number;
  readonly refine: number;
  readonly centroidFactor: number;
  readonly timeout: number;
}

/** Reads a number of at least `least`. */
const number =
  (least: number, most = Number.POSITIVE_INFINITY) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most))
      throw new InvalidArgumentError(
        `It must be a number of at least ${least}${most < 1e9 ? ` and at most ${most}` : ''}.`,
      );
    return value;
  };

function withAsking(command: Command): Command {
  return withShared(command)
    .requiredOption('--from <place>', 'folder, or s3://bucket/prefix')
    .addOption(
      new Option(
        '--functions <prefix>',
        'ask the functions on AWS Lambda whose names begin so (default: run them in this process)',
      ).env('FLETCH_FUNCTIONS'),
    )
    .option('-k, --k <number>', 'hits of a query', whole(1), 10)
    .option('-w, --where <condition>', 'price<20, year>=2010, price=10..20; may be repeated', condition)
    .option('--limit <number>', 'ask only the first queries', whole(1))
    .option(
      '--hamming-percent <number>',
      'percent of the candidates that the comparison of bits leaves',
      number(0, 100),
      10,
    )
    .option('--refine <number>', 'vectors read for a hit', number(1), 2)
    .option(
      '--centroid-factor <number>',
      'visit partitions within this multiple of the nearest one’s distance',
      number(1),
      1.15,
    )
    .option('--timeout <seconds>', 'until the answer, whole or partial, is given', number(0.1, 900), 20);
}

function invokeOf({ from, functions }: AskOptions): Invoke {
  return functions ? lambdaInvoke(lambdaClient(), functions) : simulatedFunctions(objectsAt(from));
}

async function ask(
  terminal: Terminal,
  path: string,
  options: AskOptions,
  invoke: Invoke,
): Promise<ServerlessResult> {
  const queries = await readMatrix(path, {
    signal: terminal.signal,
    ...(options.limit && { limit: options.limit }),
  });
  const { k, where = [], hammingPercent, refine, centroidFactor } = options;
  return queryServerless(invoke, queries, k, {
    where,
    hammingPercent,
    refine,
    centroidFactor,
    timeout: Math.round(options.timeout * 1000),
  });
}

/** Says what is missing, each once. */
function noteMissing(terminal: Terminal, { results }: ServerlessResult): void {
  const partial = results.filter((result) => result.partial);
  if (partial.length === 0) return;
  note(terminal, `${plural(partial.length, 'answer')} of ${results.length} may lack hits:`);
  const reasons = partial.flatMap(({ missing }) => missing.map(({ part, reason }) => `  ${part}: ${reason}`));
  for (const reason of new Set(reasons)) note(terminal, reason);
  if (partial.length === results.length && partial.every(({ ids }) => ids.length === 0))
    throw new FletchError('UNAVAILABLE', 'No query was answered.');
}

const registerQuery: Register = (parent, terminal) => {
  withAsking(parent.command('query').argument('<queries>', 'file of vectors'))
    .description('ask for the nearest vectors of every query')
    .addHelpText(
      'after',
      examples(
        [
          "fletch serverless query queries.npy --from ./index -k 5 --where 'price<20'",
          'the functions run in this process',
        ],
        [
          'fletch serverless query queries.npy --from s3://my-bucket/items --functions fletch-squash',
          'on AWS Lambda',
        ],
      ),
    )
    .action(async (path: string, options: AskOptions) => {
      const result = await ask(terminal, path, options, invokeOf(options));
      const { results, qps, usage, cost, tag } = result;
      if (options.json)
        return printJson(terminal, {
          tag,
          qps,
          usage,
          cost,
          results: results.map(({ ids, dists, ...rest }) => ({ ids: [...ids], dists: [...dists], ...rest })),
        });
      noteMissing(terminal, result);
      print(
        terminal,
        table(
          results.map(({ ids, dists, matched, partitions }, i) => ({
            query: i,
            hits: Array.from(ids, (id, j) => `${id} (${dists[j]!.toPrecision(3)})`).join(' '),
            matched,
            partitions,
          })),
          [
            { title: 'query', value: ({ query }) => String(query), align: 'right' },
            { title: 'match', value: ({ matched }) => String(matched), align: 'right' },
            { title: 'partitions', value: ({ partitions }) => String(partitions), align: 'right' },
            { title: 'nearest (distance)', value: ({ hits }) => hits },
          ],
          terminal.stdout.columns,
        ),
      );
      print(
        terminal,
        `${plural(results.length, 'query').replace('querys', 'queries')}, ${qps.toFixed(1)} a second; ${plural(usage.requests, 'call')} of functions, ` +
          `${usage.warm} warm and ${usage.cold} cold; $${cost.dollars.toPrecision(3)}.`,
      );
    });
};

/** What the paper says of cost. */
const PAPER =
  'The paper’s measurements: up to 9 times cheaper than the serverless and server systems it compares with.';

const registerCost: Register = (parent, terminal) => {
  withAsking(parent.command('cost').argument('<queries>', 'file of vectors'))
    .description('ask twice, and tell what a million such queries cost on AWS')
    .option('--server <dollars>', 'an hour of the server that it is compared with', number(0))
    .addHelpText(
      'after',
      examples([
        "fletch serverless cost queries.npy --from ./index --where 'price<20' --server 0.34",
        'beside a server',
      ]),
    )
    .action(async (path: string, options: AskOptions & { readonly server?: number }) => {
      const invoke = invokeOf(options);
      const rounds = [await ask(terminal, path, options, invoke), await ask(terminal, path, options, invoke)];
      const named = rounds.map((round, i) => ({
        round: i === 0 ? 'first' : 'again',
        queries: round.results.length,
        usage: round.usage,
        perMillion: costPerMillion(round.usage, round.results.length),
      }));
      const dollars = named[1]!.perMillion.dollars;
      const breakEven = options.server === undefined ? null : ((options.server * 24) / dollars) * 1e6;
      if (options.json) return printJson(terminal, { rounds: named, breakEvenPerDay: breakEven });
      for (const round of rounds) noteMissing(terminal, round);
      const money = (value: number) => `$${value.toFixed(2)}`;
      const column = (title: string, key: keyof Cost) => ({
        title,
        value: ({ perMillion }: (typeof named)[number]) => money(perMillion[key]),
        align: 'right' as const,
      });
      print(terminal, 'Dollars for a million queries (AWS Lambda and S3, us-east-1):');
      print(
        terminal,
        table(named, [
          { title: 'round', value: ({ round }) => round },
          {
            title: 'warm',
            value: ({ usage }) => `${usage.warm} of ${usage.warm + usage.cold}`,
            align: 'right',
          },
          {
            title: 'read',
            value: ({ usage }) => bytes(usage.indexBytes + usage.vectorBytes),
            align: 'right',
          },
          column('calls', 'requests'),
          column('time', 'compute'),
          column('reads', 'gets'),
          column('in all', 'dollars'),
        ]),
      );
      if (breakEven !== null)
        print(
          terminal,
          `A server at ${money(options.server!)} an hour costs as much as ${plural(Math.round(breakEven), 'query').replace('querys', 'queries')} a day.`,
        );
      print(terminal, PAPER);
    });
};

export const registerServerless: Register = (parent, terminal) => {
  const serverless = parent
    .command('serverless')
    .description('filtered search without a server: functions on AWS Lambda, an index in S3');
  registerPush(serverless, terminal);
  registerQuery(serverless, terminal);
  registerCost(serverless, terminal);
};

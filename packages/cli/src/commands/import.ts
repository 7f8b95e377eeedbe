/**
 * `fletch import`: vectors and points from elsewhere.
 *
 * @module
 */
import {
  type OpenOptions,
  openVectors,
  originalIdField,
  type VectorSource,
  vectorFormats,
} from '@fletch/data';
import { createEncoder } from '@fletch/text';
import { Option } from 'commander';
import { examples, type Register } from '../command.js';
import { type UrlOptions, whole, withStore, withUrl } from '../options.js';
import { duration, plural } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { note, print, printJson, type Terminal } from '../terminal.js';
import { importSources } from '../transfer/import.js';
import { type ImportOrder, importOrders, orderedSource } from '../transfer/ordered.js';
import { withTarget } from '../transfer/target.js';
import type { ImportOutcome, ImportRequest } from '../transfer/types.js';

type Choices = Pick<
  ImportRequest,
  'distance' | 'vector' | 'batch' | 'limit' | 'resume' | 'append' | 'skipBad' | 'firstId'
>;

interface ImportOptions extends UrlOptions, Choices {
  readonly collection: string;
  readonly format?: string;
  readonly part?: string;
  readonly idField?: string;
  readonly vectorField?: string;
  readonly encoder?: string;
  readonly sourceApiKey?: string;
  readonly order?: ImportOrder;
}

async function openAll(
  terminal: Terminal,
  paths: readonly string[],
  options: ImportOptions,
): Promise<VectorSource[]> {
  const { format, part, idField, vectorField, sourceApiKey } = options;
  const apiKey = sourceApiKey ?? (options.url ? undefined : options.apiKey);
  const open: OpenOptions = {
    ...(format === undefined ? {} : { format }),
    ...(part === undefined ? {} : { part }),
    ...(idField === undefined ? {} : { idField }),
    ...(vectorField === undefined ? {} : { vectorField }),
    ...(apiKey === undefined ? {} : { apiKey }),
    signal: terminal.signal,
  };
  const sources: VectorSource[] = [];
  try {
    for (const path of paths) sources.push(await openVectors(path, open));
    return sources;
  } catch (error) {
    await closeAll(sources);
    throw error;
  }
}

async function closeAll(sources: readonly VectorSource[]): Promise<void> {
  for (const source of sources) await source.close();
}

/** The sources as they are, or each with its rows in another order. */
async function inOrder(
  terminal: Terminal,
  sources: readonly VectorSource[],
  { order, distance, limit }: ImportOptions,
): Promise<readonly VectorSource[]> {
  if (order === undefined) return sources;
  return withProgress(terminal, 'ordering', async (view) => {
    const ordered: VectorSource[] = [];
    for (const source of sources) {
      const compared = distance ?? (source.holds.kind === 'dense' ? source.holds.distance : undefined);
      ordered.push(
        await orderedSource(source, {
          order,
          limit,
          metric: compared === 'Euclid' || compared === 'Manhattan' ? 'l2' : 'cosine',
          signal: terminal.signal,
          onProgress: (progress) => view.report(progress),
        }),
      );
    }
    return ordered;
  });
}

async function runImport(
  terminal: Terminal,
  paths: readonly string[],
  options: ImportOptions,
): Promise<ImportOutcome> {
  // Opened first: what cannot be read leaves no empty collection behind.
  const sources = await openAll(terminal, paths, options);
  try {
    for (const text of new Set(sources.flatMap(({ notes = [] }) => notes))) note(terminal, text);
    const ordered = await inOrder(terminal, sources, options);
    return await withTarget(terminal, options, (target) =>
      withProgress(terminal, 'importing', (view) =>
        importSources({
          ...options,
          target,
          sources: ordered,
          encoder: (recorded) => createEncoder(options.encoder ?? recorded ?? 'use'),
          signal: terminal.signal,
          onProgress: (progress) => view.report(progress),
          onNote: (text) => view.aside(() => note(terminal, text)),
        }),
      ),
    );
  } finally {
    await closeAll(sources);
  }
}

const formatHelp = `
Sources:
${vectorFormats.map(({ name, title }) => `  ${name.padEnd(9)}${title}`).join('\n')}
  http://…  a running Qdrant or Fletch: points with all their vectors, payload indexes, aliases

What a source is, its content and name say; --format overrules them. Ids that are unsigned integers or UUIDs are kept;
of any other a UUID is made, always the same, and the original is kept in the payload as "${originalIdField}". Without
ids, rows are numbered. A run that was stopped goes on with --resume.`;

export const registerImport: Register = (parent, terminal) => {
  withUrl(
    withStore(parent.command('import').argument('<sources...>', 'files, folders, or addresses of servers')),
  )
    .description('move vectors in: .npy .fvecs .parquet .hdf5, hnswlib, USearch, LanceDB, Qdrant …')
    .requiredOption('-c, --collection <name>', 'collection to import into; made when it is missing')
    .addOption(
      new Option('--format <name>', 'what the sources are').choices(vectorFormats.map(({ name }) => name)),
    )
    .option('--part <name>', 'array, dataset, table or collection, where a source holds several')
    .option('--id-field <name>', 'field or column of the id (default: id or _id)')
    .option('--vector-field <name>', 'field or column of the vector (default: the first that holds vectors)')
    .addOption(
      new Option(
        '--distance <name>',
        'how vectors are compared (default: as the source says, else Cosine)',
      ).choices(['Cosine', 'Dot', 'Euclid', 'Manhattan']),
    )
    .option('--vector <name>', 'name of the vector in the collection (default: the unnamed one)')
    .option('-e, --encoder <name>', 'encoder of texts, where a source holds no vectors (default: use)')
    .option('--batch <number>', 'points written together', whole(1, 10_000), 256)
    .option('--limit <number>', 'import only the first rows', whole(1))
    .option('--first-id <number>', 'id of the first row, where the source has no ids (default: 0)', whole(0))
    .option('--resume', 'go on where an import of the same sources stopped')
    .option('--append', 'add to a collection that has points; the same ids are replaced')
    .addOption(
      new Option(
        '--order <name>',
        'rows of each source by local intrinsic dimension, or at random; see fletch bench order',
      ).choices(importOrders),
    )
    .option('--skip-bad', 'leave out vectors that are not finite, or all zeros under Cosine')
    .addOption(
      new Option('--source-api-key <key>', 'key of the server that is read').env('FLETCH_SOURCE_API_KEY'),
    )
    .addHelpText(
      'after',
      `${examples(
        ['fletch import glove.npy -c glove --distance Cosine', 'an array of NumPy, one vector a row'],
        ['fletch import products.parquet -c products --vector-field embedding --id-field sku', 'a table'],
        ['fletch import http://localhost:6333/collections/wiki -c wiki', 'from a running Qdrant'],
        [
          'fletch import sift-128-euclidean.hdf5 -c sift --url http://localhost:6333',
          'into a running server',
        ],
        ['fletch import nfcorpus/ -c nfcorpus --encoder use', 'texts of a BEIR folder'],
      )}\n${formatHelp}`,
    )
    .action(async (paths: string[], options: ImportOptions) => {
      const started = performance.now();
      const outcome = await runImport(terminal, paths, options);
      const seconds = (performance.now() - started) / 1000;
      if (options.json) return printJson(terminal, { ...outcome, seconds });
      const { imported, skipped, resumed, collection, points } = outcome;
      const others = [
        ...(resumed > 0 ? [`${plural(resumed, 'row')} of an earlier run`] : []),
        ...(skipped > 0 ? [`${plural(skipped, 'row')} left out`] : []),
      ];
      print(
        terminal,
        `Imported ${plural(imported, 'point')} in ${duration(seconds)}${others.map((text) => `, ${text}`).join('')}.`,
      );
      print(terminal, `"${collection}" holds ${plural(points, 'point')}.`);
    });
};

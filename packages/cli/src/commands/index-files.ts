/**
 * `fletch index`: the user's own documents.
 *
 * @module
 */
import { throwIfAborted } from '@fletch/base';
import { type FileDocument, type ReadDocumentsOptions, readDocuments } from '@fletch/data';
import type { Collection, Store } from '@fletch/search';
import {
  createEncoder,
  createTextCollection,
  type Encoder,
  encoderUsages,
  indexDocuments,
  textCollectionFacts,
} from '@fletch/text';
import { examples, type Register } from '../command.js';
import { documentFiles } from '../files.js';
import { list, type StoreOptions, whole, withStore } from '../options.js';
import { duration, plural } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { withOpenStore } from '../store.js';
import { note, print, printJson, type Terminal } from '../terminal.js';

interface IndexOptions extends StoreOptions, ReadDocumentsOptions {
  readonly collection: string;
  readonly encoder?: string;
  readonly batchSize?: number;
}

async function* documentsOf(
  files: readonly string[],
  options: ReadDocumentsOptions,
  signal: AbortSignal,
): AsyncGenerator<FileDocument> {
  for (const file of files) {
    for await (const document of readDocuments(file, options)) {
      throwIfAborted(signal);
      yield document;
    }
  }
}

/** How many documents there are. Reading all before writing one means that a bad line leaves nothing half done. */
async function countDocuments(documents: AsyncIterable<FileDocument>): Promise<number> {
  let total = 0;
  for await (const _ of documents) total++;
  return total;
}

function openCollection(
  store: Store,
  encoder: Encoder,
  options: IndexOptions,
): Promise<Collection> | Collection {
  return store.hasCollection(options.collection)
    ? store.collection(options.collection)
    : createTextCollection(store, options.collection, encoder, options);
}

/** The encoder asked for, else the one the collection was indexed with, else `use`. */
function encoderFor(store: Store, options: IndexOptions): string {
  if (options.encoder !== undefined) return options.encoder;
  if (!store.hasCollection(options.collection)) return 'use';
  return textCollectionFacts(store.collection(options.collection))?.encoder ?? 'use';
}

interface Outcome {
  readonly collection: string;
  readonly encoder: string;
  readonly files: number;
  readonly documents: number;
  readonly added: number;
  readonly skipped: number;
  readonly points: number;
  readonly seconds: number;
}

async function indexFiles(
  terminal: Terminal,
  paths: readonly string[],
  options: IndexOptions,
): Promise<Outcome> {
  const files = await documentFiles(paths);
  const { signal } = terminal;
  const reading = (): AsyncGenerator<FileDocument> => documentsOf(files, options, signal);
  return withOpenStore(terminal, options, async (store) => {
    const started = performance.now();
    const total = await countDocuments(reading());
    const encoder = await createEncoder(encoderFor(store, options));
    try {
      const collection = await openCollection(store, encoder, options);
      const { added, skipped } = await withProgress(terminal, 'indexing', (view) =>
        indexDocuments({
          collection,
          encoder,
          documents: reading(),
          total,
          signal,
          onProgress: (progress) => view.report(progress),
          ...(options.textField === undefined ? {} : { textField: options.textField }),
          ...(options.batchSize === undefined ? {} : { batchSize: options.batchSize }),
        }),
      );
      const points = await collection.count({ exact: true });
      const seconds = (performance.now() - started) / 1000;
      const { name } = collection;
      return {
        collection: name,
        encoder: encoder.name,
        files: files.length,
        documents: total,
        added,
        skipped,
        points,
        seconds,
      };
    } finally {
      await encoder.close();
    }
  });
}

export const registerIndex: Register = (parent, terminal) => {
  withStore(parent.command('index').argument('<files...>', 'files, or folders of them'))
    .description('index documents by meaning: .txt .md .jsonl .csv …')
    .option('-c, --collection <name>', 'collection to index into; made when it is missing', 'documents')
    .option('-e, --encoder <name>', `what makes vectors of texts: ${encoderUsages.join(', ')} (default: use)`)
    .option('-t, --text-field <name>', 'field or column of the text (.jsonl, .csv; default: text)')
    .option('--payload-fields <names>', 'fields to keep beside the text (default: all)', list)
    .option('--id-field <name>', 'field of the id (default: ids are made from the content)')
    .option('--batch-size <number>', 'documents encoded and written together', whole(1, 10_000))
    .addHelpText(
      'after',
      `${examples(
        ['fletch index notes/ letters.txt -c notes', 'paragraphs and sections'],
        ['fletch index products.csv -t description --payload-fields name,price', 'rows of a table'],
        ['fletch index a.jsonl -e use', 'objects, one a line'],
      )}\n\nA run that was stopped is resumed by running it again: what is there unchanged is left alone.`,
    )
    .action(async (paths: string[], options: IndexOptions) => {
      const outcome = await indexFiles(terminal, paths, options);
      if (options.json) return printJson(terminal, outcome);
      const { added, skipped, files, collection, points, seconds } = outcome;
      const known = skipped > 0 ? `, ${plural(skipped, 'document')} unchanged` : '';
      print(
        terminal,
        `Indexed ${plural(added, 'document')} of ${plural(files, 'file')} in ${duration(seconds)}${known}.`,
      );
      print(terminal, `"${collection}" holds ${plural(points, 'point')}.`);
      note(terminal, `Try: fletch search "your words" --collection ${collection}`);
    });
};

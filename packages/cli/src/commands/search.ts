/**
 * `fletch search`: the documents nearest in meaning to a text.
 *
 * @module
 */
import type { Filter, ScoredPoint } from '@fletch/search';
import { createEncoder, searchText, textCollectionFacts } from '@fletch/text';
import { examples, type Register } from '../command.js';
import { filterJson, type UrlOptions, whole, withStore, withUrl } from '../options.js';
import { hitsTable } from '../output/hits.js';
import { type Remote, remote } from '../remote.js';
import { chooseCollection, chooseName, encoderOf, withOpenStore } from '../store.js';
import { print, printJson, type Terminal } from '../terminal.js';

interface SearchOptions extends UrlOptions {
  readonly collection?: string;
  readonly limit: number;
  readonly filter?: Filter;
  readonly encoder?: string;
}

interface Answer {
  readonly collection: string;
  readonly textField: string;
  readonly hits: readonly ScoredPoint[];
}

function searchStore(terminal: Terminal, text: string, options: SearchOptions): Promise<Answer> {
  return withOpenStore(terminal, options, async (store) => {
    const collection = chooseCollection(store, options.collection);
    const encoder = await createEncoder(encoderOf(collection, options.encoder));
    try {
      const hits = await searchText({
        collection,
        encoder,
        text,
        limit: options.limit,
        filter: options.filter ?? null,
        signal: terminal.signal,
      });
      const textField = textCollectionFacts(collection)?.text_field ?? 'text';
      return { collection: collection.name, textField, hits };
    } finally {
      await encoder.close();
    }
  });
}

async function searchServer(server: Remote, text: string, options: SearchOptions): Promise<Answer> {
  const collection = chooseName(await server.names(), options.collection, server.url);
  const facts = (await server.info(collection)).config.metadata?.fletch;
  const textField =
    facts !== null && typeof facts === 'object' && 'text_field' in facts ? facts.text_field : undefined;
  return {
    collection,
    textField: typeof textField === 'string' ? textField : 'text',
    hits: await server.search(collection, text, options),
  };
}

export const registerSearch: Register = (parent, terminal) => {
  withUrl(withStore(parent.command('search').argument('<text>', 'what to look for, in your own words')))
    .description('find documents by meaning')
    .option('-c, --collection <name>', 'collection to search (default: the only one)')
    .option('-l, --limit <number>', 'how many hits', whole(1, 10_000), 10)
    .option('-f, --filter <json>', 'filter over the payload, as in Qdrant', filterJson)
    .option('-e, --encoder <name>', 'encoder of the query (default: the one that indexed the collection)')
    .addHelpText(
      'after',
      examples(
        ['fletch search "a feeling of deep sadness"', 'in the only collection'],
        [
          `fletch search "to move fast" -c wordnet -f '{"must":[{"key":"pos","match":{"value":"verb"}}]}'`,
          'verbs only',
        ],
        ['fletch search "refund" --url http://localhost:6333 --json', 'ask a running server'],
      ),
    )
    .action(async (text: string, options: SearchOptions) => {
      const started = performance.now();
      const { collection, textField, hits } = options.url
        ? await searchServer(
            remote(options.url, { apiKey: options.apiKey, signal: terminal.signal }),
            text,
            options,
          )
        : await searchStore(terminal, text, options);
      const seconds = (performance.now() - started) / 1000;
      if (options.json) printJson(terminal, { collection, text, seconds, hits });
      else print(terminal, hitsTable(hits, textField, terminal.stdout.columns));
    });
};

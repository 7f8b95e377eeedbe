/**
 * `fletch collections`: what is in the store.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { CollectionInfo, CreateCollection, Distance, Store } from '@fletch/search';
import { createEncoder, createTextCollection } from '@fletch/text';
import { Option } from 'commander';
import { examples, type Register } from '../command.js';
import { UsageError } from '../exit.js';
import { type UrlOptions, whole, withStore, withUrl } from '../options.js';
import { count, plural } from '../output/format.js';
import { table } from '../output/table.js';
import { type Remote, remote } from '../remote.js';
import { withOpenStore } from '../store.js';
import { note, print, printJson, type Terminal } from '../terminal.js';

/** What these commands need, from the store or from a server. */
type Place = Pick<Remote, 'names' | 'info' | 'create' | 'delete'>;

const inStore = (store: Store): Place => ({
  names: async () => store.collections(),
  info: async (name) => store.collection(name).info(),
  create: async (name, config) => void (await store.createCollection(name, config)),
  delete: (name) => store.deleteCollection(name),
});

function withPlace<T>(
  terminal: Terminal,
  options: UrlOptions,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  return options.url
    ? work(remote(options.url, { apiKey: options.apiKey, signal: terminal.signal }))
    : withOpenStore(terminal, options, (store) => work(inStore(store)));
}

interface Summary {
  readonly name: string;
  readonly status: string;
  readonly points: number;
  readonly indexed: number;
  readonly vectors: string;
  readonly encoder: string | null;
}

function summarize(name: string, info: CollectionInfo): Summary {
  const { vectors } = info.config.params;
  const named = typeof vectors.size === 'number' ? { '': vectors } : vectors;
  const facts = info.config.metadata?.fletch;
  const encoder = facts !== null && typeof facts === 'object' && !Array.isArray(facts) ? facts.encoder : null;
  return {
    name,
    status: info.status,
    points: info.points_count,
    indexed: info.indexed_vectors_count,
    vectors: Object.entries(named as { [name: string]: { size: number; distance: Distance } })
      .map(([key, { size, distance }]) => `${key === '' ? '' : `${key}: `}${size} ${distance}`)
      .join(', '),
    encoder: typeof encoder === 'string' ? encoder : null,
  };
}

const registerList: Register = (parent, terminal) => {
  withUrl(withStore(parent.command('list').alias('ls')))
    .description('all collections')
    .action(async (options: UrlOptions) => {
      const rows = await withPlace(terminal, options, async (place) => {
        const names = await place.names();
        return Promise.all(names.map(async (name) => summarize(name, await place.info(name))));
      });
      if (options.json) return printJson(terminal, { collections: rows });
      if (rows.length === 0)
        return print(terminal, 'No collections yet: make one with fletch index <files…>.');
      print(
        terminal,
        table(rows, [
          { title: 'collection', value: ({ name }) => name },
          { title: 'points', value: ({ points }) => count(points), align: 'right' },
          { title: 'vectors', value: ({ vectors }) => vectors },
          { title: 'encoder', value: ({ encoder }) => encoder ?? '-' },
          { title: 'status', value: ({ status }) => status },
        ]),
      );
    });
};

const registerInfo: Register = (parent, terminal) => {
  withUrl(withStore(parent.command('info').argument('<name>', 'collection')))
    .description('one collection in full')
    .action(async (name: string, options: UrlOptions) => {
      const info = await withPlace(terminal, options, (place) => place.info(name));
      if (options.json) return printJson(terminal, { name, ...info });
      const { points, indexed, vectors, encoder, status } = summarize(name, info);
      const hnsw = info.config.hnsw_config;
      const fields = Object.entries(info.payload_schema).map(
        ([field, { data_type, points: having }]) => `${field} (${data_type}, ${plural(having, 'point')})`,
      );
      const facts: (readonly [string, string])[] = [
        ['collection', name],
        ['status', status],
        ['points', count(points)],
        ['in the graph', count(indexed)],
        ['vectors', vectors],
        ['encoder', encoder ?? '-'],
        ['graph', `m ${hnsw.m}, ef_construct ${hnsw.ef_construct}`],
        ['payload indexes', fields.join(', ') || '-'],
      ];
      for (const [title, value] of facts) print(terminal, `${title.padEnd(16)} ${value}`);
    });
};

interface CreateOptions extends UrlOptions {
  readonly encoder?: string;
  readonly size?: number;
  readonly distance: Distance;
  readonly textField: string;
}

async function create(terminal: Terminal, name: string, options: CreateOptions): Promise<void> {
  if ((options.size === undefined) === (options.encoder === undefined))
    throw new UsageError('Say what the vectors are: either --size <number> or --encoder <name>.');
  if (options.size !== undefined) {
    const config: CreateCollection = { vectors: { size: options.size, distance: options.distance } };
    return withPlace(terminal, options, (place) => place.create(name, config));
  }
  if (options.url !== undefined)
    throw new UsageError('With --url give --size: the server makes no encoder for it.');
  await withOpenStore(terminal, options, async (store) => {
    const encoder = await createEncoder(options.encoder!);
    try {
      await createTextCollection(store, name, encoder, options);
    } finally {
      await encoder.close();
    }
  });
}

const registerCreate: Register = (parent, terminal) => {
  withUrl(withStore(parent.command('create').argument('<name>', 'collection')))
    .description('an empty collection')
    .option('--size <number>', 'length of its vectors, which you bring yourself', whole(1, 65_536))
    .option('-e, --encoder <name>', 'encoder that makes its vectors from texts')
    .option('-t, --text-field <name>', 'payload field of the text', 'text')
    .addOption(
      new Option('--distance <name>', 'how vectors are compared')
        .choices(['Cosine', 'Dot', 'Euclid', 'Manhattan'])
        .default('Cosine'),
    )
    .addHelpText(
      'after',
      examples(
        ['fletch collections create notes --encoder use', 'for texts'],
        ['fletch collections create images --size 768 --distance Dot', 'for your own vectors'],
      ),
    )
    .action(async (name: string, options: CreateOptions) => {
      await create(terminal, name, options);
      if (options.json) printJson(terminal, { created: name });
      else print(terminal, `Created the collection "${name}".`);
    });
};

interface DeleteOptions extends UrlOptions {
  readonly yes?: boolean;
}

const registerDelete: Register = (parent, terminal) => {
  withUrl(withStore(parent.command('delete').alias('rm').argument('<name>', 'collection')))
    .description('delete a collection and everything in it')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, options: DeleteOptions) => {
      const deleted = await withPlace(terminal, options, async (place) => {
        if (!(await place.names()).includes(name))
          throw new FletchError(
            'NOT_FOUND',
            `There is no collection "${name}": fletch collections list shows all.`,
          );
        if (!options.yes) {
          const { points_count } = await place.info(name);
          const answer = await terminal.ask(`Delete "${name}" with ${plural(points_count, 'point')}? [y/N] `);
          if (answer === undefined)
            throw new UsageError(`Nobody can be asked here: add --yes to delete "${name}".`);
          if (!/^y(es)?$/i.test(answer.trim())) return false;
        }
        return place.delete(name);
      });
      if (options.json) printJson(terminal, { deleted: deleted ? name : null });
      else if (deleted) print(terminal, `Deleted the collection "${name}".`);
      else note(terminal, 'Nothing was deleted.');
    });
};

export const registerCollections: Register = (parent, terminal) => {
  const collections = parent
    .command('collections')
    .description('list, show, create and delete collections')
    .addHelpText(
      'after',
      examples(
        ['fletch collections list', 'what there is'],
        ['fletch collections info wordnet', 'one of them in full'],
        ['fletch collections delete wordnet --yes', 'without being asked'],
      ),
    );
  for (const register of [registerList, registerInfo, registerCreate, registerDelete])
    register(collections, terminal);
};

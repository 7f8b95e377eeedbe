/**
 * `fletch align`: a model's hidden units in the order of another's, so that both can be averaged.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FletchError, replaceFile } from '@fletch/base';
import { drawCharts } from '@fletch/lab';
import {
  type AlignDataset,
  type AlignMethod,
  type AlignReport,
  alignDatasets,
  alignMethods,
  alignModels,
  knownImages,
  specFromJson,
} from '@fletch/weights';
import { InvalidArgumentError, Option } from 'commander';
import { examples, type Register } from '../command.js';
import { UsageError } from '../exit.js';
import { type SharedOptions, whole, withShared } from '../options.js';
import { count } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { note, print, printJson, type Terminal } from '../terminal.js';

interface AlignCommandOptions extends SharedOptions {
  readonly out?: string;
  readonly method: AlignMethod;
  readonly spec?: string;
  readonly data?: AlignDataset;
  readonly images: number;
  readonly points: number;
  readonly steps: number;
  readonly merge?: number;
  readonly plot?: string;
  readonly seed: number;
  readonly threads?: number;
  readonly force?: boolean;
}

function between(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 (the first model) to 1 (the second).');
}

function odd(text: string): number {
  const value = whole(3)(text);
  if (value % 2 === 1) return value;
  throw new InvalidArgumentError('It must be odd, so that the middle is measured.');
}

async function readSpec(path: string) {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new FletchError('NOT_FOUND', `${path} cannot be read.`, { cause });
  });
  return specFromJson(text);
}

const figure = (value: number) => String(Number(value.toPrecision(4)));

function show(terminal: Terminal, report: AlignReport, data: string | undefined): void {
  const { architecture, permutations, units, moved, distance, alignment, path, statisticsReset } = report;
  const lines: [string, string][] = [
    ['layout', architecture ?? 'as the spec says'],
    ['units', `${count(moved)} of ${count(units)} moved, in ${count(permutations)} permutations`],
    [
      'distance',
      `${figure(distance.before)} → ${figure(distance.after)} (no order makes it less than ${figure(distance.lowerBound)})`,
    ],
    ...alignment.map(({ gamma, before, after }): [string, string] => [
      `R(${gamma})`,
      `${figure(before)} → ${figure(after)}`,
    ]),
  ];
  if (path) {
    const at = (p: typeof path.before) => p.accuracies[(p.accuracies.length - 1) / 2]!;
    lines.push(
      ['barrier', `${figure(path.before.barrier)} → ${figure(path.after.barrier)}, test loss on ${data}`],
      ['middle', `${figure(at(path.before))} → ${figure(at(path.after))} accuracy`],
    );
  }
  for (const [title, value] of lines) print(terminal, `${title.padEnd(10)} ${value}`);
  if (statisticsReset === true)
    note(terminal, 'Averaged models have running statistics that were estimated anew on training images.');
  if (statisticsReset === false)
    note(
      terminal,
      'The models have batch normalization: after averaging, its running statistics must be estimated anew. Name a data set (--data) and it is done.',
    );
  if (!path)
    note(terminal, 'No data set is known for these models: the loss on the way was not measured (--data).');
}

/** The loss on both ways. */
function draw(title: string, { before, after }: NonNullable<AlignReport['path']>): string {
  const points = [before, after].flatMap(({ lambdas, losses }, i) =>
    lambdas.map((x, k) => ({ x, y: losses[k]!, series: i === 0 ? 'as they are' : 'aligned' })),
  );
  return drawCharts(title, [
    {
      title: 'Test loss on the way from the first model to the second',
      x: { label: 'λ' },
      y: { label: 'cross-entropy' },
      layers: [{ kind: 'line', points }],
    },
  ]);
}

export const registerAlign: Register = (parent, terminal) => {
  withShared(
    parent
      .command('align')
      .argument('<first>', 'folder of the model whose order is taken')
      .argument('<second>', 'folder of the model whose hidden units are put in that order'),
  )
    .description('put the hidden units of one model in the order of another, so that both can be averaged')
    .option('-o, --out <folder>', 'where the permuted second model is written, with permutations.json')
    .addOption(
      new Option('-m, --method <name>', 'weight needs no data, the others do')
        .choices(alignMethods)
        .default('weight'),
    )
    .option('--spec <file>', 'which axis carries which permutation, as JSON, for layouts that are not known')
    .addOption(
      new Option(
        '--data <name>',
        'images that both models classify (default: those that a model of the zoo was trained on)',
      ).choices(alignDatasets),
    )
    .option('--merge <t>', 'write the model at t between both too, to <out>-merged', between)
    .option('--plot <file>', 'draw the loss on the way, before and after, as an SVG')
    .option('--points <number>', 'places on the way that are measured, an odd number', odd, 11)
    .option('--images <number>', 'test images that are measured', whole(1), 2000)
    .option('--steps <number>', 'of the straight-through estimator', whole(1), 100)
    .option('--seed <number>', 'of all randomness', whole(0), 0)
    .option('--threads <number>', 'cores to use (default: all)', whole(1))
    .option('--force', 'replace folders that are there')
    .addHelpText(
      'after',
      `\nLayouts: perceptrons, VGG and other chains of convolutions, residual networks, GPT-2, GPT-Neo, Llama, BERT, ViT.\n${examples(
        [
          'fletch align run-1/ run-2/ --out run-2-aligned',
          'two models of one architecture, from different seeds',
        ],
        [
          'fletch align run-1/ run-2/ --data mnist --out aligned --merge 0.5 --plot path.svg',
          'measured on data, and averaged',
        ],
      )}`,
    )
    .action(async (first: string, second: string, options: AlignCommandOptions) => {
      const { out, merge, spec, data: named, plot, json, ...rest } = options;
      if (merge !== undefined && out === undefined)
        throw new UsageError('--merge writes beside the aligned model: name its folder with --out.');
      const target = out?.replace(/\/+$/, '');
      const { report, data } = await withProgress(terminal, 'aligning', async (view) => {
        const work = { signal: terminal.signal, onProgress: view.report.bind(view) };
        const images = await knownImages(first, named, work);
        if (plot !== undefined && images === undefined)
          throw new UsageError('--plot draws the loss on the way: name the images with --data.');
        const found = await alignModels(first, second, {
          ...rest,
          ...work,
          ...(spec !== undefined && { spec: await readSpec(spec) }),
          ...(images && { data: images.data, statistics: images.statistics }),
          out: target,
          merge,
          mergedOut: merge === undefined ? undefined : `${target}-merged`,
        });
        return { report: found, data: images?.name };
      });
      if (plot !== undefined && report.path) {
        const path = resolve(plot);
        await replaceFile(path, (file) =>
          file.writeFile(draw(`${second} aligned with ${first}`, report.path!)),
        );
        note(terminal, `Drawn in ${path}`);
      }
      const { perms: _, ...figures } = report;
      const files = { out: target ?? null, merged: merge === undefined ? null : `${target}-merged` };
      if (json) printJson(terminal, { first, second, data: data ?? null, ...figures, ...files });
      else {
        show(terminal, report, data);
        for (const file of Object.values(files)) if (file !== null) note(terminal, `Written to ${file}`);
      }
    });
};

/**
 * `fletch observe`: which heads and paths of a model answer a question.
 *
 * @module
 */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FletchError, replaceFile } from '@fletch/base';
import { type CausalLM, type HeadReport, type ObserveReport, observeModel } from '@fletch/insight';
import { drawObservation } from '@fletch/lab';
import { loadModel, Tokenizer, zooModel, zooRecipe } from '@fletch/models';
import { examples, type Register } from '../command.js';
import { UsageError } from '../exit.js';
import { type SharedOptions, whole, withShared } from '../options.js';
import { type ProgressView, withProgress } from '../output/progress.js';
import { table } from '../output/table.js';
import { note, print, printJson, type Terminal } from '../terminal.js';

interface ObserveCommandOptions extends SharedOptions {
  readonly observable: string;
  readonly prompt?: string;
  readonly counter?: string;
  readonly length: number;
  readonly top: number;
  readonly takeFirst?: boolean;
  readonly plot?: string;
  readonly threads?: number;
}

/** The model of a folder, or of the zoo. */
async function modelOf(
  name: string,
  threads: number | undefined,
  terminal: Terminal,
  view: ProgressView,
): Promise<CausalLM> {
  const work = { signal: terminal.signal, onProgress: view.report.bind(view) };
  const found = await stat(name).catch(() => undefined);
  if (found?.isDirectory()) {
    const { config, params } = await loadModel(name, work);
    return { config, params, tokenizer: await Tokenizer.load(join(name, 'tokenizer.json')) };
  }
  try {
    zooRecipe(name);
  } catch (error) {
    throw new FletchError('NOT_FOUND', `${name} is no folder of a model. ${(error as Error).message}`, {
      cause: error,
    });
  }
  return zooModel(name, { threads, ...work });
}

const figure = (value: number) => value.toPrecision(3);

function show(terminal: Terminal, { observable, pair, heads, paths }: ObserveReport, top: number): void {
  const terms = observable.map(
    ({ token, weight }) =>
      `${weight < 0 ? '−' : '+'}${Math.abs(weight) === 1 ? '' : Math.abs(weight)} "${token}"`,
  );
  print(terminal, `observable  ${terms.join(' ')}`);
  if (pair) {
    print(terminal, `prompt      ${figure(pair.value)}  ${pair.tokens.join('|')}`);
    print(terminal, `counter     ${figure(pair.counterValue)}  ${pair.counterTokens.join('|')}`);
  }
  print(
    terminal,
    `\n${table(heads.slice(0, top), [
      { title: 'head', value: ({ layer, head }: HeadReport) => `${layer}.${head}` },
      { title: 'norm', value: ({ norm }) => figure(norm), align: 'right' },
      ...(pair
        ? [
            {
              title: 'patched',
              value: ({ patched }: HeadReport) => figure(patched!),
              align: 'right' as const,
            },
          ]
        : []),
    ])}`,
  );
  if (pair)
    print(
      terminal,
      `\n${table(paths.slice(0, top), [
        { title: 'contribution', value: ({ contribution }) => figure(contribution), align: 'right' },
        { title: 'path from the output, @ where a head reads', value: ({ path }) => path },
      ])}`,
    );
}

export const registerObserve: Register = (parent, terminal) => {
  withShared(parent.command('observe').argument('<model>', 'folder of a model, or a name of the zoo'))
    .description('rank the heads and paths of a language model by what they say to a question')
    .requiredOption(
      '--observable <terms>',
      'words with + or - between them, as in "he - she"; quotes keep spaces',
    )
    .option('--prompt <text>', 'a prompt that the question is about')
    .option('--counter <text>', 'a prompt of the same length with the other answer')
    .option('--length <nodes>', 'most heads and feed-forward parts of a path', whole(1, 12), 3)
    .option('--top <count>', 'rows of the tables', whole(1), 10)
    .option('--take-first', 'let the first token stand for a word of several')
    .option('--plot <file>', 'draw heads and paths as an SVG')
    .option('--threads <number>', 'cores to use (default: all)', whole(1))
    .addHelpText(
      'after',
      `\nModels are folders with config.json, safetensors and tokenizer.json, in the layout of GPT-2, GPT-Neo or Llama.\n${examples(
        ['fletch observe gpt2/ --observable "he - she"', 'by weights alone'],
        [
          'fletch observe gpt2/ --observable "he - she" --prompt "John said that" --counter "Mary said that" --plot he-she.svg',
          'by what happens on a pair of prompts',
        ],
        ['fletch observe gpt-nano-text --observable "library - program" --json', 'a model of the zoo'],
      )}`,
    )
    .action(async (name: string, options: ObserveCommandOptions) => {
      const { json, observable, prompt, counter, length, top, takeFirst, plot, threads } = options;
      if ((prompt === undefined) !== (counter === undefined))
        throw new UsageError('--prompt and --counter are given together or not at all.');
      const report = await withProgress(terminal, name, async (view) =>
        observeModel(await modelOf(name, threads, terminal, view), {
          observable,
          prompt,
          counter,
          maxLength: length,
          takeFirst,
          threads,
          signal: terminal.signal,
          onProgress: (progress) => view.report(progress),
        }),
      );
      if (plot !== undefined) {
        const path = resolve(plot);
        await replaceFile(path, (file) => file.writeFile(drawObservation(`${name}: ${observable}`, report)));
        note(terminal, `Drawn in ${path}`);
      }
      if (json) printJson(terminal, report);
      else show(terminal, report, top);
    });
};

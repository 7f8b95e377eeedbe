/**
 * `fletch inspect`: what is in a checkpoint, and what tuning changed.
 *
 * @module
 */
import { stat } from 'node:fs/promises';
import { FletchError } from '@fletch/base';
import { modelFolder, zooRecipe } from '@fletch/models';
import {
  type Checkpoint,
  compareCheckpoints,
  inspectCheckpoint,
  isPeft,
  openCheckpoint,
  openModel,
} from '@fletch/weights';
import { examples, type Register } from '../command.js';
import { UsageError } from '../exit.js';
import { type SharedOptions, whole, withShared } from '../options.js';
import { withProgress } from '../output/progress.js';
import { print, printJson, type Terminal } from '../terminal.js';
import { comparisonText, inspectionText } from './inspect-text.js';

interface InspectCommandOptions extends SharedOptions {
  readonly spectra?: boolean;
  readonly base?: string;
  readonly top: number;
  readonly k: number;
  readonly allowLinks?: boolean;
}

/** The folder or file that a name means: what is there, else a trained model of the zoo. */
async function pathOf(name: string): Promise<string> {
  if (await stat(name).catch(() => undefined)) return name;
  try {
    const folder = modelFolder(zooRecipe(name).plan);
    if (await stat(folder).catch(() => undefined)) return folder;
  } catch {
    throw new FletchError(
      'NOT_FOUND',
      `There is no file or folder ${name}, and no model of the zoo is called so.`,
    );
  }
  throw new FletchError(
    'NOT_FOUND',
    `The model ${name} of the zoo is not trained yet: fletch zoo train ${name}`,
  );
}

/** The models, an adapter with the base added. */
async function openAll(paths: readonly string[], options: InspectCommandOptions): Promise<Checkpoint[]> {
  const { allowLinks = false } = options;
  const opened: Checkpoint[] = [];
  try {
    for (const [i, path] of paths.entries()) {
      const base = options.base ?? (i > 0 ? paths[0] : undefined);
      // An adapter alone is looked at as it is.
      const alone = await openCheckpoint(path, { allowLinks });
      if (!isPeft(alone) || base === undefined) opened.push(alone);
      else {
        await alone.close();
        opened.push(await openModel(path, { allowLinks, base }));
      }
    }
    return opened;
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

const closeAll = async (opened: readonly Checkpoint[]): Promise<void> => {
  for (const one of opened) await one.close();
};

async function inspect(
  terminal: Terminal,
  names: readonly string[],
  options: InspectCommandOptions,
): Promise<void> {
  const { json, spectra = false, top, k } = options;
  const paths: string[] = [];
  for (const name of names) paths.push(await pathOf(name));
  const base = options.base === undefined ? undefined : await pathOf(options.base);
  const opened = await openAll(paths, { ...options, ...(base !== undefined && { base }) });
  try {
    const [first, ...others] = opened;
    const text = await withProgress(terminal, names.join(', '), async (view) => {
      const work = { signal: terminal.signal, onProgress: view.report.bind(view) };
      if (others.length === 0) {
        const report = await inspectCheckpoint(first!, { spectra, ...work });
        return json ? report : inspectionText(report, top);
      }
      const report = await compareCheckpoints(first!, others, { intruders: spectra && { k }, ...work });
      return json ? report : comparisonText(report, top);
    });
    if (typeof text === 'string') print(terminal, text);
    else printJson(terminal, text);
  } finally {
    await closeAll(opened);
  }
}

export const registerInspect: Register = (parent, terminal) => {
  withShared(
    parent
      .command('inspect')
      .argument('<model...>', 'folders, files, or names of the zoo; the first is the base'),
  )
    .description('look at a checkpoint, or at what tuning changed in others')
    .option('--spectra', 'compute singular values; of several models, look for intruder dimensions')
    .option('--base <model>', 'the model that an adapter was trained on (default: the first of several)')
    .option('--top <count>', 'rows of each table', whole(1), 12)
    .option('--k <count>', 'largest singular vectors that are looked at for intruders', whole(1), 10)
    .option('--allow-links', 'follow links out of the folder, as the cache of huggingface_hub has them')
    .addHelpText(
      'after',
      `\nReads safetensors (one file or many), LoRA adapters of peft, GGUF and ONNX; nothing in them is run.\n${examples(
        ['fletch inspect gpt2/', 'architecture, types, norms, NaN, copies'],
        ['fletch inspect model.gguf --spectra --top 20', 'singular values and effective ranks too'],
        ['fletch inspect base/ tuned-a/ tuned-b/', 'what changed, and whether the two pull the same way'],
        ['fletch inspect base/ adapter/ --spectra', 'a LoRA before it is shipped: its intruder dimensions'],
        ['fletch inspect gpt-nano-text --json > report.json', 'a model of the zoo, everything as JSON'],
      )}`,
    )
    .action((names: string[], options: InspectCommandOptions) => {
      if (options.base !== undefined && names.length > 1)
        throw new UsageError('--base is for one adapter; of several models the first is the base.');
      return inspect(terminal, names, options);
    });
};

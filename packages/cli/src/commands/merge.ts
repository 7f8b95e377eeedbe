/**
 * `fletch merge`: a model made of several by a recipe.
 *
 * @module
 */
import { type MergePreview, mergeRecipe, type OpenRecipe, openRecipe, previewRecipe } from '@fletch/weights';
import { InvalidArgumentError } from 'commander';
import { examples, type Register } from '../command.js';
import { UsageError } from '../exit.js';
import { type SharedOptions, whole, withShared } from '../options.js';
import { bytes, count, duration } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { table } from '../output/table.js';
import { note, print, printJson, type Terminal } from '../terminal.js';

interface MergeOptions extends SharedOptions {
  readonly out?: string;
  readonly models?: string;
  readonly anywhere?: boolean;
  readonly allowLinks?: boolean;
  readonly dryRun?: boolean;
  readonly preview?: boolean;
  readonly shardSize?: number;
  readonly seed: number;
  readonly force?: boolean;
}

const units = { '': 1, KB: 1e3, MB: 1e6, GB: 1e9 } as const;

/** Reads `500MB`. */
function byteSize(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(KB|MB|GB)?$/i.exec(text.trim()) ?? [];
  const size = Number(digits) * units[unit.toUpperCase() as keyof typeof units];
  if (!(size >= 1)) throw new InvalidArgumentError('It must be a number of bytes such as 500MB or 5GB.');
  return size;
}

/** What is read with every recipe. */
function shared(terminal: Terminal, { models, anywhere = false, allowLinks = false, seed }: MergeOptions) {
  return {
    ...(models !== undefined && { models }),
    ...{ anywhere, allowLinks, seed, signal: terminal.signal },
    onWarning: (message: string) => note(terminal, `Note: ${message}`),
  };
}

function describePlan({ plan, models, size, read, tokens }: OpenRecipe) {
  return {
    method: plan.method,
    models: Array.from(models.values(), ({ name, checkpoint, layout }) => ({
      name,
      architecture: layout.title,
      bytes: checkpoint.size,
    })),
    tensors: plan.tensors.length,
    copied: plan.copied.length,
    layers: plan.layers ?? plan.donor.layers.length,
    bytesRead: read,
    bytesWritten: size,
    ...(tokens && { tokens: tokens.size }),
  };
}

async function dryRun(terminal: Terminal, recipe: string, options: MergeOptions): Promise<void> {
  const opened = await openRecipe(recipe, shared(terminal, options));
  try {
    const facts = describePlan(opened);
    if (options.json) return printJson(terminal, facts);
    print(terminal, `${facts.method} of ${facts.models.length} models`);
    for (const model of facts.models)
      print(terminal, `  ${model.name}  ${model.architecture}, ${bytes(model.bytes)}`);
    print(
      terminal,
      `${count(facts.tensors)} tensors are merged and ${count(facts.copied)} copied, ${count(facts.layers)} layers${facts.tokens ? `, ${count(facts.tokens)} tokens` : ''}`,
    );
    print(terminal, `${bytes(facts.bytesRead)} are read, ${bytes(facts.bytesWritten)} are written`);
  } finally {
    await opened.close();
  }
}

function printPreview(terminal: Terminal, { merged, layers, method }: MergePreview): void {
  print(terminal, `${method}: differences from the base, layer by layer`);
  print(
    terminal,
    table(layers, [
      { title: 'layer', value: ({ layer }) => (layer === null ? 'outside' : String(layer)), align: 'right' },
      { title: 'base', value: ({ baseNorm }) => baseNorm?.toFixed(2) ?? '', align: 'right' },
      ...merged.map((name, i) => ({
        title: name,
        value: ({ norms }: MergePreview['layers'][number]) => norms[i]?.toFixed(3) ?? '',
        align: 'right' as const,
      })),
      { title: 'cosine', value: ({ cosine }) => cosine?.toFixed(3) ?? '', align: 'right' },
      {
        title: 'signs differ',
        value: ({ conflicts }) => `${(100 * conflicts).toFixed(1)} %`,
        align: 'right',
      },
    ]),
  );
}

async function merge(terminal: Terminal, recipe: string, options: MergeOptions): Promise<void> {
  if (options.dryRun) return dryRun(terminal, recipe, options);
  if (options.preview) {
    const preview = await withProgress(terminal, 'looking at tensors', (view) =>
      previewRecipe(recipe, { ...shared(terminal, options), onProgress: view.report }),
    );
    if (options.json) printJson(terminal, preview);
    else printPreview(terminal, preview);
    return;
  }
  const { out, shardSize, force = false } = options;
  if (out === undefined)
    throw new UsageError(
      'Name the folder that is written: --out merged. Or look first: --dry-run, --preview.',
    );
  const report = await withProgress(terminal, 'merging', (view) =>
    mergeRecipe(recipe, {
      ...shared(terminal, options),
      ...{ out, force, onProgress: view.report },
      ...(shardSize !== undefined && { maxShardSize: shardSize }),
    }),
  );
  if (options.json) return printJson(terminal, report);
  const again = report.resumed > 0 ? `, ${report.resumed} of them from an interrupted run` : '';
  print(
    terminal,
    `${report.method} of ${report.models.length} models: ${count(report.tensors)} tensors, ${bytes(report.bytes)} in ${duration(report.seconds)}`,
  );
  print(terminal, `${out}: ${report.files.length === 1 ? '1 file' : `${report.files.length} files`}${again}`);
}

export const registerMerge: Register = (parent, terminal) => {
  withShared(parent.command('merge').argument('<recipe>', 'a mergekit recipe, merge.yml'))
    .description('make one model of several without training')
    .option('-o, --out <folder>', 'the merged model')
    .option('--dry-run', 'read the recipe and the heads of the models, and say what would be done')
    .option('--preview', 'look at all tensors: how far models moved and where their signs differ')
    .option('--models <folder>', 'where models are looked for; default: beside the recipe')
    .option('--anywhere', 'let the recipe name models outside of that folder')
    .option('--allow-links', 'follow links, as in the cache of huggingface_hub')
    .option('--shard-size <bytes>', 'most bytes in one file, such as 5GB', byteSize)
    .option('--seed <number>', 'of methods that drop at random', whole(0), 0)
    .option('--force', 'replace a folder that is there')
    .addHelpText(
      'after',
      examples(
        ['fletch merge merge.yml --dry-run', 'does it all fit together?'],
        ['fletch merge merge.yml --preview', 'which layers moved, and do they agree?'],
        ['fletch merge merge.yml --out merged', 'the merged model'],
      ),
    )
    .action((recipe: string, options: MergeOptions) => merge(terminal, recipe, options));
};

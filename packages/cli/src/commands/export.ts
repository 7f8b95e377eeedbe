/**
 * `fletch export`: a collection as plain files.
 *
 * @module
 */
import { writeFormatOf, writeFormats } from '@fletch/data';
import type { Filter } from '@fletch/search';
import { Option } from 'commander';
import { examples, type Register } from '../command.js';
import { filterJson, type UrlOptions, withStore, withUrl } from '../options.js';
import { duration, plural } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { print, printJson } from '../terminal.js';
import { exportCollection } from '../transfer/export.js';
import { withTarget } from '../transfer/target.js';

interface ExportOptions extends UrlOptions {
  readonly to: string;
  readonly format?: string;
  readonly vector?: string;
  readonly filter?: Filter;
  readonly textField?: string;
  readonly force?: boolean;
}

const formatHelp = `
Formats, by the ending of --to:
${writeFormats.map(({ name, title }) => `  ${name.padEnd(9)}${title}`).join('\n')}

Beside .npy, .fvecs and .fbin stand the ids (.ids.npy) and payloads (.payload.jsonl); fletch import reads them again.
Vectors compared by Cosine are kept, and so written, at length 1.`;

export const registerExport: Register = (parent, terminal) => {
  withUrl(withStore(parent.command('export').argument('<collection>', 'collection')))
    .description('write a collection to plain files: .npy .fvecs .fbin .parquet .jsonl, BEIR')
    .requiredOption('--to <path>', 'file to write; its ending says what, a folder is one of BEIR')
    .addOption(new Option('--format <name>', 'what to write').choices(writeFormats.map(({ name }) => name)))
    .option('--vector <name>', 'vector to write (default: the unnamed or only one; .jsonl: all)')
    .option('-f, --filter <json>', 'only points that match, as in Qdrant', filterJson)
    .option('-t, --text-field <name>', 'payload field of the text (BEIR; default: as indexed, else text)')
    .option('--force', 'replace files that are there')
    .addHelpText(
      'after',
      `${examples(
        ['fletch export notes --to notes.npy', 'vectors, ids and payloads'],
        ['fletch export notes --to notes.jsonl', 'whole points, also with named vectors'],
        [
          `fletch export wordnet --to nouns.parquet -f '{"must":[{"key":"pos","match":{"value":"noun"}}]}'`,
          'some',
        ],
        ['fletch export notes --to corpus/', 'the texts alone'],
      )}\n${formatHelp}`,
    )
    .action(async (collection: string, options: ExportOptions) => {
      const started = performance.now();
      const path = options.to.replace(/(?<=.)[/\\]+$/, '');
      const format = writeFormatOf(path, options.format);
      const outcome = await withTarget(terminal, options, (target) =>
        withProgress(terminal, 'exporting', (view) =>
          exportCollection({
            ...options,
            target,
            collection,
            path,
            format,
            signal: terminal.signal,
            onProgress: (progress) => view.report(progress),
          }),
        ),
      );
      const seconds = (performance.now() - started) / 1000;
      if (options.json) return printJson(terminal, { ...outcome, seconds });
      const left = outcome.skipped > 0 ? `, ${plural(outcome.skipped, 'point')} left out` : '';
      print(terminal, `Exported ${plural(outcome.exported, 'point')} in ${duration(seconds)}${left}:`);
      for (const file of outcome.files) print(terminal, `  ${file}`);
    });
};

/**
 * `fletch fit`: an estimator learns from a table.
 *
 * @module
 */
import { replaceFile } from '@fletch/base';
import {
  crossValidate,
  type Estimator,
  type EstimatorEntry,
  type SharedOptions as EstimatorOptions,
  estimators,
  type Frame,
  type HeldOut,
  repeatRows,
  type Summary,
  saveModel,
} from '@fletch/estimate';
import { drawCharts } from '@fletch/lab';
import { Option } from 'commander';
import { examples, type Register } from '../command.js';
import { estimatorOptions, optionOf } from '../estimate/options.js';
import { summaryText } from '../estimate/summary.js';
import { openTable, tableHelp, withLine } from '../estimate/table.js';
import { UsageError } from '../exit.js';
import { list, type SharedOptions, whole, withShared } from '../options.js';
import { withProgress } from '../output/progress.js';
import { note, print, printJson, type Terminal } from '../terminal.js';

interface FitOptions extends SharedOptions {
  readonly target: string;
  readonly levels?: readonly string[];
  readonly columns?: readonly string[];
  readonly drop?: readonly string[];
  readonly categorical?: readonly string[];
  readonly frequencies?: string;
  readonly encoding?: EstimatorOptions['encoding'];
  readonly missing?: EstimatorOptions['missing'];
  readonly folds: number;
  readonly seed: number;
  readonly save: string | false;
  readonly plot?: string;
}

/** What a fit leaves. */
interface Fitted {
  readonly estimator: Estimator;
  readonly heldOut: readonly HeldOut[];
  readonly summary: Summary;
}

const registerEstimator =
  (entry: EstimatorEntry): Register =>
  (parent, terminal) => {
    const command = withShared(parent.command(entry.name).argument('<table>', tableHelp))
      .description(entry.title)
      .requiredOption('-t, --target <column>', `what is to be predicted: ${entry.target}`)
      .option('--columns <names>', 'columns to learn from (default: all but the target)', list)
      .option('--drop <names>', 'columns to leave out', list)
      .option('--categorical <names>', 'columns of numbers that name categories', list)
      .option('--frequencies <column>', 'column that says how often each row counts')
      .addOption(new Option('--encoding <how>', 'of categories').choices(['drop-first', 'one-hot']))
      .addOption(
        new Option('--missing <how>', 'values that are missing').choices(['refuse', 'mean', 'median']),
      )
      .option('--folds <number>', 'of cross-validation; 0 for none', whole(0), 5)
      .option('--seed <number>', 'of all randomness', whole(0), 0)
      .option('--save <file>', 'where the model goes', 'model.json')
      .option('--no-save', 'keep no model')
      .option('--plot <file.svg>', 'draw what the held-out rows show');
    if (entry.target !== 'numbers')
      command.option('--levels <names>', 'classes in their order, separated by commas', list);
    for (const spec of entry.options) command.addOption(optionOf(spec));
    command
      .addHelpText('after', examples([`fletch fit ${entry.name} data.csv --target outcome`, entry.title]))
      .action((path: string, options: FitOptions) => fit(terminal, entry, path, options));
  };

async function fit(
  terminal: Terminal,
  entry: EstimatorEntry,
  path: string,
  options: FitOptions,
): Promise<void> {
  const { target, categorical = [], save, plot, json } = options;
  if (options.folds === 1) throw new UsageError('--folds must be 0 or at least 2.');
  const table = await openTable(path, categorical, terminal.signal);
  const { frequencies } = options;
  const { estimator, heldOut, summary } =
    frequencies === undefined
      ? await learn(terminal, entry, table, options, path)
      : await learn(terminal, entry, repeatRows(table, frequencies), options);
  if (save !== false) await saveModel(save, { estimator, target, categorical });
  if (plot !== undefined) await writePlot(plot, entry, estimator, heldOut);
  if (json)
    printJson(terminal, {
      estimator: entry.name,
      target,
      table: path,
      ...summary,
      model: save === false ? null : save,
    });
  else print(terminal, summaryText(summary));
  if (plot !== undefined) note(terminal, `Drawn in ${plot}`);
  if (save !== false) note(terminal, `Saved in ${save}: fletch predict ${save} <table>`);
}

/**
 * Learns from all rows, then cross-validates.
 *
 * @param path - of the file whose rows these are, to name lines of it
 */
async function learn(
  terminal: Terminal,
  entry: EstimatorEntry,
  frame: Frame,
  options: FitOptions,
  path = '',
): Promise<Fitted> {
  const { target, columns, drop = [], levels, encoding, missing, folds, seed } = options;
  const y = frame.column(target);
  const X = columns ? frame.select(columns) : frame.drop([target, ...drop.filter((name) => name !== target)]);
  const settings = {
    seed,
    ...(levels && { levels }),
    ...(encoding && { encoding }),
    ...(missing && { missing }),
    ...estimatorOptions(entry.options, { ...options }),
  };
  const create = () => entry.create(settings);
  const { signal } = terminal;
  return withProgress(terminal, entry.name, async (view) => {
    const work = { signal, onProgress: view.report };
    const estimator = await withLine(path, () => create().fit(X, y, work));
    const summary = estimator.summary();
    if (folds === 0) return { estimator, heldOut: [], summary };
    const stratify = entry.target !== 'numbers';
    const { heldOut, mean, standardError } = await crossValidate(create, X, y, {
      folds,
      seed,
      stratify,
      ...work,
    });
    const scores = [
      ['mean score of the folds', mean],
      ['its standard error', standardError],
      ...((await entry.scores?.(heldOut)) ?? []),
    ] as const;
    return { estimator, heldOut, summary: withScores(summary, folds, scores) };
  });
}

function withScores(
  summary: Summary,
  folds: number,
  scores: readonly (readonly [string, number])[],
): Summary {
  const rows = scores.map(([score, value]) => ({ score, value }));
  return { ...summary, tables: [...summary.tables, { title: `Held-out rows of ${folds} folds`, rows }] };
}

async function writePlot(
  path: string,
  entry: EstimatorEntry,
  estimator: Estimator,
  heldOut: readonly HeldOut[],
): Promise<void> {
  if (heldOut.length === 0) throw new UsageError('--plot draws held-out rows: leave --folds at 2 or more.');
  const charts = (await entry.charts?.(estimator, heldOut)) ?? [];
  if (charts.length === 0) throw new UsageError(`There is nothing to draw of ${entry.name}.`);
  const svg = drawCharts(estimator.summary().title, charts);
  await replaceFile(path, async (file) => {
    await file.writeFile(svg);
  });
}

export const registerFit: Register = (parent, terminal) => {
  const command = parent
    .command('fit')
    .description('estimators: rare events, quantiles, regressions, learned from a table')
    .addHelpText(
      'after',
      examples(
        [
          'fletch fit presto visits.csv --target outcome --levels saw,clicked,bought',
          'the rare class stands last',
        ],
        ['fletch fit presto soup -t SURENESS --levels 6,5,4,3,2,1 --drop RESP,PRODID', 'a data set by name'],
        ['fletch predict model.json new.csv --proba', 'what the model says of new rows'],
      ),
    );
  for (const entry of estimators) registerEstimator(entry)(command, terminal);
};

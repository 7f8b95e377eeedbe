/**
 * `fletch predict`: a saved model applied to a table.
 *
 * @module
 */
import { replaceFile } from '@fletch/base';
import { loadModel, type PredictionColumns, predictionColumns } from '@fletch/estimate';
import { examples, type Register } from '../command.js';
import { openTable, tableHelp, withLine } from '../estimate/table.js';
import { list, type SharedOptions, withShared } from '../options.js';
import { type CsvColumns, csvOf } from '../output/csv.js';
import { note, print, printJson } from '../terminal.js';

interface PredictOptions extends SharedOptions {
  readonly proba?: boolean;
  readonly keep?: readonly string[];
  readonly to?: string;
}

function records(columns: CsvColumns, rows: number): object[] {
  return Array.from({ length: rows }, (_, i) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[i]])),
  );
}

export const registerPredict: Register = (parent, terminal) => {
  withShared(
    parent
      .command('predict')
      .argument('<model>', 'file that fletch fit saved')
      .argument('<table>', `${tableHelp}, with the columns of the fit`),
  )
    .description('apply a saved model to new rows')
    .option('--proba', 'probabilities of the classes, too')
    .option('--keep <names>', 'columns of the table to repeat, such as an id', list)
    .option('--to <file>', 'write csv (or, with --json, JSON) there instead of printing it')
    .addHelpText(
      'after',
      examples(
        ['fletch predict model.json new.csv > predictions.csv', 'one line for each row'],
        ['fletch predict model.json new.csv --proba --keep id --json', 'as JSON'],
      ),
    )
    .action(
      async (modelPath: string, path: string, { proba = false, keep = [], to, json }: PredictOptions) => {
        const { estimator, categorical } = await loadModel(modelPath);
        const frame = await openTable(path, categorical, terminal.signal);
        const kept = keep
          .map((name) => frame.column(name))
          .map(({ name, values }) => [name, values] as const);
        const predicted: PredictionColumns = await withLine(path, () =>
          predictionColumns(estimator, frame, { proba }),
        );
        const columns = [...kept, ...predicted];
        if (to === undefined) {
          if (json) printJson(terminal, records(columns, frame.rows));
          else print(terminal, csvOf(columns, frame.rows));
          return;
        }
        const text = json
          ? JSON.stringify(records(columns, frame.rows), null, 2)
          : csvOf(columns, frame.rows);
        await replaceFile(to, async (file) => {
          await file.writeFile(`${text}\n`);
        });
        note(terminal, `${frame.rows} rows in ${to}`);
      },
    );
};

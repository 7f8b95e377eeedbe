/**
 * The tables that scikit-learn brings along: its files have no names of columns.
 *
 * Names: https://scikit-learn.org/stable/datasets/toy_dataset.html
 *
 * @module
 */

import { readText } from '../files/utf8.js';
import { readCsvTable } from '../tables/csv.js';
import { readTable } from '../tables/read-table.js';
import { numbersOf, type Table } from '../tables/table.js';
import { invalidFile } from '../vectors/bytes.js';

const cells = [
  ...['radius', 'texture', 'perimeter', 'area', 'smoothness', 'compactness', 'concavity', 'concave points'],
  ...['symmetry', 'fractal dimension'],
];

const bunches = {
  iris: {
    target: 'species',
    columns: ['sepal length', 'sepal width', 'petal length', 'petal width'],
  },
  wine: {
    target: 'cultivar',
    columns: [
      ...['alcohol', 'malic acid', 'ash', 'alcalinity of ash', 'magnesium', 'total phenols', 'flavanoids'],
      ...['nonflavanoid phenols', 'proanthocyanins', 'color intensity', 'hue', 'od280/od315', 'proline'],
    ],
  },
  breastCancer: {
    target: 'diagnosis',
    columns: ['mean', 'error of', 'worst'].flatMap((what) => cells.map((cell) => `${what} ${cell}`)),
  },
} as const;

/**
 * A table whose first row gives the numbers of rows and columns and the names of the classes, and whose last column is the
 * class as a number.
 *
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export async function readBunchTable(path: string, kind: keyof typeof bunches): Promise<Table> {
  const { target, columns } = bunches[kind];
  let text = '';
  for await (const piece of readText(path)) text += piece;
  const end = text.indexOf('\n');
  const [count, width, ...levels] = text.slice(0, end).trim().split(',');
  const rest = (async function* () {
    yield text.slice(end + 1);
  })();
  const table = await readCsvTable(rest, path, { names: [...columns, target] });
  const codes = numbersOf(table, target);
  if (table.rows !== Number(count) || columns.length !== Number(width) || codes.some((code) => !levels[code]))
    throw invalidFile(path, `its head promises ${count} rows of ${width} values, of the classes ${levels}.`);
  const classes = Array.from(codes, (code) => levels[code]!);
  return { ...table, columns: { ...table.columns, [target]: classes }, levels: { [target]: levels } };
}

/** The ten measurements as they were taken, and the progression, which stands in a file of its own. */
export async function readDiabetes(paths: readonly string[]): Promise<Table> {
  const [data, target] = paths as [string, string];
  const names = ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6'];
  const measured = await readTable(data, { names, delimiter: ' ' });
  const progression = numbersOf(await readTable(target, { names: ['progression'] }), 'progression');
  if (progression.length !== measured.rows)
    throw invalidFile(target, `it has ${progression.length} rows, ${data} has ${measured.rows}.`);
  return { rows: measured.rows, columns: { ...measured.columns, progression } };
}

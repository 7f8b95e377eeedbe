/**
 * The tables of system 22: numbers to predict, and what they are predicted from.
 *
 * @module
 */
import { completeRows, loadDebianPackages, loadTable, parseDependencies, type Table } from '@fletch/data';
import { Design, frameFromTable, type QuantileProblem, simulateHeteroscedastic } from '@fletch/estimate';
import { Matrix, rng } from '@fletch/linalg';

/** Makes a table; a seed decides what is drawn. */
type Load = (seed: number, signal: AbortSignal) => Promise<QuantileProblem>;

/** Rows that are drawn from large tables. */
const ROWS = 4000;

/** Features (categories one-hot) and the target of a table's complete rows. */
function problemOf(table: Table, target: string, features: readonly string[]): QuantileProblem {
  const frame = frameFromTable(completeRows(table, [...features, target]));
  const y = frame.column(target).values as Float64Array;
  const X = frame.select(features);
  return { X: Design.fit(X, { encoding: 'one-hot' }).matrix(X), y };
}

const others = (table: Table, target: string): string[] =>
  Object.keys(table.columns).filter((name) => name !== target);

const small =
  (name: string, target: string, features?: readonly string[]): Load =>
  async (_, signal) => {
    const table = await loadTable(name, { signal });
    return problemOf(table, target, features ?? others(table, target));
  };

/** log₁₀ of what films earned worldwide. */
async function movies(_: number, signal: AbortSignal): Promise<QuantileProblem> {
  const table = await loadTable('movies', { signal });
  const features = ['Production Budget', 'IMDB Rating', 'IMDB Votes', 'Major Genre', 'MPAA Rating'];
  const target = 'Worldwide Gross';
  const { X, y } = problemOf(table, target, features);
  const kept = Array.from(y, (_value, row) => row).filter((row) => y[row]! > 1000 && X.at(row, 0) > 0);
  return taken({ X, y }, kept, (value) => Math.log10(value));
}

/** log₁₀ of the kibibytes that Debian's packages take, by section, dependencies and description. */
async function debian(seed: number, signal: AbortSignal): Promise<QuantileProblem> {
  const index = await loadDebianPackages({ signal });
  const packages = index.packages.filter(({ installedSize }) => installedSize > 0);
  const counts = new Map<string, number>();
  for (const { section } of packages) counts.set(section, (counts.get(section) ?? 0) + 1);
  const sections = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 12);
  const rows = packages.map((one) => [
    parseDependencies(one.depends).length,
    parseDependencies(one.recommends).length,
    Math.log1p(one.description.length),
    one.synopsis.length,
    one.tags.length,
    one.architecture === 'all' ? 1 : 0,
    ...sections.map(([section]) => (one.section === section ? 1 : 0)),
  ]);
  const problem = {
    X: Matrix.from(rows),
    y: Float64Array.from(packages, ({ installedSize }) => Math.log10(installedSize)),
  };
  return taken(
    problem,
    rng(seed, 22).sample(packages.length, Math.min(ROWS, packages.length)),
    (value) => value,
  );
}

function taken(
  { X, y }: QuantileProblem,
  rows: ArrayLike<number>,
  of: (value: number) => number,
): QuantileProblem {
  const part = new Matrix(new Float64Array(rows.length * X.cols), rows.length, X.cols);
  for (let i = 0; i < rows.length; i++) part.data.set(X.row(rows[i]!), i * X.cols);
  return { X: part, y: Float64Array.from(rows, (row) => of(y[row]!)) };
}

/** By name. */
export const quantileTables = {
  S1: async (seed) => simulateHeteroscedastic(3000, 100 + seed),
  'S1, 300 rows': async (seed) => simulateHeteroscedastic(300, 100 + seed),
  boston: small('boston', 'medv'),
  diabetes: small('diabetes', 'progression'),
  engel: small('engel', 'foodexp'),
  cars: small('cars', 'Miles_per_Gallon', [
    'Cylinders',
    'Displacement',
    'Horsepower',
    'Weight_in_lbs',
    'Acceleration',
    'Origin',
  ]),
  movies,
  debian,
} satisfies Readonly<Record<string, Load>>;

/** A table's name. */
export type TableName = keyof typeof quantileTables;

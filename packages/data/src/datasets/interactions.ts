/**
 * Who liked what, and when: ratings of MovieLens, and others of that kind.
 *
 * Formats: the README files of https://grouplens.org/datasets/movielens/ (100K, 1M, 25M and the like)
 *
 * @module
 */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError, throwIfAborted } from '@fletch/base';
import { readRows } from '../files/csv.js';
import { readLines } from '../files/lines.js';
import { readText } from '../files/utf8.js';
import { categoriesOf, numbersOf, textsOf } from '../tables/table.js';
import { describeReadError, invalidFile } from '../vectors/bytes.js';
import { type LoadTableOptions, loadTable } from './tables.js';

/** Ratings, each column as long as there are ratings. */
export interface Interactions {
  readonly count: number;
  /** Positions in `userIds`. */
  readonly users: Int32Array;
  /** Positions in `itemIds`. */
  readonly items: Int32Array;
  readonly ratings: Float32Array;
  /** Seconds since 1970, or steps in the order of time. */
  readonly times: Float64Array;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  /** Titles of items, where they are known; empty otherwise. */
  readonly titles: readonly string[];
  /** Kinds of items, such as genres, where they are known. */
  readonly categories: readonly (readonly string[])[];
}

/** What is known of an item. */
interface Item {
  readonly title: string;
  readonly categories: readonly string[];
}

/** Gathers ratings; ids get numbers as they come. */
class Gathered {
  readonly #users = new Map<string, number>();
  readonly #items = new Map<string, number>();
  readonly #columns: [number[], number[], number[], number[]] = [[], [], [], []];

  add(user: string, item: string, rating: number, time: number): void {
    const [users, items, ratings, times] = this.#columns;
    users.push(numberOf(this.#users, user));
    items.push(numberOf(this.#items, item));
    ratings.push(rating);
    times.push(time);
  }

  finish(known: ReadonlyMap<string, Item>): Interactions {
    const [users, items, ratings, times] = this.#columns;
    const itemIds = [...this.#items.keys()];
    return {
      count: users.length,
      users: Int32Array.from(users),
      items: Int32Array.from(items),
      ratings: Float32Array.from(ratings),
      times: Float64Array.from(times),
      userIds: [...this.#users.keys()],
      itemIds,
      titles: itemIds.map((id) => known.get(id)?.title ?? ''),
      categories: itemIds.map((id) => known.get(id)?.categories ?? []),
    };
  }
}

function numberOf(numbers: Map<string, number>, id: string): number {
  const known = numbers.get(id);
  if (known !== undefined) return known;
  numbers.set(id, numbers.size);
  return numbers.size - 1;
}

/** A release of MovieLens: its file of ratings, how a line is cut, and where titles stand. */
interface Layout {
  readonly ratings: string;
  readonly items: string;
  readonly split: RegExp | 'csv';
}

const layouts: readonly Layout[] = [
  { ratings: 'u.data', items: 'u.item', split: /\t/ },
  { ratings: 'ratings.dat', items: 'movies.dat', split: /::/ },
  { ratings: 'ratings.csv', items: 'movies.csv', split: 'csv' },
];

/** Genres of `u.item`, by the column they stand in. */
const GENRES = [
  ...['unknown', 'Action', 'Adventure', 'Animation', "Children's", 'Comedy', 'Crime', 'Documentary', 'Drama'],
  ...[
    'Fantasy',
    'Film-Noir',
    'Horror',
    'Musical',
    'Mystery',
    'Romance',
    'Sci-Fi',
    'Thriller',
    'War',
    'Western',
  ],
];

/**
 * Reads a folder of MovieLens: `u.data` (100K), `ratings.dat` (1M, 10M) or `ratings.csv` (20M, 25M, latest), with the titles
 * and genres that stand beside it.
 *
 * @throws FletchError `NOT_FOUND` when the folder holds none of them; `INVALID_INPUT_FILE` with the line
 */
export async function readMovieLens(
  folder: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Interactions> {
  const layout = await findLayout(folder);
  const file = join(folder, layout.ratings);
  const gathered = new Gathered();
  for await (const { cells, line } of rowsOf(file, layout.split)) {
    if (line % 65_536 === 0) throwIfAborted(signal);
    if (layout.split === 'csv' && line === 1) continue;
    const [user, item, rating, time] = cells;
    const [value, seconds] = [Number(rating), Number(time)];
    if (!user || !item || !rating || !time || !Number.isFinite(value) || !Number.isFinite(seconds))
      throw invalidFile(file, `line ${line} is not user, item, rating and time.`, { line });
    if (value < 0 || value > 5)
      throw invalidFile(file, `line ${line} has the rating ${value}, outside of 0 to 5.`, { line });
    gathered.add(user, item, value, seconds);
  }
  return gathered.finish(await readItems(join(folder, layout.items), layout.split));
}

async function findLayout(folder: string): Promise<Layout> {
  for (const layout of layouts) {
    const there = await access(join(folder, layout.ratings)).then(
      () => true,
      () => false,
    );
    if (there) return layout;
  }
  throw new FletchError(
    'NOT_FOUND',
    `${folder} holds none of ${layouts.map(({ ratings }) => ratings).join(', ')}: name the unpacked folder of MovieLens.`,
    { details: { folder } },
  );
}

async function* rowsOf(
  file: string,
  split: Layout['split'],
): AsyncGenerator<{ cells: readonly string[]; line: number }> {
  if (split === 'csv') {
    for await (const { row, line } of readRows(readText(file), file, ',')) yield { cells: row, line };
    return;
  }
  for await (const { text, number } of readLines(file)) {
    if (text !== '') yield { cells: text.split(split), line: number };
  }
}

/** Titles and genres; a release without them is as good. The older ones are not UTF-8. */
async function readItems(file: string, split: Layout['split']): Promise<ReadonlyMap<string, Item>> {
  const items = new Map<string, Item>();
  let content: Buffer;
  try {
    content = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return items;
    throw describeReadError(error, file);
  }
  if (split === 'csv') {
    const text = (async function* () {
      yield content.toString('utf8');
    })();
    for await (const { row } of readRows(text, file, ','))
      items.set(row[0]!, { title: row[1] ?? '', categories: genresOf(row[2]) });
    return items;
  }
  for (const line of content.toString('latin1').split(/\r?\n/)) {
    const [id, title, ...rest] = line.split(file.endsWith('u.item') ? '|' : '::');
    if (!id || title === undefined) continue;
    const flags = rest.slice(3);
    const categories = file.endsWith('u.item')
      ? GENRES.filter((_, i) => flags[i] === '1')
      : genresOf(rest[0]);
    items.set(id, { title, categories });
  }
  return items;
}

const genresOf = (text: string | undefined): string[] =>
  text && text !== '(no genres listed)' ? text.split('|') : [];

/**
 * InstEval as interactions: students rate lecturers from 1 to 5. Time is the semester of the lecture, 0 (longest ago) to 5;
 * the category of a lecturer is the department.
 *
 * @throws FletchError what {@link loadTable} throws
 */
export async function loadInstEval(options: LoadTableOptions = {}): Promise<Interactions> {
  const table = await loadTable('insteval', options);
  const [students, lecturers] = [categoriesOf(table, 's'), categoriesOf(table, 'd')];
  const departments = textsOf(table, 'dept');
  const categories: string[][] = lecturers.levels.map(() => []);
  for (const [i, code] of lecturers.codes.entries()) categories[code] = [departments[i]!];
  return {
    count: table.rows,
    users: students.codes,
    items: lecturers.codes,
    ratings: Float32Array.from(numbersOf(table, 'y')),
    // 6 is the longest ago, 1 the latest.
    times: Float64Array.from(textsOf(table, 'lectage'), (age) => 6 - Number(age)),
    userIds: students.levels,
    itemIds: lecturers.levels,
    titles: lecturers.levels.map((id) => `Lecturer ${id}`),
    categories,
  };
}

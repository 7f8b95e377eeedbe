/**
 * Samples of data sets: chosen with a seed, the same every time.
 *
 * @module
 */
import { rng } from '@fletch/linalg';
import { type ImageSet, type ImageSplits, pixelsOf } from '../datasets/images.js';
import type { Interactions } from '../datasets/interactions.js';
import type { Table } from '../tables/table.js';
import type { DatasetSample, DatasetView } from './types.js';

/** Things in a sample. */
const COUNT = 10;

/** Characters of a text in a sample. */
const LENGTH = 400;

const SEED = 1;

/** Positions of the sample, in their order. */
export const chosen = (count: number, most = COUNT): number[] =>
  Array.from(rng(SEED).sample(count, Math.min(count, most))).sort((a, b) => a - b);

/** Cuts a text that is long. */
export const shortened = (text: string): string =>
  text.length <= LENGTH ? text : `${text.slice(0, LENGTH).replace(/[\ud800-\udbff]$/, '')}…`;

/** Two images of each class, at most twenty classes. */
function imageSample(set: ImageSet): DatasetSample {
  const seen = new Map<number, number[]>();
  for (let i = 0; i < set.count; i++) {
    const label = set.labels[i]!;
    const members = seen.get(label) ?? [];
    if (members.length < 2) seen.set(label, [...members, i]);
  }
  const indices = [...seen.entries()].sort(([a], [b]) => a - b).slice(0, 20);
  const size = pixelsOf(set);
  const items = [0, 1].flatMap((turn) =>
    indices.flatMap(([label, members]) => {
      const index = members[turn];
      if (index === undefined) return [];
      const pixels = Buffer.from(set.images.subarray(index * size, (index + 1) * size)).toString('base64');
      return [{ label: set.classes[label]!, pixels }];
    }),
  );
  const { channels, rows, columns } = set;
  return { kind: 'images', channels, rows, columns, items };
}

/** Images for training and test. */
export function viewImages({ train, test }: ImageSplits): DatasetView {
  const { channels, rows, columns, classes } = train;
  return {
    figures: {
      train: train.count,
      test: test.count,
      classes: classes.length,
      pixels: `${rows} × ${columns}${channels === 1 ? '' : ` × ${channels}`}`,
    },
    sample: imageSample(train),
  };
}

/** A table: its first rows would often be of one kind. */
export function viewTable(table: Table): DatasetView {
  const names = Object.keys(table.columns);
  const columns = names.map((name) => {
    const column = table.columns[name]!;
    const numbers = column instanceof Float64Array;
    const missing = numbers
      ? column.filter(Number.isNaN).length
      : column.filter((text) => text === '').length;
    return { name, type: numbers ? ('number' as const) : ('text' as const), missing };
  });
  const rows = chosen(table.rows).map((i) =>
    names.map((name) => {
      const value = table.columns[name]![i]!;
      if (typeof value === 'string') return value === '' ? null : shortened(value);
      return Number.isFinite(value) ? value : null;
    }),
  );
  return {
    figures: {
      rows: table.rows,
      columns: names.length,
      missing: columns.reduce((sum, one) => sum + one.missing, 0),
    },
    sample: { kind: 'table', columns, rows },
  };
}

/** Ratings, as a table of who rated what. */
export function viewRatings(ratings: Interactions): DatasetView {
  const { count, users, items, userIds, itemIds, titles } = ratings;
  const of = (name: string, type: 'number' | 'text') => ({ name, type, missing: 0 });
  return {
    figures: { ratings: count, users: userIds.length, items: itemIds.length },
    sample: {
      kind: 'table',
      columns: [of('user', 'text'), of('item', 'text'), of('rating', 'number'), of('time', 'number')],
      rows: chosen(count).map((i) => [
        userIds[users[i]!]!,
        titles[items[i]!] || itemIds[items[i]!]!,
        ratings.ratings[i]!,
        ratings.times[i]!,
      ]),
    },
  };
}

/** Texts with something to call them. */
export function viewTexts(
  items: readonly { readonly label: string; readonly text: string }[],
  figures: DatasetView['figures'],
): DatasetView {
  return {
    figures,
    sample: {
      kind: 'texts',
      items: chosen(items.length).map((i) => ({ label: items[i]!.label, text: shortened(items[i]!.text) })),
    },
  };
}

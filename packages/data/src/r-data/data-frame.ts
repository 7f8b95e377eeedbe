/**
 * Data frames of R as tables.
 *
 * @module
 */
import type { FletchError } from '@fletch/base';
import type { Column, Table } from '../tables/table.js';
import { invalidFile } from '../vectors/bytes.js';
import { namedValues, type RValue, textAttribute } from './values.js';

/** Whether a value is a data frame. */
export const isDataFrame = (value: RValue): boolean =>
  value.kind === 'list' && textAttribute(value, 'class')?.includes('data.frame') === true;

/**
 * The table that a data frame is: numbers and truths (0 and 1) as numbers, factors and texts as texts, factors with their
 * levels. Names of rows, unless they
 * are just numbers, become the first column, `row`.
 *
 * @throws FletchError `INVALID_INPUT_FILE` when it is none, or a column is of another kind
 */
export function tableOfDataFrame(value: RValue, file: string): Table {
  if (!isDataFrame(value)) throw invalidFile(file, 'it is no data frame.');
  const named = namedValues(value);
  const columns: [string, Column][] = [];
  const levels: [string, readonly string[]][] = [];
  let rows: number | undefined;
  const add = (name: string, column: Column): void => {
    if (rows !== undefined && column.length !== rows)
      throw invalidFile(file, `the column "${name}" has ${column.length} values, others ${rows}.`);
    rows = column.length;
    columns.push([name, column]);
  };
  const names = textAttribute(value, 'row.names');
  const counted = names?.every((text, i) => text === String(i + 1));
  if (names && !counted && !named.has('row'))
    add(
      'row',
      names.map((text) => text ?? ''),
    );
  for (const [name, part] of named) {
    const wrong = (what: string): FletchError => invalidFile(file, `the column "${name}" ${what}.`);
    if ('attributes' in part && part.attributes.has('dim')) throw wrong('is a matrix');
    const factor = textAttribute(part, 'levels');
    if (factor && part.kind === 'numbers') {
      const known = factor.map((text) => text ?? '');
      levels.push([name, known]);
      add(
        name,
        Array.from(part.values, (code) => (Number.isNaN(code) ? '' : (known[code - 1] ?? outside(wrong)))),
      );
    } else if (part.kind === 'numbers' || part.kind === 'truths') add(name, part.values);
    else if (part.kind === 'texts')
      add(
        name,
        part.values.map((text) => text ?? ''),
      );
    else throw wrong(`holds ${part.kind === 'list' ? 'lists' : 'what is no data'}`);
  }
  return {
    rows: rows ?? 0,
    columns: Object.fromEntries(columns),
    ...(levels.length > 0 ? { levels: Object.fromEntries(levels) } : {}),
  };
}

function outside(wrong: (what: string) => FletchError): never {
  throw wrong('has a category that is none of its levels');
}

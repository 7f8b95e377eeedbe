/**
 * Tables as bytes, always the same for the same table: what is kept in the cache and pinned by checksums.
 *
 * @module
 */
import type { Column, Table } from './table.js';

/** The bytes of a table: JSON, in which missing numbers are null. */
export function encodeTable({ rows, columns, levels }: Table): Uint8Array {
  const values = Object.entries(columns).map(([name, column]) => [
    name,
    column instanceof Float64Array ? Array.from(column, numberOut) : column,
  ]);
  return Buffer.from(JSON.stringify({ rows, columns: values, ...(levels ? { levels } : {}) }));
}

const numberOut = (value: number): number | string | null =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? null : String(value);

/** The table of {@link encodeTable}'s bytes. */
export function decodeTable(bytes: Uint8Array): Table {
  const { rows, columns, levels } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
    rows: number;
    columns: [string, (number | string | null)[]][];
    levels?: Readonly<Record<string, readonly string[]>>;
  };
  return {
    rows,
    columns: Object.fromEntries(columns.map(([name, values]) => [name, columnIn(values)])),
    ...(levels ? { levels } : {}),
  };
}

/** A column of texts begins with one; infinite numbers are the only texts among numbers. */
function columnIn(values: readonly (number | string | null)[]): Column {
  const infinite = (value: unknown): boolean => value === 'Infinity' || value === '-Infinity';
  const numbers = values.every((value) => typeof value !== 'string' || infinite(value));
  if (!numbers) return values as string[];
  return Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
}

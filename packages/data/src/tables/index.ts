/**
 * Tables.
 *
 * @module
 */
export type { ColumnChoices, ColumnType } from './columns.js';
export type { CsvTableOptions } from './csv.js';
export { tableFromRecords } from './json.js';
export * from './read-table.js';
export * from './table.js';

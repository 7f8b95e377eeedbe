/**
 * Data of R.
 *
 * @module
 */
export { readRPackageTable, readRTables } from './read-r-data.js';

/**
 * The process in which Parquet tables are read.
 *
 * @module
 */
import { readParquetTableHere } from '../../tables/parquet.js';
import { serveIsolated } from '../isolated.js';
import { openParquetHere } from './parquet-rows.js';

serveIsolated({ open: openParquetHere, table: readParquetTableHere });

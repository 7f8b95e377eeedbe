/**
 * The laboratory: the claims of 51 published systems, measured.
 *
 * @module @fletch/lab
 */
export { type BackgroundRequest, runInBackground } from './background.js';
export { type CatalogueEntry, catalogue, systemFacts } from './catalogue.js';
export { drawCharts } from './charts.js';
export type { ClaimResult } from './claims.js';
export { type Profile, profiles, type Row } from './experiment.js';
export { drawObservation } from './observe-plot.js';
export { plotOf, type ReportOptions, writeReport } from './report.js';
export {
  outdated,
  plainResult,
  type Result,
  readResult,
  resultsFolder,
  type StoredResult,
  storedIds,
  storeResult,
} from './result.js';
export { type RunOptions, runExperiment } from './run.js';

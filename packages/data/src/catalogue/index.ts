/**
 * The catalogue of data sets.
 *
 * @module
 */
export * from './describe.js';
export type {
  DatasetFacts,
  DatasetFigures,
  DatasetKind,
  DatasetSample,
  DatasetView,
  GetDatasetOptions,
  SampleColumn,
  SampleImage,
} from './types.js';

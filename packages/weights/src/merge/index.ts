/**
 * Merges models without training.
 *
 * @module
 */
export * from './interference.js';
export { type MergeOptions, mergeMethodOf, mergeModels } from './merge-models.js';
export { type MergeMethod, type MergeMethodSpec, mergeMethods } from './methods/table.js';
export type { SettingSpec, SettingSpecs } from './settings.js';
export { orthogonalize } from './singular/orthogonalize.js';
export { outlierWeights } from './singular/outliers.js';

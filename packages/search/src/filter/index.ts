/**
 * What other packages need of the filter language.
 *
 * @module
 */
export { checkCondition, checkFilter } from './compile.js';
export { stemmerLanguages, stopwordLanguages } from './text/languages.js';
export { type FieldNeed, type FilterUsage, filterUsage, missingIndex } from './usage.js';

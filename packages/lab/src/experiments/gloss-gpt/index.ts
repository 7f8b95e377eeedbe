/**
 * A GPT of letters, tasks of definitions, and tuning for them: what cards 9, 10, 14, 35 and 47 share.
 *
 * @module
 */
export * from './base.js';
export * from './tasks.js';
export * from './tune.js';

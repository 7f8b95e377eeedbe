/**
 * Debian: its packages and what they say of themselves.
 *
 * @module
 */
export type { AptOptions, AptPrograms } from './apt.js';
export * from './control.js';
export * from './packages.js';

/**
 * The fletch command.
 *
 * @module @fletch/cli
 */
export { createProgram, run } from './program.js';
export type { Output, Terminal } from './terminal.js';

/**
 * The fletch command.
 *
 * @module @fletch/cli
 */
export {};

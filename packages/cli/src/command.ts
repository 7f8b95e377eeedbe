/**
 * How a command is defined.
 *
 * @module
 */
import type { Command } from 'commander';
import type { Terminal } from './terminal.js';

/** Adds one command to its parent. One file in `commands/` each. */
export type Register = (parent: Command, terminal: Terminal) => void;

/** The text of `--help` below the options: command lines that can be copied, each with a word on it. */
export function examples(...pairs: readonly (readonly [line: string, what: string])[]): string {
  return `\nExamples:\n${pairs.map(([line, what]) => `  # ${what}\n  $ ${line}`).join('\n')}`;
}

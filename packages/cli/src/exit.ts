/**
 * How the command ends.
 *
 * @module
 */
import { type ErrorCode, FletchError } from '@fletch/base';
import { CommanderError } from 'commander';

/** Exit codes; `--help` lists them. */
export const exitCode = {
  ok: 0,
  /** The work was done and failed, or a claim was not met. */
  failed: 1,
  /** The command was used wrongly, or could not run here. */
  unusable: 2,
  interrupted: 130,
} as const;

/** What `--help` says about exit codes. */
export const exitCodeHelp = `
Exit codes:
  0    done
  1    the operation failed, or a claim was not met
  2    wrong usage, or it could not run (store locked, port taken, something not installed)
  130  interrupted`;

/** Codes of errors that mean: nothing was tried. */
const unusable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'INVALID_ARGUMENT',
  'INVALID_FILTER',
  'LOCKED',
  'FORMAT_TOO_NEW',
  'UNAVAILABLE',
]);

/** A command line that cannot be run as it was typed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** An end with this code; everything was printed already. */
export class Failed extends Error {
  override readonly name = 'Failed';

  constructor(readonly code: number) {
    super(`It ended with exit code ${code}.`);
  }
}

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Failed) return error.code;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.unusable;
  if (error instanceof UsageError) return exitCode.unusable;
  if (error instanceof FletchError) {
    if (error.code === 'ABORTED') return exitCode.interrupted;
    return unusable.has(error.code) ? exitCode.unusable : exitCode.failed;
  }
  return exitCode.failed;
}

function hint(error: FletchError): string {
  return error.code === 'LOCKED'
    ? '\nIs a server running on it? Then ask the server: --url http://localhost:6333, or any Qdrant client.'
    : '';
}

function chain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  return error.cause === undefined ? text : `${text}\nCaused by: ${chain(error.cause)}`;
}

/** What is printed for an error; null when commander has printed it already. */
export function explain(error: unknown, verbose: boolean): string | null {
  if (error instanceof CommanderError || error instanceof Failed) return null;
  if (error instanceof FletchError && error.code === 'ABORTED') return 'Stopped.';
  if (verbose) return chain(error);
  if (error instanceof FletchError) return `Error: ${error.message}${hint(error)}`;
  if (error instanceof UsageError) return `Error: ${error.message}`;
  return `Error: ${error instanceof Error ? error.message : String(error)}\n(--verbose shows where it came from.)`;
}

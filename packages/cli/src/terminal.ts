/**
 * Where a command reads and writes, and how it is told to stop.
 *
 * @module
 */

/** A stream that is written to: a terminal, a pipe, a file. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** The world of one run of the command. */
export interface Terminal {
  /** Results only. */
  readonly stdout: Output;
  /** Progress, warnings, errors. */
  readonly stderr: Output;
  /** Asks a question and resolves to the line that is answered; undefined when nobody can answer. */
  ask(question: string): Promise<string | undefined>;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** Prints a line of the result. */
export function print(terminal: Terminal, line: string): void {
  terminal.stdout.write(`${line}\n`);
}

/** Prints a line beside the result. */
export function note(terminal: Terminal, line: string): void {
  terminal.stderr.write(`${line}\n`);
}

/** Prints the one JSON value of `--json`. */
export function printJson(terminal: Terminal, value: unknown): void {
  const text = JSON.stringify(value, (_key, part) => (part instanceof Float32Array ? [...part] : part), 2);
  print(terminal, text);
}

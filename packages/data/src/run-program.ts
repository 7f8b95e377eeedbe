/**
 * Runs other programs: package managers, unpackers.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { throwIfAborted } from '@fletch/base';

/** A program and the arguments that come before all others. */
export type Command = readonly [program: string, ...leading: string[]];

export interface RunOptions {
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  /** What it reads. */
  readonly input?: Uint8Array;
  /** Bytes that it may write. Default: 2 GiB. */
  readonly maxOutput?: number;
}

/** How a program ended. */
export interface RunResult {
  readonly output: Buffer;
  /** Why it failed, in its own words; undefined when it did not. */
  readonly failure?: string;
  /** Whether there is no such program. */
  readonly missing?: boolean;
  /** Whether it was ended because it wrote too much. */
  readonly tooLong?: boolean;
}

/**
 * Runs a program to its end.
 *
 * @throws FletchError `ABORTED`; everything else is in the result
 */
export async function runProgram(
  [program, ...leading]: Command,
  args: readonly string[],
  { cwd, signal, input, maxOutput = 2 ** 31 }: RunOptions = {},
): Promise<RunResult> {
  throwIfAborted(signal);
  const child = spawn(program, [...leading, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && leading.length === 0,
    // Messages in English, whatever the user's language.
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal ? { signal } : {}),
  });
  const pieces: Buffer[] = [];
  let size = 0;
  let words = '';
  child.stdout.on('data', (piece: Buffer) => {
    size += piece.length;
    if (size <= maxOutput) pieces.push(piece);
    else child.kill('SIGKILL');
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    words = (words + chunk).slice(-10_000);
  });
  // A program that ends early does not take all of it.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = await new Promise<Pick<RunResult, 'failure' | 'missing'>>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ failure: error.message, missing: error.code === 'ENOENT' }),
    );
    child.on('close', (code) =>
      resolve(code === 0 ? {} : { failure: words.trim() || `${program} ended with ${code}` }),
    );
  });
  throwIfAborted(signal);
  return { output: Buffer.concat(pieces), ...ended, ...(size > maxOutput ? { tooLong: true } : {}) };
}

/**
 * The built command as a child process, for tests.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { run } from './program.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** What a finished child printed, and its exit code (null when a signal ended it). */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running child. */
export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves to what was printed when it first matches; rejects when the child ends before. */
  printed(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string>;
}

/** Starts `fletch` with the arguments. */
export function startCli(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, FLETCH_HOME: '/nonexistent/fletch', CI: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece;
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...text }));
  });
  return {
    child,
    finished,
    async printed(stream, pattern) {
      const seen = new Promise<string>((resolve) => {
        const look = (): void => {
          if (pattern.test(text[stream])) resolve(text[stream]);
        };
        child[stream].on('data', look);
        look();
      });
      const ended = finished.then((end): never => {
        throw new Error(
          `It ended with ${end.code} before it printed ${pattern}:\n${end.stdout}\n${end.stderr}`,
        );
      });
      return Promise.race([seen, ended]);
    },
  };
}

/** Runs a command line in this process, which is faster; nobody answers questions. */
export async function runHere(args: readonly string[]): Promise<Finished> {
  const text = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    write: (piece: string) => {
      text[name] += piece;
    },
  });
  const code = await run(args, {
    stdout: output('stdout'),
    stderr: output('stderr'),
    ask: async () => undefined,
    signal: new AbortController().signal,
  });
  return { code, ...text };
}

/** Runs `fletch` to its end. */
export function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  return startCli(args, env).finished;
}

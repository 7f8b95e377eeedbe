#!/usr/bin/env node
/**
 * The executable: this process's streams and signals for {@link run}.
 *
 * @module
 */
import { createInterface } from 'node:readline/promises';
import { exitCode } from './exit.js';
import { run } from './program.js';
import type { Terminal } from './terminal.js';

const controller = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Who asks twice does not want to wait for the tidy end.
    if (controller.signal.aborted) process.exit(exitCode.interrupted);
    controller.abort(new Error(signal));
  });
}

// The reader of a pipe has gone (`fletch … | head`): there is nobody left to tell.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCode.ok);
    throw error;
  });
}

const terminal: Terminal = {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: controller.signal,
  async ask(question) {
    if (!process.stdin.isTTY) return undefined;
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await prompt.question(question, { signal: controller.signal });
    } finally {
      prompt.close();
    }
  },
};

process.exitCode = await run(process.argv.slice(2), terminal);

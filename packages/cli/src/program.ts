/**
 * The whole command line.
 *
 * @module
 */
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { examples } from './command.js';
import { registerBench } from './commands/bench.js';
import { registerCollections } from './commands/collections.js';
import { registerData } from './commands/data.js';
import { registerExport } from './commands/export.js';
import { registerFit } from './commands/fit.js';
import { registerImport } from './commands/import.js';
import { registerIndex } from './commands/index-files.js';
import { registerLab } from './commands/lab.js';
import {
  registerBackup,
  registerRepair,
  registerRestore,
  registerSalvage,
  registerVerify,
} from './commands/maintenance.js';
import { registerPredict } from './commands/predict.js';
import { registerSearch } from './commands/search.js';
import { registerServe } from './commands/serve.js';
import { registerStart } from './commands/start.js';
import { exitCodeHelp, exitCodeOf, explain } from './exit.js';
import { note, type Terminal } from './terminal.js';

const registers = [
  registerStart,
  registerIndex,
  registerSearch,
  registerServe,
  registerCollections,
  registerImport,
  registerExport,
  registerVerify,
  registerRepair,
  registerSalvage,
  registerBackup,
  registerRestore,
  registerFit,
  registerPredict,
  registerBench,
  registerLab,
  registerData,
];

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** Settings that commander does not hand down to commands made before. */
function settle(command: Command, terminal: Terminal): void {
  command
    .exitOverride()
    .showHelpAfterError('(--help shows what is possible.)')
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'Error: ')),
    });
  if (command.commands.length === 0) command.addHelpText('after', exitCodeHelp);
  for (const child of command.commands) settle(child, terminal);
}

/** The command `fletch` on a terminal. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('fletch')
    .description('Learn, adapt, compress and search vectors, and the weights behind them.')
    .version(version)
    .addHelpText(
      'after',
      `${examples(
        ['fletch start', 'WordNet by meaning, to have a look around'],
        ['fletch index notes/ --collection notes', 'your own documents'],
        ['fletch search "how do I get my money back"', 'what they say about it'],
        ['fletch serve', 'the API and the studio on http://localhost:6333'],
      )}\n${exitCodeHelp}`,
    );
  for (const register of registers) register(program, terminal);
  settle(program, terminal);
  return program;
}

/**
 * Runs one command line.
 *
 * @param args - without the program's own name
 * @returns the exit code
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    const text = explain(error, args.includes('--verbose'));
    if (text !== null) note(terminal, text);
    return exitCodeOf(error);
  }
}

/**
 * The whole command line.
 *
 * @module
 */
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { examples, type Register } from './command.js';
import { exitCodeHelp, exitCodeOf, explain } from './exit.js';
import { note, type Terminal } from './terminal.js';

/** The commands in the order of the help. Each loads what it stands on, and none pays for the others. */
const commands: { readonly [name: string]: () => Promise<Register> } = {
  start: async () => (await import('./commands/start.js')).registerStart,
  index: async () => (await import('./commands/index-files.js')).registerIndex,
  search: async () => (await import('./commands/search.js')).registerSearch,
  serve: async () => (await import('./commands/serve.js')).registerServe,
  collections: async () => (await import('./commands/collections.js')).registerCollections,
  import: async () => (await import('./commands/import.js')).registerImport,
  export: async () => (await import('./commands/export.js')).registerExport,
  verify: async () => (await import('./commands/maintenance.js')).registerVerify,
  repair: async () => (await import('./commands/maintenance.js')).registerRepair,
  salvage: async () => (await import('./commands/maintenance.js')).registerSalvage,
  backup: async () => (await import('./commands/maintenance.js')).registerBackup,
  restore: async () => (await import('./commands/maintenance.js')).registerRestore,
  serverless: async () => (await import('./commands/serverless.js')).registerServerless,
  fit: async () => (await import('./commands/fit.js')).registerFit,
  predict: async () => (await import('./commands/predict.js')).registerPredict,
  'compress-embeddings': async () =>
    (await import('./commands/compress-embeddings.js')).registerCompressEmbeddings,
  align: async () => (await import('./commands/align.js')).registerAlign,
  bench: async () => (await import('./commands/bench.js')).registerBench,
  lab: async () => (await import('./commands/lab.js')).registerLab,
  zoo: async () => (await import('./commands/zoo.js')).registerZoo,
  inspect: async () => (await import('./commands/inspect.js')).registerInspect,
  observe: async () => (await import('./commands/observe.js')).registerObserve,
  merge: async () => (await import('./commands/merge.js')).registerMerge,
  data: async () => (await import('./commands/data.js')).registerData,
};

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

/**
 * The command `fletch` on a terminal.
 *
 * @param args - what it will be called with: a command that they begin with is the only one that is loaded
 */
export async function createProgram(terminal: Terminal, args: readonly string[] = []): Promise<Command> {
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
  const named = args[0] !== undefined && Object.hasOwn(commands, args[0]) ? [args[0]] : Object.keys(commands);
  for (const name of named) (await commands[name]!())(program, terminal);
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
    await (await createProgram(terminal, args)).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    const text = explain(error, args.includes('--verbose'));
    if (text !== null) note(terminal, text);
    return exitCodeOf(error);
  }
}

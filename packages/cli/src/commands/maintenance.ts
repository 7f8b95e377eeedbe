/**
 * `fletch verify`, `repair`, `salvage`, `backup`, `restore`: care of a store that is not open here.
 *
 * @module
 */
import { type Progress, throwIfAborted } from '@fletch/base';
import { backup, repair, restore, type StoreProblem, salvage, verify } from '@fletch/search';
import { examples, type Register } from '../command.js';
import { exitCode, Failed } from '../exit.js';
import { type SharedOptions, type StoreOptions, withShared, withStore } from '../options.js';
import { count, plural } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { note, print, printJson, type Terminal } from '../terminal.js';

/** Problems that are printed one by one; `--json` has them all. */
const PRINTED = 50;

/** What long work gets: the signal, and a view of how far it has come. */
function watched<T>(
  terminal: Terminal,
  title: string,
  work: (options: { signal: AbortSignal; onProgress: (progress: Progress) => void }) => Promise<T>,
): Promise<T> {
  return withProgress(terminal, title, async (view) => {
    throwIfAborted(terminal.signal);
    return work({ signal: terminal.signal, onProgress: (progress) => view.report(progress) });
  });
}

function printProblems(terminal: Terminal, problems: readonly StoreProblem[]): void {
  for (const { message, collection } of problems.slice(0, PRINTED))
    print(terminal, `${collection === undefined ? '' : `"${collection}": `}${message}`);
  if (problems.length > PRINTED)
    print(terminal, `and ${count(problems.length - PRINTED)} more (--json lists all).`);
}

/** What to do about problems, in words. */
function advice(problems: readonly StoreProblem[]): string[] {
  const has = (remedy: StoreProblem['remedy']) => problems.some((problem) => problem.remedy === remedy);
  const lines: string[] = [];
  if (has('rebuild')) lines.push('fletch repair builds damaged indexes again.');
  if (has('drop')) lines.push('fletch repair --drop-damaged removes entries that cannot be read.');
  if (has('none')) lines.push('fletch salvage <folder> saves the points of what cannot be repaired.');
  return lines;
}

export const registerVerify: Register = (parent, terminal) => {
  withStore(parent.command('verify'))
    .description('check every checksum, index and snapshot of the store')
    .addHelpText(
      'after',
      examples(['fletch verify --json', 'exit code 1 and a list when something is wrong']),
    )
    .action(async (options: StoreOptions) => {
      const report = await watched(terminal, 'checking', (work) => verify(options.store, work));
      const { problems, collections, snapshots } = report;
      if (options.json) printJson(terminal, { ok: problems.length === 0, ...report });
      else if (problems.length === 0) {
        const points = collections.reduce((sum, each) => sum + each.points, 0);
        print(
          terminal,
          `Nothing is wrong: ${plural(collections.length, 'collection')}, ${plural(points, 'point')}, ${plural(snapshots, 'snapshot')}.`,
        );
      } else {
        printProblems(terminal, problems);
        for (const line of advice(problems)) note(terminal, line);
      }
      if (problems.length > 0) throw new Failed(exitCode.failed);
    });
};

interface RepairOptions extends StoreOptions {
  readonly dropDamaged?: boolean;
  readonly rebuildIndexes?: boolean;
}

export const registerRepair: Register = (parent, terminal) => {
  withStore(parent.command('repair'))
    .description('build damaged indexes again; remove damaged entries when told to')
    .option('--drop-damaged', 'remove entries that cannot be read, with the points they belong to')
    .option('--rebuild-indexes', 'build all indexes again, with the graph parameters of today')
    .addHelpText(
      'after',
      examples(
        ['fletch repair', 'what can be undone without losing anything'],
        ['fletch repair --drop-damaged', 'also what cannot'],
      ),
    )
    .action(async ({ dropDamaged = false, rebuildIndexes = false, ...options }: RepairOptions) => {
      const report = await watched(terminal, 'repairing', (work) =>
        repair(options.store, { ...work, dropDamaged, rebuildIndexes }),
      );
      const { repaired, remaining, dropped } = report;
      if (options.json) printJson(terminal, { ok: remaining.length === 0, ...report });
      else {
        print(terminal, `Repaired ${plural(repaired.length, 'problem')}.`);
        if (dropped.points + dropped.vectors > 0)
          print(
            terminal,
            `Removed ${plural(dropped.points, 'point')} and ${plural(dropped.vectors, 'vector')}.`,
          );
        printProblems(terminal, remaining);
        for (const line of advice(remaining)) note(terminal, line);
      }
      if (remaining.length > 0) throw new Failed(exitCode.failed);
    });
};

export const registerSalvage: Register = (parent, terminal) => {
  withStore(parent.command('salvage').argument('<folder>', 'new folder for the points'))
    .description('save every readable point of a damaged store as JSON lines')
    .addHelpText('after', examples(['fletch salvage saved/', 'saved/<collection>.jsonl, a point per line']))
    .action(async (folder: string, options: StoreOptions) => {
      const report = await watched(terminal, 'saving', (work) => salvage(options.store, folder, work));
      if (options.json) return printJson(terminal, report);
      for (const { name, file, points, incomplete, orphans, lost } of report.collections) {
        print(terminal, `"${name}": ${plural(points, 'point')} in ${file}`);
        if (incomplete > 0) print(terminal, `  ${plural(incomplete, 'point')} without a damaged vector`);
        if (orphans > 0)
          print(terminal, `  ${plural(orphans, 'payload')} without an id, in a file of their own`);
        for (const what of lost) note(terminal, `  lost: ${what}`);
      }
    });
};

export const registerBackup: Register = (parent, terminal) => {
  withStore(parent.command('backup').argument('<folder>', 'new folder for the copy'))
    .description('copy the store, also while a server has it open')
    .addHelpText(
      'after',
      examples(['fletch backup /mnt/safe/today', 'a store that fletch serve --store can open']),
    )
    .action(async (folder: string, options: StoreOptions) => {
      const report = await watched(terminal, 'copying', (work) => backup(options.store, folder, work));
      if (options.json) printJson(terminal, report);
      else print(terminal, `Copied ${plural(report.collections.length, 'collection')} to ${report.path}.`);
    });
};

export const registerRestore: Register = (parent, terminal) => {
  withShared(
    parent
      .command('restore')
      .argument('<snapshot>', 'snapshot file of a store or of a collection')
      .argument('<folder>', 'new folder for the store'),
  )
    .description('make a store of a snapshot')
    .addHelpText(
      'after',
      examples([
        'fletch restore full-snapshot-2024-05-17-09-30-00.snapshot restored/',
        'all collections and aliases',
      ]),
    )
    .action(async (snapshot: string, folder: string, options: SharedOptions) => {
      const report = await watched(terminal, 'restoring', (work) => restore(snapshot, folder, work));
      if (options.json) printJson(terminal, report);
      else print(terminal, `Restored ${plural(report.collections.length, 'collection')} in ${report.path}.`);
    });
};

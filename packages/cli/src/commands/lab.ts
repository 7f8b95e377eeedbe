/**
 * `fletch lab`: the claims of the published systems, measured here.
 *
 * @module
 */
import { resolve } from 'node:path';
import { isFletchError } from '@fletch/base';
import {
  type ClaimResult,
  catalogue,
  type Profile,
  plainResult,
  profiles,
  type Row,
  readResult,
  runExperiment,
  type StoredResult,
  storeResult,
  systemFacts,
  writeReport,
} from '@fletch/lab';
import { Option } from 'commander';
import { examples, type Register } from '../command.js';
import { exitCode, Failed, UsageError } from '../exit.js';
import { type SharedOptions, wholes, withShared } from '../options.js';
import { duration } from '../output/format.js';
import { withProgress } from '../output/progress.js';
import { table } from '../output/table.js';
import { note, print, printJson, type Terminal } from '../terminal.js';

const registerList: Register = (parent, terminal) => {
  withShared(parent.command('list').alias('ls'))
    .description('all 51 systems, and how their last full run ended')
    .action(async ({ json }: SharedOptions) => {
      const entries = await catalogue();
      if (json) return printJson(terminal, entries);
      const rows = await Promise.all(
        entries.map(async (entry) => ({ ...entry, verdict: await verdictOf(entry.id, entry.status) })),
      );
      print(
        terminal,
        table(rows, [
          { title: '', value: ({ number }) => String(number), align: 'right' },
          { title: 'id', value: ({ id }) => id },
          { title: 'package', value: ({ package: home }) => home },
          { title: 'full run', value: ({ verdict }) => verdict },
          { title: 'what it is', value: ({ title }) => title },
        ]),
      );
    });
};

async function verdictOf(id: string, status: string): Promise<string> {
  if (status === 'planned') return 'planned';
  try {
    const result = await readResult(id);
    if (!result) return 'not run';
    return result.holds ? 'holds' : 'not reproduced';
  } catch (error) {
    if (isFletchError(error)) return 'unreadable';
    throw error;
  }
}

interface RunOptions extends SharedOptions {
  readonly profile: Profile;
  readonly seeds?: readonly number[];
  readonly fresh?: boolean;
  readonly store: boolean;
}

const registerRun: Register = (parent, terminal) => {
  withShared(parent.command('run').argument('<id>', 'system: its id or number'))
    .description('measure the claims of a system')
    .addOption(
      new Option('-p, --profile <name>', 'how much: smoke proves nothing, full is what is kept')
        .choices(profiles)
        .default('quick'),
    )
    .option('--seeds <numbers>', 'seeds, separated by commas (default: those of the profile)', wholes(0))
    .option('--fresh', 'forget what an interrupted full run has done')
    .option('--no-store', 'do not keep the result of a full run')
    .addHelpText(
      'after',
      `\nA full run that is interrupted goes on where it was. Its result is kept for \`fletch lab report\`.\n${examples(
        ['fletch lab run leanvec', 'a quick run of system 15'],
        ['fletch lab run 38 --profile full', 'all seeds; the result is kept'],
        ['fletch lab run 38 --json > result.json', 'one JSON object; progress goes to stderr'],
      )}`,
    )
    .action(async (id: string, options: RunOptions) => {
      const result = await run(terminal, id, options);
      if (options.json) printJson(terminal, plainResult(result));
      else await show(terminal, result);
      if (!result.holds) throw new Failed(exitCode.failed);
    });
};

async function run(terminal: Terminal, id: string, options: RunOptions): Promise<StoredResult> {
  const { profile, seeds, fresh = false, store } = options;
  try {
    const result = await withProgress(terminal, id, (view) =>
      runExperiment(id, {
        profile,
        ...(seeds && { seeds }),
        fresh,
        signal: terminal.signal,
        onProgress: (progress) => view.report(progress),
        onResume: (parts) =>
          parts === 1 &&
          view.aside(() => note(terminal, 'Going on with an interrupted run (--fresh begins anew).')),
      }),
    );
    if (profile === 'full' && store && !seeds) note(terminal, `Kept in ${await storeResult(result)}`);
    return result;
  } catch (error) {
    if (isFletchError(error, 'ABORTED')) throw error;
    // Exit code 1 is for claims that do not hold, so whatever kept it from running ends with 2.
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function show(terminal: Terminal, result: StoredResult): Promise<void> {
  const { title } = systemFacts(result.id);
  print(
    terminal,
    `${result.number} · ${title} (${result.profile}, ${duration(result.seconds)})\n${result.data}\n`,
  );
  print(terminal, claimTable(result.claims));
  if (result.rows.length > 0) print(terminal, `\n${rowTable(result.rows)}`);
  const verdict = result.holds ? 'All claims hold.' : 'Not reproduced: at least one claim does not hold.';
  print(terminal, `\n${result.profile === 'smoke' ? 'A smoke run proves nothing. ' : ''}${verdict}`);
}

function claimTable(claims: readonly ClaimResult[]): string {
  return table(claims, [
    { title: '', value: ({ id }) => id },
    { title: 'measured', value: ({ value }) => figure(value), align: 'right' },
    { title: 'asked', value: ({ relation, threshold }) => `${relation} ${figure(threshold)}` },
    { title: '', value: ({ holds }) => (holds ? 'holds' : 'DOES NOT HOLD') },
    { title: 'claim', value: ({ text }) => text },
  ]);
}

function rowTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return table(
    rows,
    columns.map((column) => ({
      title: column,
      value: (row: Row) => {
        const value = row[column];
        return typeof value === 'number' ? figure(value) : String(value ?? '');
      },
      align: rows.some((row) => typeof row[column] === 'number') ? ('right' as const) : ('left' as const),
    })),
  );
}

function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

const registerReport: Register = (parent, terminal) => {
  withShared(parent.command('report'))
    .description('write docs/results.md and its plots from the kept results')
    .option('--to <folder>', 'folder of the documentation', 'docs')
    .action(async ({ json, to }: SharedOptions & { readonly to: string }) => {
      const folder = resolve(to);
      const written = await writeReport({ folder, signal: terminal.signal });
      if (json) printJson(terminal, { written });
      else print(terminal, `${written.length} files written: ${written.at(-1)} and its plots.`);
    });
};

const registerShow: Register = (parent, terminal) => {
  withShared(parent.command('show').argument('<id>', 'system: its id or number'))
    .description('the kept result of a system')
    .action(async (id: string, { json }: SharedOptions) => {
      const facts = factsOf(id);
      const result = await readResult(facts.id);
      if (!result) throw new UsageError(`No result is kept: run fletch lab run ${facts.id} --profile full`);
      if (json) return printJson(terminal, plainResult(result));
      await show(terminal, result);
    });
};

/** An unknown id is a wrong command line. */
function factsOf(id: string): ReturnType<typeof systemFacts> {
  try {
    return systemFacts(id);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

export const registerLab: Register = (parent, terminal) => {
  const lab = parent
    .command('lab')
    .description('published systems, their claims, and what they measure here');
  registerList(lab, terminal);
  registerRun(lab, terminal);
  registerShow(lab, terminal);
  registerReport(lab, terminal);
};

/**
 * Runs experiments.
 *
 * @module
 */

import { machine, versions } from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { experimentOf, systemFacts } from './catalogue.js';
import { joinRows, judge } from './claims.js';
import { type Experiment, type Profile, profiles, type Trial } from './experiment.js';
import { type Journal, noJournal, openJournal } from './journal.js';
import type { StoredResult } from './result.js';

export interface RunOptions extends LongWork {
  /** Default `quick`. */
  readonly profile?: Profile;
  /** Default: those of the experiment's profile. */
  readonly seeds?: readonly number[];
  /** Forget what an interrupted full run did. Default false. */
  readonly fresh?: boolean;
  /** Told once when a full run goes on where it was interrupted. */
  readonly onResume?: (parts: number) => void;
}

/**
 * Measures the claims of a system. An interrupted `full` run goes on where it was when it is run again.
 *
 * Seeds run one after the other: training uses every core, and timing must not be disturbed.
 *
 * @param idOrNumber - of `catalogue()`
 * @throws FletchError `NOT_FOUND` for an unknown system, `UNAVAILABLE` for one that is planned,
 *   `INVALID_ARGUMENT` for an unknown profile or bad seeds, `ABORTED`, and what the experiment throws
 */
export async function runExperiment(idOrNumber: string, options: RunOptions = {}): Promise<StoredResult> {
  const facts = systemFacts(idOrNumber);
  return runDefined(facts, await experimentOf(facts.id), options);
}

/** {@link runExperiment} for an experiment at hand. */
export async function runDefined(
  { id, number }: { readonly id: string; readonly number: number },
  experiment: Experiment,
  options: RunOptions = {},
): Promise<StoredResult> {
  const { profile = 'quick', signal } = options;
  if (!profiles.includes(profile))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `There is no profile "${profile}": use ${profiles.join(', ')}.`,
      { details: { profile } },
    );
  const seeds = options.seeds ?? experiment.seeds[profile];
  checkSeeds(seeds);
  const { fletch } = versions();
  const journal = profile === 'full' ? openJournal([id, profile, fletch]) : noJournal;
  if (options.fresh) await journal.clear();

  const trials: Trial[] = [];
  let seconds = 0;
  for (const [position, seed] of seeds.entries()) {
    throwIfAborted(signal);
    const trial = await journal.once(`seed ${seed}`, () =>
      timed(() => runTrial(experiment, profile, seed, journal, seedOptions(options, position, seeds.length))),
    );
    seconds += trial.seconds;
    trials.push(trial.value);
  }
  const claims = judge(experiment.claims, trials, profile);
  await journal.clear();
  return {
    format: 1,
    id,
    number,
    profile,
    seeds,
    seconds: Math.round(seconds * 10) / 10,
    holds: claims.every(({ holds }) => holds),
    data: experiment.data,
    claims,
    rows: joinRows(trials),
    paper: experiment.paper,
    date: new Date().toISOString(),
    machine: machine(),
    versions: versions(),
    series: trials[0]?.series ?? {},
  };
}

async function runTrial(
  experiment: Experiment,
  profile: Profile,
  seed: number,
  journal: Journal,
  options: RunOptions,
): Promise<Trial> {
  const signal = options.signal ?? new AbortController().signal;
  return experiment.run({
    profile,
    seed,
    signal,
    report: (progress) => options.onProgress?.(progress),
    async once(part, work) {
      throwIfAborted(signal);
      const before = journal.found;
      const outcome = await journal.once(`seed ${seed}: ${part}`, work);
      if (journal.found > before) options.onResume?.(journal.found);
      return outcome;
    },
  });
}

/** Says in every report which seed it is about. */
function seedOptions(options: RunOptions, position: number, count: number): RunOptions {
  const { onProgress } = options;
  if (!onProgress || count === 1) return options;
  return {
    ...options,
    onProgress: (progress) =>
      onProgress({ ...progress, stage: `seed ${position + 1} of ${count}: ${progress.stage ?? ''}` }),
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const started = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - started) / 1000 };
}

function checkSeeds(seeds: readonly number[]): void {
  const bad = seeds.find((seed) => !Number.isSafeInteger(seed) || seed < 0);
  if (seeds.length === 0 || bad !== undefined || new Set(seeds).size < seeds.length)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Seeds are different non-negative integers, at least one; got [${seeds.join(', ')}].`,
    );
}

/**
 * What an experiment is: a claim of a published system, and how it is measured.
 *
 * @module
 */
import type { Progress } from '@fletch/base';
import type { PlotOptions } from '@observablehq/plot';

/**
 * How much is run: `smoke` (at most 5 s) proves that everything is wired, `quick` (60 s) must hold the claims,
 * `full` (10 minutes, at least 3 seeds) is what is stored.
 */
export const profiles = ['smoke', 'quick', 'full'] as const;
export type Profile = (typeof profiles)[number];

/** One line of a table: names as strings, figures as numbers. */
export type Row = { readonly [column: string]: string | number | boolean | null };

/** A figure that the paper printed, beside which ours stand. */
export type PaperFigure = Row;

export type Relation = '>=' | '<=' | '>' | '<' | '==';

/** One lettered claim of a card, with its threshold as the card fixed it. */
export interface ClaimSpec {
  readonly id: string;
  readonly text: string;
  /** Key of {@link Trial.metrics}. */
  readonly metric: string;
  readonly relation: Relation;
  readonly threshold: number;
  /**
   * How the seeds' values become one: their mean, or the one that is worst for the claim. Default `mean`.
   */
  readonly over?: 'mean' | 'worst';
  /** Profiles in which it is measured. Default: all. */
  readonly profiles?: readonly Profile[];
}

/** What one seed gave. */
export interface Trial {
  readonly metrics: { readonly [metric: string]: number };
  readonly rows: readonly Row[];
  /** Data of the plots, by name: curves, heat maps. Those of the first seed are kept. */
  readonly series?: { readonly [name: string]: readonly Row[] };
}

/** What a run of one seed gets. */
export interface TrialContext {
  readonly profile: Profile;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Reports how far the current part is. */
  readonly report: (progress: Progress) => void;
  /**
   * Runs a part, or gives what it gave before when an interrupted run goes on.
   *
   * @param part - its name, unique within the seed
   * @param work - its outcome must survive JSON
   */
  once<T>(part: string, work: () => Promise<T>): Promise<T>;
}

/** A panel of the plot that goes with the results. */
export interface Panel {
  readonly title: string;
  readonly options: PlotOptions;
}

/** What a plot is drawn from. */
export interface PlotData {
  readonly rows: readonly Row[];
  readonly series: { readonly [name: string]: readonly Row[] };
}

/** An experiment. One file in `experiments/` each. */
export interface Experiment {
  /** Of `systems.ts`. */
  readonly id: string;
  /** Names that `@fletch/<package>` exports for it. */
  readonly exports: readonly string[];
  /** What it is run on, in one line. */
  readonly data: string;
  readonly seeds: { readonly [P in Profile]: readonly number[] };
  readonly claims: readonly ClaimSpec[];
  readonly paper: readonly PaperFigure[];
  run(context: TrialContext): Promise<Trial>;
  plot(data: PlotData): readonly Panel[];
}

/** Types an experiment's definition. */
export function defineExperiment(experiment: Experiment): Experiment {
  return experiment;
}

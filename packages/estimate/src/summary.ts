/**
 * What a fitted estimator says about itself, as data: tables a statistician reads, and charts.
 *
 * @module
 */

/** A cell of a table. Null where there is nothing to say. */
export type Cell = string | number | null;

/** Rows under the headings that their keys are. */
export interface SummaryTable {
  readonly title: string;
  readonly rows: readonly { readonly [column: string]: Cell }[];
}

/** A fitted estimator in words and figures. */
export interface Summary {
  readonly title: string;
  /** Name and value: rows, chosen penalty, scores. */
  readonly facts: readonly (readonly [name: string, value: Cell])[];
  readonly tables: readonly SummaryTable[];
  /** Warnings and remarks: what intervals mean, what was separated. */
  readonly notes: readonly string[];
}

/** An axis. */
export interface ChartAxis {
  readonly label: string;
  readonly log?: boolean;
}

/** One layer of a chart. Layers with `series` have one colour for each name. */
export type ChartLayer =
  | {
      readonly kind: 'line' | 'dots';
      readonly points: readonly { readonly x: number; readonly y: number; readonly series?: string }[];
      /** Rows as they were observed: small and grey, so that what is behind them shows. */
      readonly observed?: boolean;
    }
  | {
      readonly kind: 'band';
      readonly points: readonly {
        readonly x: number;
        readonly low: number;
        readonly high: number;
        readonly series?: string;
      }[];
    }
  | { readonly kind: 'diagonal' };

/** A chart, to be drawn by whoever can. */
export interface Chart {
  readonly title: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly layers: readonly ChartLayer[];
}

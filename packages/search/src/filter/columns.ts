/**
 * The columns of a collection: those of declared payload indexes, and those that filters made on first use.
 *
 * @module
 */
import type { Payload, PayloadIndexParams } from '../types/index.js';
import { Column } from './column.js';
import { ColumnBuild } from './column-build.js';
import type { FieldUse } from './condition.js';
import type { Path } from './path.js';
import { type Analyzer, createAnalyzer } from './text/analyzer.js';

/** Gives every live row from `from` on (default 0) with its payload, in order of the rows. */
export type PayloadScan = (from?: number) => Iterable<{ row: number; payload: Payload }>;

/** Default limit of the memory of columns that nobody declared, in bytes. */
const TRANSIENT_BYTES = 256 * 2 ** 20;
/** Default time in milliseconds that building columns keeps the event loop busy at a time. */
const BUDGET = 4;

/** Builds columns on first use, several in one scan, and keeps them up to date. */
export class Columns {
  readonly #scan: PayloadScan;
  readonly #limit: number;
  /** By {@link keyOf}, in order of their last use. */
  readonly #columns = new Map<string, Column>();
  /** Keys of columns to keep whatever their size. */
  readonly #declared = new Set<string>();
  readonly #texts = new Map<string, Analyzer>();
  /** Keys whose column alone would pass the limit. */
  readonly #tooLarge = new Set<string>();
  /** Columns that are being built while writes go on. */
  readonly #builds = new Set<ColumnBuild>();

  constructor(scan: PayloadScan, limit: number = TRANSIENT_BYTES) {
    this.#scan = scan;
    this.#limit = limit;
  }

  /** Whether a write has any column to keep up to date. */
  get used(): boolean {
    return this.#columns.size > 0 || this.#builds.size > 0;
  }

  /** The analyzers of declared text indexes by the text of their path, for `compileFilter`. */
  get texts(): ReadonlyMap<string, Analyzer> {
    return this.#texts;
  }

  /** Keeps the column of `path` whatever its size; it is still built on first use. */
  declare(path: Path, params?: PayloadIndexParams): void {
    this.undeclare(path);
    if (params?.type === 'text') this.#texts.set(path.text, createAnalyzer(params));
    const key = keyOf(declaredUse(path, params));
    this.#declared.add(key);
    this.#tooLarge.delete(key);
  }

  /** Lets the column of `path` go when memory is short, a text index at once. */
  undeclare(path: Path): void {
    const key = keyOf({ ...path, byText: true });
    this.#declared.delete(keyOf(path));
    this.#declared.delete(key);
    this.#texts.delete(path.text);
    this.#columns.delete(key);
    for (const build of this.#builds) build.columns.delete(key);
  }

  /** Builds the missing ones of these columns in one scan. */
  prepare(fields: Iterable<FieldUse>): void {
    const build = this.#build(fields);
    if (!build) return;
    build.scan(Number.POSITIVE_INFINITY);
    this.#keep(build);
  }

  /**
   * Builds the missing ones of these columns in one scan that lets others work every few milliseconds. Writes may
   * happen meanwhile.
   *
   * @param options.budgetMs - longest time without a pause (default 4 ms)
   */
  async prepareAsync(
    fields: Iterable<FieldUse>,
    options: { budgetMs?: number; signal?: AbortSignal } = {},
  ): Promise<void> {
    const { budgetMs = BUDGET, signal } = options;
    const wanted = [...fields];
    // Others may be building some of them.
    const others = [...this.#builds].filter(({ columns }) =>
      wanted.some((field) => columns.has(keyOf(field))),
    );
    const build = this.#build(
      wanted.filter((field) => !others.some(({ columns }) => columns.has(keyOf(field)))),
    );
    if (build) {
      this.#builds.add(build);
      build.finished = this.#run(build, budgetMs, signal);
    }
    await Promise.all([build?.finished, ...others.map(({ finished }) => finished)]);
  }

  /** The column of a field, built when needed; undefined when it would take too much memory. */
  get(field: FieldUse): Column | undefined {
    const key = keyOf(field);
    if (!this.#columns.has(key)) this.prepare([field]);
    const column = this.#columns.get(key);
    if (column && !this.#declared.has(key)) {
      this.#columns.delete(key);
      this.#columns.set(key, column);
    }
    return column;
  }

  add(row: number, payload: Payload): void {
    for (const column of this.#columns.values()) column.add(row, payload);
    for (const build of this.#builds) build.add(row, payload);
  }

  remove(row: number, payload: Payload): void {
    for (const column of this.#columns.values()) column.remove(row, payload);
    for (const build of this.#builds) build.remove(row, payload);
  }

  /** The build of those fields that have no column; undefined when all have one, or are too large for one. */
  #build(fields: Iterable<FieldUse>): ColumnBuild | undefined {
    const missing = new Map<string, Column>();
    for (const field of fields) {
      const key = keyOf(field);
      if (this.#columns.has(key) || this.#tooLarge.has(key)) continue;
      const analyzer = field.byText ? this.#texts.get(field.text) : undefined;
      if (field.byText && !analyzer) continue;
      missing.set(key, new Column(field, analyzer));
    }
    if (missing.size === 0) return undefined;
    return new ColumnBuild(missing, this.#scan, (key, { bytes }) => {
      if (bytes <= this.#limit || this.#declared.has(key)) return true;
      this.#tooLarge.add(key);
      return false;
    });
  }

  async #run(build: ColumnBuild, budget: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      while (!build.scan(performance.now() + budget)) {
        await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
      }
      this.#keep(build);
    } finally {
      this.#builds.delete(build);
    }
  }

  #keep({ columns }: ColumnBuild): void {
    for (const [key, column] of columns) if (!this.#columns.has(key)) this.#columns.set(key, column);
    this.#trim(columns);
  }

  /** Drops the transient columns that were used longest ago until the rest fits. */
  #trim(keep: ReadonlyMap<string, Column>): void {
    const transient = [...this.#columns].filter(([key]) => !this.#declared.has(key));
    let bytes = transient.reduce((sum, [, column]) => sum + column.bytes, 0);
    for (const [key, column] of transient) {
      if (bytes <= this.#limit) return;
      if (keep.has(key)) continue;
      this.#columns.delete(key);
      bytes -= column.bytes;
    }
  }
}

/** By what an index of these parameters answers. */
export function declaredUse(path: Path, params: PayloadIndexParams | undefined): FieldUse {
  return { ...path, byText: params?.type === 'text' };
}

/** No path begins with a dot. */
function keyOf({ text, byText }: FieldUse): string {
  return byText ? `.${text}` : text;
}

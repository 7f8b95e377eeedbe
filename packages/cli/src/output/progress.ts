/**
 * How far a long job has come: a bar where somebody watches, a line now and then elsewhere.
 *
 * @module
 */
import type { Progress } from '@fletch/base';
import cliProgress from 'cli-progress';
import type { Terminal } from '../terminal.js';
import { count, duration } from './format.js';

/** Shows reports until it is stopped. */
export interface ProgressView {
  report(progress: Progress): void;
  /** Prints something without tearing the bar. */
  aside(write: () => void): void;
  stop(): void;
}

/** Seconds between two lines where there is no terminal. */
const lineEvery = 10;

/** Work per second of the current stage, from its first report on, so that resumed work does not count. */
class Pace {
  #stage: string | undefined;
  #from = 0;
  #since = 0;

  constructor(readonly now: () => number) {}

  of({ done, total, stage }: Progress): { rate: number; left: number | undefined } {
    if (this.#since === 0 || stage !== this.#stage) {
      this.#stage = stage;
      this.#from = done;
      this.#since = this.now();
    }
    const seconds = (this.now() - this.#since) / 1000;
    const rate = seconds > 0 ? (done - this.#from) / seconds : 0;
    return { rate, left: total !== undefined && rate > 0 ? (total - done) / rate : undefined };
  }
}

function describe({ done, total, figures = {} }: Progress, { rate, left }: ReturnType<Pace['of']>): string {
  const parts = [total === undefined ? count(done) : `${count(done)} of ${count(total)}`];
  for (const [name, value] of Object.entries(figures)) parts.push(`${name} ${Number(value.toPrecision(3))}`);
  if (rate > 0) parts.push(`${count(rate)}/s`);
  if (left !== undefined && left > 0) parts.push(`${duration(left)} left`);
  return parts.join(', ');
}

function bar(terminal: Terminal, title: string): ProgressView {
  const pace = new Pace(() => performance.now());
  const view = new cliProgress.SingleBar({
    stream: terminal.stderr as NodeJS.WritableStream,
    format: '{stage} {bar} {facts}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
  });
  let latest: Progress | undefined;
  const payload = (progress: Progress) => ({
    stage: progress.stage ?? title,
    facts: describe(progress, pace.of(progress)),
  });
  const show = (progress: Progress) => view.start(progress.total ?? 0, progress.done, payload(progress));
  return {
    report(progress) {
      if (latest === undefined) show(progress);
      else {
        view.setTotal(progress.total ?? 0);
        view.update(progress.done, payload(progress));
      }
      latest = progress;
    },
    aside(write) {
      view.stop();
      write();
      if (latest) show(latest);
    },
    stop() {
      view.stop();
    },
  };
}

/** Lines instead of a bar: the first report, then at most one in `every` seconds. */
export function lines(
  write: (line: string) => void,
  title: string,
  { every = lineEvery, now = () => performance.now() } = {},
): ProgressView {
  const pace = new Pace(now);
  let last = Number.NEGATIVE_INFINITY;
  return {
    report(progress) {
      const facts = pace.of(progress);
      if (now() - last < every * 1000) return;
      last = now();
      write(`${progress.stage ?? title}: ${describe(progress, facts)}`);
    },
    aside: (print) => print(),
    stop() {},
  };
}

/** The view that fits the terminal; always on stderr. */
export function progressView(terminal: Terminal, title: string): ProgressView {
  return terminal.stderr.isTTY
    ? bar(terminal, title)
    : lines((line) => terminal.stderr.write(`${line}\n`), title);
}

/** Runs `work` with a view that ends with it, however it ends. */
export async function withProgress<T>(
  terminal: Terminal,
  title: string,
  work: (view: ProgressView) => Promise<T>,
): Promise<T> {
  const view = progressView(terminal, title);
  try {
    return await work(view);
  } finally {
    view.stop();
  }
}

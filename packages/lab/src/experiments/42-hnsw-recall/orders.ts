/**
 * Recall by order of insertion: definitions as word vectors and pictures, asked with queries of another and of the same kind.
 *
 * @module
 */
import type { Matrix } from '@fletch/linalg';
import {
  exactNeighbours,
  HNSW,
  insertionOrder,
  lidMLE,
  lidProfile,
  meanAndError,
  measure,
  presets,
} from '@fletch/search';
import type { Profile, Row, TrialContext } from '../../experiment.js';
import { madeUpTask, pictureTask, wordTasks } from '../15-leanvec/data.js';

const plans: Readonly<
  Record<
    Profile,
    { readonly samples: number; readonly rows: number; readonly queries: number; readonly pictures: number }
  >
> = {
  smoke: { samples: 1, rows: 250, queries: 20, pictures: 0 },
  quick: { samples: 0, rows: 0, queries: 0, pictures: 0 },
  full: { samples: 3, rows: 20_000, queries: 2000, pictures: 10_000 },
};

/** Two of them random: alone they scatter. */
const ORDERS = ['lid-asc', 'lid-desc', 'random', 'random again'] as const;

interface Task {
  readonly rows: Matrix<Float32Array>;
  /** By their kind. */
  readonly queries: Readonly<Record<string, Matrix<Float32Array>>>;
}

/** Recall of one order. */
interface Measured {
  readonly order: string;
  readonly queries: string;
  readonly recall: number;
  /** Standard error over the queries. */
  readonly se: number;
  readonly visited: number;
}

/** What one sample of rows gave. */
interface Sample {
  readonly lid: number;
  readonly measured: readonly Measured[];
}

async function measureSample({ rows, queries }: Task, name: string, context: TrialContext): Promise<Sample> {
  const { seed, signal, profile, report } = context;
  report({ done: 0, total: ORDERS.length + 2, stage: `${name}: local dimensions` });
  const lid = lidMLE(rows, { metric: 'cosine', k: Math.min(100, rows.rows - 1), signal });
  const truths = Object.entries(queries).map(([kind, asked]) => ({
    kind,
    asked,
    truth: exactNeighbours(rows, { k: 10, metric: 'cosine', queries: asked, signal }),
  }));
  const measured: Measured[] = [];
  const build = (label: string, orderSeed: number, hierarchy: boolean) => {
    const kind = label.startsWith('lid') ? (label as 'lid-asc' | 'lid-desc') : 'random';
    const graph = new HNSW({ dim: rows.cols, metric: 'cosine', seed, hierarchy, ...presets.study });
    graph.addAll(rows, insertionOrder(rows, kind, { lid, seed: orderSeed }));
    for (const { kind: of, asked, truth } of truths) {
      const { recalls, visited } = measure(graph, asked, truth);
      const { mean, se } = meanAndError(recalls);
      measured.push({ order: hierarchy ? label : `${label}, flat`, queries: of, recall: mean, se, visited });
    }
  };
  for (const [i, order] of ORDERS.entries()) {
    report({ done: i + 1, total: ORDERS.length + 2, stage: `${name}: ${order}` });
    // Lets the progress be shown and an end be asked for.
    await new Promise(setImmediate);
    signal.throwIfAborted();
    build(order, 2 * seed + (order === 'random again' ? 1 : 0), true);
  }
  if (profile !== 'smoke' && name.endsWith(' 0')) build('random', 2 * seed, false);
  return { lid: lidProfile(lid).mean, measured };
}

const recallsOf = ({ measured }: Sample, queries: string) =>
  measured.filter((one) => one.queries === queries && !one.order.endsWith('flat'));

const spread = (measured: readonly Measured[]) =>
  Math.max(...measured.map(({ recall }) => recall)) - Math.min(...measured.map(({ recall }) => recall));

/** Samples of definitions, and one of pictures. */
export async function byOrder(context: TrialContext) {
  const { profile, seed, signal } = context;
  const { samples, rows, queries, pictures } = plans[profile];
  const found: { readonly data: string; readonly sample: Sample }[] = [];
  for (let i = 0; i < samples; i++)
    found.push({
      data: 'definitions',
      sample: await context.once(`order of definitions ${i}`, async () => {
        const task = await definitions({ ...context, seed: samples * seed + i }, rows, queries);
        return measureSample(task, `definitions ${i}`, context);
      }),
    });
  if (pictures > 0)
    found.push({
      data: 'pictures',
      sample: await context.once('order of pictures', async () => {
        const task = await pictureTask(
          { rows: pictures, learned: 0, test: queries },
          { ...context, seed, signal },
        );
        return measureSample({ rows: task.rows, queries: { alike: task.test } }, 'pictures', context);
      }),
    });
  const texts = found.filter(({ data }) => data === 'definitions').map(({ sample }) => sample);
  const spreads = texts.map((sample) => spread(recallsOf(sample, 'words')));
  const gains = texts.map((sample) => {
    const of = (order: string) => recallsOf(sample, 'words').find((one) => one.order === order)!.recall;
    return of('lid-desc') - of('lid-asc');
  });
  return {
    metrics:
      samples === 0
        ? {}
        : {
            wide_spreads: spreads.filter((value) => value >= 0.04).length / spreads.length,
            order_gain: meanAndError(gains).mean,
            alike_spread: Math.max(...found.map(({ sample }) => spread(recallsOf(sample, 'alike')))),
          },
    rows: found.flatMap(({ data, sample }, i) =>
      sample.measured.map(
        ({ order, queries: kind, recall, se, visited }): Row => ({
          part: 'order',
          data: `${data}, sample ${i}, ${kind === 'alike' ? 'queries of the same kind' : 'words as queries'}`,
          order,
          lid: sample.lid,
          recall,
          se,
          visited,
        }),
      ),
    ),
    dots: found.flatMap(({ data, sample }, i) =>
      sample.measured.map(({ order, queries: kind, recall, se }) => ({
        order,
        recall,
        low: recall - se,
        high: recall + se,
        what: kind === 'alike' ? `${data}, queries alike` : `${data}, words as queries`,
        sample: String(i),
      })),
    ),
  };
}

async function definitions(
  context: Pick<TrialContext, 'seed' | 'signal' | 'report' | 'profile'>,
  rows: number,
  queries: number,
): Promise<Task> {
  const sizes = { rows, learned: 0, test: queries };
  if (context.profile === 'smoke') {
    const words = madeUpTask(sizes, 20, context.seed);
    return { rows: words.rows, queries: { words: words.test, alike: words.test } };
  }
  const { words, definitions: alike } = await wordTasks(sizes, context);
  return { rows: words.rows, queries: { words: words.test, alike: alike.test } };
}

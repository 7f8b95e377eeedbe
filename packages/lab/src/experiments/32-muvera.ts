/**
 * System 32: sets of vectors searched through one vector each (MUVERA).
 *
 * Patches of pictures and words of descriptions: how many candidates encodings, the single-vector heuristic and mean
 * pooling need until the true nearest document is among them.
 *
 * @module
 */
import type { Matrix } from '@fletch/linalg';
import { FDE } from '@fletch/search';
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';
import { carving, encodingError, endToEnd, quantizedScores } from './muvera/extras.js';
import {
  type CurvePoint,
  candidatesAt,
  curveOfPlaces,
  curvesOfHeuristic,
  encodedScores,
  places,
  pooledScores,
  recallAt,
} from './muvera/measure.js';
import { loadWordCorpus, patchSets, type SetData, wordSets } from './muvera/sets.js';
import { prepare, type Task } from './muvera/truth.js';

interface Size {
  readonly documents: number;
  readonly queries: number;
}

interface Partition {
  readonly repetitions: number;
  readonly simhash: number;
}

/** 2,560 and 10,240 components with 16 in a cell. */
const small: Partition = { repetitions: 10, simhash: 4 };
const large: Partition = { repetitions: 20, simhash: 5 };

interface Plan {
  readonly patches: Size;
  readonly words: Size;
  /** Words whose documents lack the query's sentence; only reported. */
  readonly rest: Size;
  /** How patches are encoded; words are always encoded by the large one, as their claim says. */
  readonly partition: Partition;
  /** Partitions whose errors are compared. */
  readonly errors: { readonly simhash: readonly number[]; readonly repetitions: readonly number[] };
}

const plans: { readonly [P in Profile]: Plan } = {
  smoke: {
    patches: { documents: 200, queries: 20 },
    words: { documents: 0, queries: 0 },
    rest: { documents: 0, queries: 0 },
    partition: { repetitions: 2, simhash: 3 },
    errors: { simhash: [2, 4], repetitions: [1, 4] },
  },
  quick: {
    patches: { documents: 5000, queries: 200 },
    words: { documents: 2000, queries: 100 },
    rest: { documents: 0, queries: 0 },
    partition: small,
    errors: { simhash: [2, 4, 6], repetitions: [1, 5, 20] },
  },
  full: {
    patches: { documents: 20_000, queries: 200 },
    words: { documents: 5000, queries: 200 },
    rest: { documents: 2000, queries: 100 },
    partition: large,
    errors: { simhash: [2, 3, 4, 5, 6], repetitions: [1, 5, 20] },
  },
};

/** Share of the queries whose nearest document must be among the candidates. */
const RECALL = 0.8;
/** Hits of each vector of a query that the heuristic may use. */
const HITS = 24;
/** Candidates that curves are drawn to. */
const DRAWN = 200;
const taus = [0.9, 0.8, 0.7, 0.6];

/** Curves of all methods by name. */
type Curves = { readonly [method: string]: readonly CurvePoint[] };

function encoder(
  { documents }: SetData,
  { repetitions, simhash }: Partition,
  seed: number,
  fillEmpty = false,
): FDE {
  return new FDE({
    dim: documents[0]!.cols,
    repetitions,
    simhash,
    projDim: 16,
    fillEmpty,
    seed: seed + 1,
  });
}

/** @param scores - those of the encoder whose empty cells stay empty */
function compareMethods(
  task: Task,
  partition: Partition,
  seed: number,
  scores: Matrix<Float32Array>,
): Curves {
  const most = Math.min(task.documents.length, 2000);
  const curve = (of: Matrix<Float32Array>) => curveOfPlaces(places(of, task), most);
  const { dedup, raw } = curvesOfHeuristic(task);
  return {
    FDE: curve(scores),
    'FDE, filled': curve(encodedScores(encoder(task, partition, seed, true), task)),
    'single vectors': dedup,
    'single vectors, with duplicates': raw,
    'mean pooling': curve(pooledScores(task)),
  };
}

function rowsOfCurves(data: string, dims: number, curves: Curves): Row[] {
  return Object.entries(curves).map(([method, curve]) => ({
    data,
    method: method.startsWith('FDE') ? `${method}, ${dims} dims` : method,
    candidates_80: finite(needed(curve)),
    recall_20: recallAt(curve, 20),
    recall_50: recallAt(curve, 50),
    recall_100: recallAt(curve, 100),
  }));
}

/** Candidates for the recall that is asked for; nobody can look at less than one. */
const needed = (curve: readonly CurvePoint[]): number => Math.max(1, candidatesAt(curve, RECALL));
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const ratio = (curves: Curves, method: string): number => needed(curves[method]!) / needed(curves.FDE!);

interface Errors {
  readonly rows: readonly Row[];
  /** Of the most hyperplanes over that of the fewest, and the same of repetitions. */
  readonly bySimhash: number;
  readonly byRepetitions: number;
}

function errorsOf(task: Task, { errors }: Plan, seed: number): Errors {
  const [most, middle] = [Math.max(...errors.repetitions), errors.simhash[errors.simhash.length >> 1]!];
  const grid = errors.simhash.flatMap((simhash) =>
    errors.repetitions.map((repetitions) => ({
      simhash,
      repetitions,
      error: encodingError(task, { simhash, repetitions, seed: seed + 1 }),
    })),
  );
  const at = (simhash: number, repetitions: number) =>
    grid.find((cell) => cell.simhash === simhash && cell.repetitions === repetitions)!.error;
  return {
    rows: grid,
    bySimhash: at(errors.simhash.at(-1)!, most) / at(errors.simhash[0]!, most),
    byRepetitions: at(middle, most) / at(middle, errors.repetitions[0]!),
  };
}

async function patches({ profile, seed, signal, report, once }: TrialContext) {
  const plan = plans[profile];
  return once('patches', async () => {
    report({ done: 0, total: 5, stage: 'patches: comparing all' });
    const data = await patchSets({ ...plan.patches, seed, signal });
    const task = prepare(data, HITS);
    report({ done: 1, total: 5, stage: 'patches: encoding' });
    const fde = encoder(task, plan.partition, seed);
    const scores = encodedScores(fde, task);
    const curves = compareMethods(task, plan.partition, seed, scores);
    report({ done: 2, total: 5, stage: 'patches: quantizing' });
    const quantized = curveOfPlaces(places(quantizedScores(fde, task, seed), task), DRAWN);
    report({ done: 3, total: 5, stage: 'patches: carving, errors' });
    const carved = taus.map((tau) => ({ tau, ...carving(task, scores, tau) }));
    const errors = errorsOf(task, plan, seed);
    report({ done: 4, total: 5, stage: 'patches: searching' });
    const searched = await endToEnd(data, { ...small, seed: seed + 1 }, 200);
    return {
      dims: fde.dim,
      curves: drawn({ ...curves, 'FDE, PQ-256-8': quantized }),
      rows: [
        ...rowsOfCurves('patches', fde.dim, { ...curves, 'FDE, PQ-256-8': quantized }),
        { data: 'patches', ...searched },
      ],
      dedup: ratio(curves, 'single vectors'),
      raw: ratio(curves, 'single vectors, with duplicates'),
      pooled: recallAt(curves.FDE!, 20) - recallAt(curves['mean pooling']!, 20),
      quantizationLoss: recallAt(curves.FDE!, 100) - recallAt(quantized, 100),
      carved,
      errors,
    };
  });
}

async function words({ profile, seed, signal, report, once }: TrialContext) {
  const plan = plans[profile];
  if (plan.words.documents === 0) return undefined;
  return once('words', async () => {
    report({ done: 0, total: 2, stage: 'words: comparing all' });
    const corpus = await loadWordCorpus({ signal });
    const of = (size: Size, part: 'whole' | 'rest') => {
      const task = prepare(wordSets(corpus, { ...size, seed }, part), HITS);
      const fde = encoder(task, large, seed);
      const fewer = encoder(task, small, seed);
      return {
        dims: fde.dim,
        curves: compareMethods(task, large, seed, encodedScores(fde, task)),
        // With a quarter of the components, beside the claim.
        fewer: { dims: fewer.dim, curve: curveOfPlaces(places(encodedScores(fewer, task), task), 2000) },
      };
    };
    const whole = of(plan.words, 'whole');
    report({ done: 1, total: 2, stage: 'words: without the sentence' });
    const rest = plan.rest.documents > 0 ? of(plan.rest, 'rest') : undefined;
    return {
      curves: drawn(whole.curves),
      rows: [
        ...rowsOfCurves('words', whole.dims, whole.curves),
        ...rowsOfCurves('words', whole.fewer.dims, { FDE: whole.fewer.curve }),
        ...(rest ? rowsOfCurves('words, sentence left out', rest.dims, rest.curves) : []),
      ],
      dedup: ratio(whole.curves, 'single vectors'),
      raw: ratio(whole.curves, 'single vectors, with duplicates'),
    };
  });
}

function drawn(curves: Curves): Row[] {
  return Object.entries(curves).flatMap(([method, curve]) =>
    curve
      .filter(
        ({ candidates }, i) =>
          candidates <= DRAWN && (candidates <= 20 || i % 4 === 0 || curve.length <= HITS),
      )
      .map(({ candidates, recall }) => ({ method, candidates, recall })),
  );
}

export default defineExperiment({
  id: 'muvera',
  exports: [
    'FDE',
    'chamfer',
    'ballCarve',
    'MultiVectorIndex',
    'singleVectorCandidates',
    'meanPool',
    'cellOfBits',
  ],
  data: 'Fashion-MNIST as sets of 8×8 patches (32-d), Debian descriptions as sets of contextual word vectors (100-d)',
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: 'a',
      text: 'Patches: candidates for 80 % recall, single vectors (each document once) over FDE',
      metric: 'patches_dedup',
      relation: '>=',
      threshold: 2,
      profiles: ['quick', 'full'],
    },
    {
      id: 'b',
      text: '… counted as often as they were retrieved',
      metric: 'patches_raw',
      relation: '>=',
      threshold: 3,
      profiles: ['quick', 'full'],
    },
    {
      id: 'c',
      text: 'Patches: mean pooling is far worse, recall at 20 candidates below that of FDE by',
      metric: 'patches_pooled',
      relation: '>=',
      threshold: 0.25,
      profiles: ['quick', 'full'],
    },
    {
      id: 'd',
      text: 'Words, 10240 dims: candidates for 80 % recall, single vectors (each document once) over FDE',
      metric: 'words_dedup',
      relation: '>=',
      threshold: 1.2,
      profiles: ['quick', 'full'],
    },
    {
      id: 'e',
      text: '… counted as often as they were retrieved',
      metric: 'words_raw',
      relation: '>=',
      threshold: 1.8,
      profiles: ['quick', 'full'],
    },
    {
      id: 'f',
      text: 'The error against Chamfer falls with hyperplanes: that of the most over that of the fewest',
      metric: 'error_simhash',
      relation: '<',
      threshold: 1,
      over: 'worst',
    },
    {
      id: 'f2',
      text: '… and with repetitions',
      metric: 'error_repetitions',
      relation: '<',
      threshold: 1,
      over: 'worst',
    },
    {
      id: 'g',
      text: 'PQ-256-8, 32 times as small: recall at 100 candidates that it loses',
      metric: 'quantization_loss',
      relation: '<=',
      threshold: 0.03,
      profiles: ['quick', 'full'],
    },
    {
      id: 'h',
      text: 'Ball carving at τ = 0.9 keeps of the exact best ten',
      metric: 'carving_kept',
      relation: '>=',
      threshold: 0.9,
      profiles: ['quick', 'full'],
    },
    {
      id: 'h2',
      text: '… with that share of the query’s vectors',
      metric: 'carving_vectors',
      relation: '<=',
      threshold: 0.75,
      profiles: ['quick', 'full'],
    },
  ],
  paper: [
    {
      dataset: 'MS MARCO, BEIR',
      metric: 'candidates for equal recall',
      result: '2–5× fewer than single vectors (deduplicated), up to 20× (raw)',
    },
    { dataset: '6 BEIR sets', metric: 'end to end against PLAID', result: '+10 % recall, −90 % latency' },
    { dataset: 'PQ-256-8', metric: 'memory and queries per second', result: '32× smaller, up to 20× QPS' },
  ],
  async run(context) {
    const patched = await patches(context);
    const worded = await words(context);
    const [tightest] = patched.carved;
    return {
      metrics: {
        patches_dedup: patched.dedup,
        patches_raw: patched.raw,
        patches_pooled: patched.pooled,
        error_simhash: patched.errors.bySimhash,
        error_repetitions: patched.errors.byRepetitions,
        quantization_loss: patched.quantizationLoss,
        carving_kept: tightest!.kept,
        carving_vectors: tightest!.vectors,
        ...(worded && { words_dedup: worded.dedup, words_raw: worded.raw }),
      },
      rows: [
        ...patched.rows,
        ...(worded?.rows ?? []),
        ...patched.carved.map(({ tau, kept, vectors }) => ({
          data: 'patches',
          method: `carved, τ = ${tau}`,
          recall_10: kept,
          query_vectors: vectors,
        })),
      ],
      series: {
        patches: patched.curves,
        words: worded?.curves ?? [],
        carved: patched.carved,
        errors: patched.errors.rows,
      },
    };
  },
  plot: ({ series }) => {
    const curves = (title: string, data: readonly Row[]) => ({
      title,
      options: {
        x: { type: 'log' as const, label: 'candidates' },
        y: { label: 'recall of the nearest document', domain: [0, 1] },
        color: { legend: true },
        marks: [
          Plot.ruleY([RECALL], { stroke: '#bbb', strokeDasharray: '4,3' }),
          Plot.lineY(data, { x: 'candidates', y: 'recall', stroke: 'method', z: 'method' }),
        ],
      },
    });
    return [
      curves('Patches of pictures: recall against candidates', series.patches ?? []),
      curves('Words of descriptions', series.words ?? []),
      {
        title: 'Carved queries: exact best ten that stay, by vectors that are left',
        options: {
          x: { label: 'share of the query’s vectors' },
          y: { label: 'kept' },
          marks: [
            Plot.lineY(series.carved ?? [], { x: 'vectors', y: 'kept', stroke: '#999' }),
            Plot.dot(series.carved ?? [], { x: 'vectors', y: 'kept' }),
            Plot.text(series.carved ?? [], { x: 'vectors', y: 'kept', text: 'tau', dy: -10 }),
          ],
        },
      },
      {
        title: 'Error of the estimate per vector of the query',
        options: {
          x: { label: 'hyperplanes' },
          y: { label: 'root mean square' },
          color: { legend: true, type: 'ordinal' as const, label: 'repetitions' },
          marks: [
            Plot.lineY(series.errors ?? [], {
              x: 'simhash',
              y: 'error',
              stroke: 'repetitions',
              z: 'repetitions',
            }),
          ],
        },
      },
    ];
  },
});

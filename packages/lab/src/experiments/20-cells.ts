/**
 * System 20, with the task: which methods are trained at which budgets.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import { type LabelledFields, loadDependencyPairs } from '@fletch/data';
import {
  type CtrData,
  createEmbedding,
  embeddingMethods,
  type MethodName,
  type MethodOptions,
  splitCtr,
  trainCTR,
} from '@fletch/learn';
import { rng } from '@fletch/linalg';
import type { Profile, Row, TrialContext } from '../experiment.js';

/** A training. */
export interface Cell extends MethodOptions {
  readonly method: MethodName;
  readonly cr: number;
}

/** The six that the card lets run at a fiftieth of the bytes. */
export const tiny: readonly Cell[] = [
  { method: 'hash', cr: 0.02 },
  { method: 'compo', cr: 0.02, operation: 'sum' },
  { method: 'tt', cr: 0.02 },
  { method: 'robe', cr: 0.02 },
  { method: 'adapt', cr: 0.02, frequent: 0.01 },
  { method: 'dhe', cr: 0.02 },
];

/** A scale for each row of 16 bytes is stored: 8 bits are 0.3125 of the bytes then. */
const claimed: readonly Cell[] = [
  { method: 'full', cr: 1 },
  { method: 'int8', cr: 0.25 },
  { method: 'alpt8', cr: 0.3125 },
];

const at = (cr: number, names: readonly MethodName[]): Cell[] => names.map((method) => ({ method, cr }));

const others: readonly Cell[] = [
  ...at(0.25, ['hash', 'small', 'tt', 'robe', 'adapt', 'mgqe', 'md', 'deeplight', 'pep', 'autosrh', 'dpq']),
  { method: 'compo', cr: 0.25, operation: 'sum' },
  { method: 'compo', cr: 0.25, operation: 'product' },
  { method: 'half', cr: 0.5 },
  { method: 'int16', cr: 0.5 },
  { method: 'dedup', cr: 0.25 },
  { method: 'autodim', cr: 0.25 },
  { method: 'optembed', cr: 0.25, generations: 8 },
];

/** Of a seed: the second and third of a full run repeat those that the claims lean on, but for DHE, which alone takes as long. */
export function cellsOf(profile: Profile, seed: number): readonly Cell[] {
  if (profile === 'smoke') return [claimed[0]!, claimed[1]!, tiny[0]!];
  if (profile === 'full') {
    const often = [...claimed, ...tiny.slice(0, -1)];
    return seed === 0 ? [...often, ...others, tiny.at(-1)!] : often;
  }
  const slow: readonly MethodName[] = ['tt', 'dedup', 'half', 'int16', 'small'];
  const quick = others.filter(({ method, operation }) => !slow.includes(method) && operation !== 'product');
  return [...claimed, { method: 'tt', cr: 0.02 }, ...quick.map((cell) => ({ ...cell, generations: 2 }))];
}

export const nameOf = ({ method, cr, operation }: Cell): string =>
  `${embeddingMethods[method].title}${operation ? ` (${operation})` : ''} at ${cr}`;

/** Pairs that are looked at: quick runs look at a fifth. */
const counts = { smoke: 4000, quick: 96_000, full: Number.POSITIVE_INFINITY } as const;

/** Small fields for smoke runs, which load nothing. */
function drawn(): LabelledFields {
  const random = rng(5);
  const sizes = [300, 20, 300, 20];
  const ids = new Int32Array(counts.smoke * sizes.length);
  const labels = new Uint8Array(counts.smoke);
  for (let i = 0; i < labels.length; i++) {
    for (const [f, size] of sizes.entries()) ids[i * sizes.length + f] = random.integer(size);
    labels[i] = ids[4 * i + 1]! % 2 === ids[4 * i + 3]! % 2 ? 1 : 0;
  }
  return { names: ['a', 'b', 'c', 'd'], sizes, count: labels.length, ids, labels };
}

let loaded: { readonly profile: Profile; readonly data: CtrData } | undefined;

async function dataOf({ profile, signal }: TrialContext): Promise<CtrData> {
  if (loaded?.profile === profile) return loaded.data;
  const set = profile === 'smoke' ? drawn() : await loadDependencyPairs({ signal });
  const count = Math.min(set.count, counts[profile]);
  const width = set.sizes.length;
  const some = {
    ...set,
    count,
    ids: set.ids.subarray(0, count * width),
    labels: set.labels.subarray(0, count),
  };
  loaded = { profile, data: splitCtr(some) };
  return loaded.data;
}

/** One training as a row: its figures, or why it was refused. */
export async function measureCell(cell: Cell, context: TrialContext): Promise<Row> {
  const { profile, seed, signal, report } = context;
  const name = nameOf(cell);
  const names = { what: 'training', method: name, family: embeddingMethods[cell.method].family, cr: cell.cr };
  try {
    const trained = await trainCTR({
      ...cell,
      data: await dataOf(context),
      threads: 1,
      seed,
      signal,
      ...(profile === 'smoke' && { batch: 128, learningRate: 1e-2 }),
      onProgress: (progress) => report({ ...progress, stage: `${name}: ${progress.stage ?? ''}` }),
    });
    const { auc, logloss, memory, ratio, seconds, cpuSeconds, lookupUs } = trained;
    return {
      ...names,
      ratio,
      auc,
      logloss,
      memory,
      seconds: round(seconds),
      cpu_seconds: round(cpuSeconds),
      lookup_us: round(lookupUs),
    };
  } catch (error) {
    if (!isFletchError(error, 'INVALID_ARGUMENT') || error.details.floor === undefined) throw error;
    return { ...names, refused: error.message, floor: Number(error.details.floor) };
  }
}

const round = (value: number) => Number(value.toPrecision(3));

/** The methods that a budget is enough for, by their floors alone, and what the others say. */
export async function reachable(cr: number, context: TrialContext): Promise<Row[]> {
  const { fields, freq } = await dataOf(context);
  return (Object.keys(embeddingMethods) as MethodName[]).map((method) => {
    const row = { what: `reaches ${cr}`, method, title: embeddingMethods[method].title };
    try {
      createEmbedding(method, { fields: fields.sizes, cr, freq, frequent: 0.01 });
      return { ...row, runs: true };
    } catch (error) {
      if (!isFletchError(error, 'INVALID_ARGUMENT') || error.details.floor === undefined) throw error;
      return { ...row, runs: false, floor: Number(error.details.floor) };
    }
  });
}

/**
 * Options of studies, and the defaults that libraries and services have.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** Squared Euclidean distance, 1 − cosine, or negative dot product. */
export type StudyMetric = 'l2' | 'cosine' | 'ip';

/** What a graph is made with. */
export interface HnswStudyOptions {
  readonly dim: number;
  readonly metric: StudyMetric;
  /** Links of a node on the upper levels, twice as many on the lowest; at least 2. Default: 16. */
  readonly M?: number;
  /** Candidates while linking. Default: 128. */
  readonly efConstruction?: number;
  /** Candidates of a search. Default: 10. */
  readonly ef?: number;
  /** Decides the level of each id. Default: 0. */
  readonly seed?: number;
  /** False leaves out all levels but the lowest: a flat navigable small world. Default: true. */
  readonly hierarchy?: boolean;
}

/** Parameters of a graph and its searches. */
export interface Preset {
  readonly M: number;
  readonly efConstruction: number;
  readonly ef: number;
}

/** Defaults as the paper surveys them (Marqo's were looked up, the others are recalled); where they depend on k, k is 10. */
export const presets = {
  study: { M: 16, efConstruction: 128, ef: 10 },
  hnswlib: { M: 16, efConstruction: 200, ef: 10 },
  faiss: { M: 32, efConstruction: 40, ef: 16 },
  lucene: { M: 16, efConstruction: 100, ef: 10 },
  opensearch: { M: 16, efConstruction: 100, ef: 100 },
  qdrant: { M: 16, efConstruction: 100, ef: 100 },
  pgvector: { M: 16, efConstruction: 64, ef: 40 },
  redis: { M: 16, efConstruction: 200, ef: 10 },
  chroma: { M: 16, efConstruction: 100, ef: 10 },
  weaviate: { M: 32, efConstruction: 128, ef: 100 },
  vespa: { M: 16, efConstruction: 200, ef: 10 },
  marqo: { M: 16, efConstruction: 512, ef: 2000 },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;

/** The preset of that name. Throws `INVALID_ARGUMENT` for an unknown one. */
export function presetOf(name: string): Preset {
  if (Object.hasOwn(presets, name)) return presets[name as PresetName];
  throw new FletchError(
    'INVALID_ARGUMENT',
    `Unknown preset "${name}": use one of ${Object.keys(presets).join(', ')}.`,
  );
}

/** @throws FletchError `INVALID_ARGUMENT` */
export function checkMetric(metric: string): asserts metric is StudyMetric {
  if (!['l2', 'cosine', 'ip'].includes(metric))
    throw new FletchError('INVALID_ARGUMENT', `Unknown metric "${metric}": use l2, cosine or ip.`);
}

export function checkHnsw(options: Required<Omit<HnswStudyOptions, 'hierarchy'>>): void {
  checkMetric(options.metric);
  for (const [name, least] of [
    ['dim', 1],
    ['M', 2],
    ['efConstruction', 1],
    ['ef', 1],
    ['seed', 0],
  ] as const) {
    const value = options[name];
    if (!Number.isSafeInteger(value) || value < least)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${name} must be an integer of at least ${least}, but is ${value}.`,
      );
  }
  if (options.efConstruction < options.M)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `efConstruction (${options.efConstruction}) is smaller than M (${options.M}): nodes would not get their links.`,
    );
}

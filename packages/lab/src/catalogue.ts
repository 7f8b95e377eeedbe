/**
 * Which of the 51 systems are built, and the list of all.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Experiment } from './experiment.js';
import { type SystemFacts, systems } from './systems.js';

/** The experiments, one line each. A system without one is planned. */
const experiments: { readonly [id: string]: () => Promise<{ readonly default: Experiment }> } = {
  atlas: () => import('./experiments/05-atlas.js'),
  'barlow-twins': () => import('./experiments/45-barlow-twins.js'),
  'embedding-compression': () => import('./experiments/20-embedding-compression.js'),
  'homeo-ep': () => import('./experiments/07-homeo-ep.js'),
  'hnsw-recall': () => import('./experiments/42-hnsw-recall.js'),
  'icl-linear': () => import('./experiments/03-icl-linear.js'),
  'lmc-weight-matching': () => import('./experiments/06-lmc-weight-matching.js'),
  leanvec: () => import('./experiments/15-leanvec.js'),
  lid: () => import('./experiments/08-lid.js'),
  'linf-sketched-regression': () => import('./experiments/36-linf-sketched-regression.js'),
  presto: () => import('./experiments/02-presto.js'),
  'mbat-json': () => import('./experiments/18-mbat-json.js'),
  'observable-propagation': () => import('./experiments/37-observable-propagation.js'),
  muvera: () => import('./experiments/32-muvera.js'),
  'quantile-aggregation': () => import('./experiments/22-quantile-aggregation.js'),
  'intruder-dimensions': () => import('./experiments/09-intruder-dimensions.js'),
  'lsa-one-step-gd': () => import('./experiments/38-lsa-one-step-gd.js'),
  squash: () => import('./experiments/23-squash.js'),
  'rich-lazy': () => import('./experiments/30-rich-lazy.js'),
  'r-tsvm': () => import('./experiments/49-r-tsvm.js'),
};

/** One system as the catalogue lists it. */
export interface CatalogueEntry extends SystemFacts {
  readonly status: 'built' | 'planned';
  /** What `@fletch/<package>` exports for it; none while it is planned. */
  readonly exports: readonly string[];
}

/** All 51, in order of their numbers. */
export async function catalogue(): Promise<CatalogueEntry[]> {
  return Promise.all(
    systems.map(async (facts): Promise<CatalogueEntry> => {
      const load = experiments[facts.id];
      if (!load) return { ...facts, status: 'planned', exports: [] };
      return { ...facts, status: 'built', exports: (await load()).default.exports };
    }),
  );
}

/**
 * The facts of a system, by its id or number.
 *
 * @throws FletchError `NOT_FOUND` naming the ids that look alike
 */
export function systemFacts(idOrNumber: string): SystemFacts {
  const found = systems.find(({ id, number }) => id === idOrNumber || String(number) === idOrNumber);
  if (found) return found;
  const alike = systems.filter(({ id }) => id.includes(idOrNumber) || idOrNumber.includes(id));
  const advice =
    alike.length > 0 ? `Did you mean ${alike.map(({ id }) => id).join(' or ')}?` : 'See the list.';
  throw new FletchError('NOT_FOUND', `There is no system "${idOrNumber}". ${advice}`, {
    details: { id: idOrNumber },
  });
}

/**
 * The experiment of a system.
 *
 * @throws FletchError `NOT_FOUND`, `UNAVAILABLE` when it is only planned
 */
export async function experimentOf(idOrNumber: string): Promise<Experiment> {
  const { id, number } = systemFacts(idOrNumber);
  const load = experiments[id];
  if (load) return (await load()).default;
  throw new FletchError('UNAVAILABLE', `System ${number}, "${id}", is planned and has no experiment yet.`, {
    details: { id },
  });
}

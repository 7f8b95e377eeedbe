/**
 * System 23: partitions and conditions, and a graph whose hits are filtered afterwards.
 *
 * @module
 */
import { buildSquash, type SquashPredicate } from '@fletch/search';
import type { Row, TrialContext } from '../../experiment.js';
import { graphOf } from './baselines.js';
import { K, matching, nearest, pictures, recall, type Setting, truths } from './data.js';
import { BUDGET, measure, plans, rowOf, short } from './measure.js';

const SELECTIVITIES = [0.5, 0.08, 0.001, 0.0001];

/** A condition that leaves this share of the vectors. */
function leaving(setting: Setting, share: number) {
  const limit = setting.attrs[0]!.slice().sort()[Math.round(share * setting.x.rows)]!;
  const where: SquashPredicate[] = [{ attr: 0, op: '<', a: limit }];
  return { where, matches: matching(setting, where) };
}

/** The whole: partitions, and conditions of every selectivity. */
export async function system({ profile, seed, once, signal, report }: TrialContext) {
  const { n, queries, partitions } = plans[profile];
  return once('system', async () => {
    const setting = await pictures(n, queries, seed);
    const right = truths(setting);
    report({ done: 5, total: 6, stage: 'partitions' });
    const index = await buildSquash(setting.x, setting.attrs, {
      bitBudget: BUDGET,
      partitions,
      seed,
      signal,
    });
    const data = `Fashion-MNIST, ${n}, ${index.partitions.length} partitions`;
    const rows: Row[] = [];
    const curve: Row[] = [];
    for (const centroidFactor of [1, 1.15, 1.3, Number.POSITIVE_INFINITY])
      for (const refine of [2, 4]) {
        const measured = measure(index, setting, right, { centroidFactor, refine });
        rows.push(rowOf(`SQUASH, T = ${centroidFactor}, R = ${refine}`, data, BUDGET / 8, measured));
        curve.push({ R: String(refine), partitions: measured.funnel.partitions!, recall: measured.recall });
      }
    let whole = 0;
    for (const share of SELECTIVITIES) {
      const { where, matches } = leaving(setting, share);
      const found = setting.questions.map(({ query }) => index.search(query, K, { where }));
      const answers = setting.questions.map(({ query }) => nearest(setting.x, query, matches, K));
      const needed = Math.min(K, matches.length);
      const inside = new Set(matches);
      const complete = found.filter(
        ({ ids }) => ids.length === needed && ids.every((id) => inside.has(id)),
      ).length;
      whole += complete / queries / SELECTIVITIES.length;
      rows.push({
        method: `SQUASH, ${100 * share} % match`,
        data,
        recall: short(
          recall(
            found.map(({ ids }) => ids),
            answers,
          ),
        ),
        complete: short(complete / queries),
        partitions: short(found.reduce((sum, { funnel }) => sum + funnel.partitions, 0) / queries),
      });
    }
    return { rows, curve, whole };
  });
}

/** A graph, searched for more than k, from whose hits those are taken that match. */
export async function filteredAfterwards({ profile, seed, once }: TrialContext) {
  const { few, queries } = plans[profile];
  return once('post-filter', async () => {
    const setting = await pictures(few, queries, seed);
    const graph = await graphOf(setting);
    const rows: Row[] = [];
    for (const more of [100, 500])
      for (const share of SELECTIVITIES) {
        const { matches } = leaving(setting, share);
        const inside = new Set(matches);
        const needed = Math.min(K, matches.length);
        const found = setting.questions.map(({ query }) =>
          graph
            .search(query, more, { ef: more })
            .rows.filter((row) => inside.has(row))
            .slice(0, K),
        );
        const answers = setting.questions.map(({ query }) => nearest(setting.x, query, matches, K));
        rows.push({
          method: `HNSW, ${more} hits filtered afterwards, ${100 * share} % match`,
          data: `Fashion-MNIST, ${few}`,
          bytes_per_vector: 4 * 784,
          recall: matches.length > 0 ? short(recall(found, answers)) : null,
          complete: short(found.filter(({ length }) => length >= needed).length / queries),
        });
      }
    await graph.close();
    return rows;
  });
}

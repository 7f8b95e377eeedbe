/** Searches among a share of the rows, against an exact scan of float32 vectors under the same filter. */
import { Bitset, createFlatIndex, loadIndex } from '@fletch/search';
import { seededRandom } from './vectors.mjs';

const SHARES = [0.01, 0.1];

function filterOf(count, share, seed) {
  const random = seededRandom(seed);
  const filter = new Bitset(count);
  for (let row = 0; row < count; row++) if (random() < share) filter.add(row);
  return filter;
}

function measure(queries, search) {
  const rows = queries.map((query) => search(query));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const cpu = process.cpuUsage();
    for (const query of queries) search(query);
    const { user, system } = process.cpuUsage(cpu);
    best = Math.min(best, (user + system) / 1e6 / queries.length);
  }
  return { rows, qps: 1 / best };
}

/** For each share of the rows and list length: recall@10 and queries per second of processor time (best of five rounds). */
export async function measureFilters({ dimension, count, vectors, queries }, path, efs, log) {
  const flat = await createFlatIndex({ dimension, distance: 'Cosine', threads: 1 });
  await flat.add(
    Array.from({ length: count }, (_, i) => i),
    vectors,
  );
  const { index } = await loadIndex(path, { threads: 1 });
  const some = queries.slice(0, 200);
  const results = [];
  for (const share of SHARES) {
    log(`filter of ${100 * share} %`);
    const filter = filterOf(count, share, 7);
    const exact = measure(some, (query) => flat.search(query, 10, { filter }).rows);
    for (const ef of efs) {
      const found = measure(some, (query) => index.search(query, 10, { filter, ef }).rows);
      const hits = found.rows.flatMap((rows, i) => [...rows].filter((row) => exact.rows[i].includes(row)));
      const recall = hits.length / (10 * some.length);
      results.push({ share, ef, recall, qps: found.qps, exactQps: exact.qps });
    }
  }
  await flat.close();
  await index.close();
  return results;
}

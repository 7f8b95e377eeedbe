/** The exact nearest neighbours of the queries, by the flat index, cached. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '@fletch/base';
import { createFlatIndex } from '@fletch/search';

/** @returns {Promise<Set<number>[]>} the `k` nearest rows of each query */
export async function groundTruth({ name, dimension, count, vectors, queries }, k) {
  const path = join(cacheFolder(), 'bench', `${name}-truth-${queries.length}-${k}.json`);
  if (!existsSync(path)) {
    const index = await createFlatIndex({ dimension, distance: 'Cosine' });
    await index.add(
      Array.from({ length: count }, (_, i) => i),
      vectors,
    );
    const all = new Float32Array(queries.length * dimension);
    queries.forEach((query, i) => {
      all.set(query, i * dimension);
    });
    const hits = await index.searchBatch(all, k);
    await index.close();
    writeFileSync(path, JSON.stringify(hits.map(({ rows }) => Array.from(rows))));
  }
  return JSON.parse(readFileSync(path, 'utf8')).map((rows) => new Set(rows));
}

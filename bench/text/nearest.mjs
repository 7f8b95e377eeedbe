/** Exact search, and samples spread over a list. */
import { createFlatIndex } from '@fletch/search';

/** `count` items of `list`, evenly spaced. */
export function evenSample(list, count) {
  const size = Math.min(count, list.length);
  return Array.from({ length: size }, (_, i) => list[Math.floor((i * list.length) / size)]);
}

/** For each query, the row of the vector that is most like it. */
export async function nearest(vectors, queries, dimension) {
  const index = await createFlatIndex({ dimension, distance: 'Cosine' });
  const rows = Uint32Array.from({ length: vectors.length / dimension }, (_, i) => i);
  await index.add(rows, vectors);
  const hits = await index.searchBatch(queries, 1);
  await index.close();
  return hits.map((hit) => hit.rows[0]);
}

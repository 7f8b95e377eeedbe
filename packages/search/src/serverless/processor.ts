/**
 * The query processor: one partition, searched for a batch of queries.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import {
  type Partition,
  partitionRole,
  readPartition,
  readRows,
  refine,
  vectorsKey,
} from '../squash/parts.js';
import { floats, type Hits, type ProcessorEvent, pack, unpackBitmaps } from './messages.js';
import { answer, type Platform, type Reply } from './platform.js';

/**
 * Narrows the candidates of every query down, reads what is left of all of them at once, and answers the k nearest of each.
 * Does nothing but read: an invocation that comes twice answers twice the same.
 */
export function processor(event: ProcessorEvent, platform: Platform): Promise<Reply<Hits[]>> {
  return answer(platform, async (objects) => {
    const { tag, partition: p, k } = event;
    const { value: partition, warm } = await platform.container.retained(`${tag}/${p}`, () =>
      readPartition(objects, tag, p),
    );
    const dimension = partition.data.mean.length;
    const queries = queriesOf(event, dimension);
    const narrowed = candidatesOf(event, partition).map(
      (rows, i) => partition.narrow(queries[i]!, rows, { percent: event.percent, read: event.read }).rows,
    );
    const vectors = await readRows(
      objects,
      narrowed.flatMap((rows) => Array.from(rows)),
      {
        key: vectorsKey(tag, p),
        tag,
        role: partitionRole(p),
        dimension,
      },
    );
    const result = narrowed.map((rows, i) => {
      const { ids, dists } = refine(queries[i]!, rows, partition.data.ids, (row) => vectors.get(row)!, k);
      return { ids: pack(ids), dists: pack(dists) };
    });
    return { result, warm };
  });
}

function queriesOf({ count, vectors }: ProcessorEvent, dimension: number): Float32Array[] {
  const values = floats(vectors);
  if (values.length !== count * dimension)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${count} queries have ${values.length} values, but the index has dimension ${dimension}.`,
    );
  return Array.from({ length: count }, (_, i) => values.subarray(i * dimension, (i + 1) * dimension));
}

function candidatesOf({ bitmaps, count }: ProcessorEvent, { count: rows }: Partition): Uint32Array[] {
  if (bitmaps !== null) return unpackBitmaps(bitmaps, count, rows);
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  return Array.from({ length: count }, () => all);
}

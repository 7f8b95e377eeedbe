/**
 * From rows of a source to points of a collection.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { originalIdField, type RowBatch, toPointId } from '@fletch/data';
import type { PointStruct, VectorInput } from '@fletch/search';

/** How rows become points. */
export interface PointRules {
  /** For messages. */
  readonly source: string;
  /** Of the vectors; undefined where they are as the dialect writes them. */
  readonly dimension?: number | undefined;
  /** Name of the vector in the collection; `''` is the unnamed one. */
  readonly vector: string;
  /** Whether vectors are compared by direction, which that of zeros has not. */
  readonly cosine: boolean;
  /** Leave bad vectors out instead of stopping. */
  readonly skipBad: boolean;
  /** Id of the source's row 0 where it has no ids. */
  readonly firstId: number;
}

/** Points of the batch; those that were left out are counted. */
export function toPoints(batch: RowBatch, rules: PointRules): { points: PointStruct[]; skipped: number } {
  const points: PointStruct[] = [];
  let skipped = 0;
  for (let i = 0; i < batch.count; i++) {
    const row = batch.first + i;
    const vector = vectorOf(batch, i, rules);
    const bad = vector instanceof Float32Array ? badness(vector, rules.cosine) : undefined;
    if (bad && !rules.skipBad) throw badVector(rules.source, row, bad);
    if (bad) skipped++;
    else points.push(point(batch, i, row, vector, rules));
  }
  return { points, skipped };
}

function point(
  batch: RowBatch,
  i: number,
  row: number,
  vector: Float32Array | VectorInput,
  { source, vector: name, firstId }: PointRules,
): PointStruct {
  const { id, original } =
    batch.ids === undefined
      ? { id: firstId + row, original: undefined }
      : toPointId(batch.ids[i]!, `Row ${row} of ${source}`);
  const given = batch.payloads?.[i];
  const payload = original === undefined ? given : { ...given, [originalIdField]: original };
  return {
    id,
    vector: name !== '' && vector instanceof Float32Array ? { [name]: vector } : (vector as VectorInput),
    ...(payload === undefined ? {} : { payload }),
  };
}

function vectorOf(batch: RowBatch, i: number, { dimension }: PointRules): Float32Array | VectorInput {
  if (batch.vectors && dimension !== undefined)
    return batch.vectors.subarray(i * dimension, (i + 1) * dimension);
  return batch.wire![i] as VectorInput;
}

interface Badness {
  readonly code: 'NON_FINITE' | 'ZERO_VECTOR';
  readonly what: string;
}

function badness(vector: Float32Array, cosine: boolean): Badness | undefined {
  let zeros = true;
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i]!;
    if (!Number.isFinite(value)) return { code: 'NON_FINITE', what: `component ${i} is ${value}` };
    if (value !== 0) zeros = false;
  }
  return cosine && zeros
    ? { code: 'ZERO_VECTOR', what: 'it is all zeros, which has no direction to compare by cosine' }
    : undefined;
}

function badVector(source: string, row: number, { code, what }: Badness): FletchError {
  return new FletchError(code, `Row ${row} of ${source}: ${what}. --skip-bad leaves such rows out.`, {
    details: { row, source },
  });
}

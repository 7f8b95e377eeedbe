/**
 * Compresses a table of vectors that is there already.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import { requireRatio, unreachable } from '../budget.js';
import { type Lookup, packStored, type Stored, storedBytes, unpackStored } from '../storage/stored.js';
import { magsvd, svd } from './low-rank.js';
import { int8, magpq, pq } from './quantized.js';
import { dedup, prune, tt } from './shared.js';
import type { TableShape, VectorMethodSpec } from './types.js';

const table = { int8, prune, pq, magpq, svd, magsvd, tt, dedup };

/** Names of the methods. */
export type VectorMethod = keyof typeof table;

/** The methods by name. */
export const vectorMethods: { readonly [name in VectorMethod]: VectorMethodSpec } = table;

function methodOf(name: string): VectorMethodSpec {
  if (Object.hasOwn(vectorMethods, name)) return vectorMethods[name as VectorMethod];
  throw new FletchError(
    'INVALID_ARGUMENT',
    `There is no method "${name}": choose among ${Object.keys(vectorMethods).join(', ')}.`,
    { details: { method: name } },
  );
}

/** A table of vectors, compressed. */
export class CompressedVectors implements TableShape {
  readonly method: VectorMethod;
  readonly rows: number;
  readonly dim: number;
  readonly stored: Stored;
  readonly #lookup: Lookup;

  /** @throws FletchError `INVALID_INPUT_FILE` when what is stored is not whole */
  constructor(method: VectorMethod, { rows, dim }: TableShape, stored: Stored) {
    this.method = method;
    this.rows = rows;
    this.dim = dim;
    this.stored = stored;
    this.#lookup = methodOf(method).restore(stored, { rows, dim });
  }

  /** Bytes of what is stored: those of the saved file without its header. */
  get bytes(): number {
    return storedBytes(this.stored);
  }

  /** `bytes` over those of the float32 table. */
  get ratio(): number {
    return this.bytes / (4 * this.rows * this.dim);
  }

  /**
   * The vectors of some rows, or of all.
   *
   * @returns count × dim
   * @throws FletchError `INVALID_ARGUMENT` naming a row that there is not
   */
  decompress(ids?: ArrayLike<number>): Float32Array {
    const rows = ids ? Int32Array.from(ids) : Int32Array.from({ length: this.rows }, (_, i) => i);
    const bad = ids
      ? Array.from(ids).findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < this.rows))
      : -1;
    if (bad >= 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Row ${ids![bad]} is not among the ${this.rows} rows of the table.`,
        {
          details: { row: ids![bad] },
        },
      );
    const target = new Float32Array(rows.length * this.dim);
    this.#lookup(rows, target);
    return target;
  }

  /** The bytes of a safetensors file with the tag of the method. */
  pack(): Uint8Array {
    return packStored(this.method, { rows: this.rows, dim: this.dim }, this.stored);
  }

  /**
   * Reads what {@link pack} gave.
   *
   * @throws FletchError `INVALID_INPUT_FILE` for other bytes, and another method than `method`
   */
  static unpack(bytes: Uint8Array, method?: VectorMethod, file?: string): CompressedVectors {
    const { method: found, about, stored } = unpackStored(bytes, method, file);
    const { rows, dim } = about;
    if (!Object.hasOwn(vectorMethods, found) || !Number.isSafeInteger(rows) || !Number.isSafeInteger(dim))
      throw new FletchError(
        'INVALID_INPUT_FILE',
        `${file ?? 'The checkpoint'} is of the method "${found}": it holds no table of vectors.`,
        { details: { rule: 'method', method: found } },
      );
    return new CompressedVectors(found as VectorMethod, { rows, dim } as TableShape, stored);
  }
}

/** What {@link compressVectors} is told. */
export interface CompressVectorsOptions extends LongWork {
  readonly method: VectorMethod;
  /** Budget: bytes that are stored over those of the float32 table, indices counted. */
  readonly cr: number;
  /** Default 0. */
  readonly seed?: number;
  /** Rows that the codebooks of `pq` and `magpq` are learned from, at most. Default 16384. */
  readonly sample?: number;
}

/**
 * Compresses a table of vectors under a budget of memory.
 *
 * @param x - rows × dim
 * @throws FletchError `INVALID_ARGUMENT` for an unknown method, `cr` outside 0 … 1, an empty table and a budget below the
 *   method's floor (`details.floor`); `NON_FINITE` with the position; `ABORTED`
 * @example
 * ```ts
 * const compressed = compressVectors(table, { method: 'pq', cr: 0.08 });
 * compressed.decompress([0, 1]); // the first two rows again, nearly
 * ```
 */
export function compressVectors(x: Matrix<Float32Array>, options: CompressVectorsOptions): CompressedVectors {
  const { method, cr, seed = 0, sample = 16_384, signal, onProgress } = options;
  const spec = methodOf(method);
  requireRatio(cr);
  throwIfAborted(signal);
  const shape = { rows: x.rows, dim: x.cols };
  if (x.rows === 0 || x.cols === 0)
    throw new FletchError('INVALID_ARGUMENT', `A table of ${x.rows} × ${x.cols} holds nothing to compress.`);
  const bad = x.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new FletchError(
      'NON_FINITE',
      `Row ${Math.floor(bad / x.cols)} has ${x.data[bad]} in column ${bad % x.cols}: remove or repair such rows first.`,
      { details: { row: Math.floor(bad / x.cols), column: bad % x.cols } },
    );
  const whole = 4 * x.rows * x.cols;
  const floor = spec.floor(shape);
  // The few bytes of a scale do not make a budget of a quarter unreachable.
  const bytes = Math.max(cr * whole, floor <= 1.02 * cr * whole ? floor : 0);
  if (floor > bytes) throw unreachable(method, cr, floor / whole);
  const work = { bytes, seed, sample, ...(signal && { signal }), ...(onProgress && { onProgress }) };
  return new CompressedVectors(method, shape, spec.compress(x, work));
}

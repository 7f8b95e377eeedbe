/**
 * Compressed embeddings that are done: looked up, weighed, saved and loaded.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { FletchError, replaceFile } from '@fletch/base';
import { type Fields, fieldsOf, tableRows } from './fields.js';
import { type MethodName, methods } from './methods.js';
import { type Lookup, packStored, type Stored, storedBytes, unpackStored } from './storage/stored.js';

/** A compressed table. It changes no more. */
export class FrozenEmbedding {
  readonly method: MethodName;
  readonly fields: Fields;
  readonly dim: number;
  readonly stored: Stored;
  readonly #lookup: Lookup;

  /** @throws FletchError `INVALID_INPUT_FILE` when what is stored is not whole */
  constructor(method: MethodName, fields: Fields, dim: number, stored: Stored) {
    this.method = method;
    this.fields = fields;
    this.dim = dim;
    this.stored = stored;
    this.#lookup = methods[method].restore(stored, { fields, dim });
  }

  /** Bytes of what is stored: those of the saved file without its header. */
  memoryBytes(): number {
    return storedBytes(this.stored);
  }

  /** {@link memoryBytes} over the bytes of the full table. */
  get ratio(): number {
    return this.memoryBytes() / (4 * this.fields.rows * this.dim);
  }

  /**
   * The embeddings of samples.
   *
   * @param ids - samples × fields, each counted within its field
   * @returns samples × fields × dim
   * @throws FletchError `INVALID_ARGUMENT` naming the first id outside its field, `DIMENSION_MISMATCH`
   */
  lookup(ids: ArrayLike<number>): Float32Array {
    return this.lookupRows(tableRows(this.fields, ids));
  }

  /** The embeddings of rows of the whole table. */
  lookupRows(rows: Int32Array): Float32Array {
    const target = new Float32Array(rows.length * this.dim);
    this.#lookup(rows, target);
    return target;
  }

  /** The bytes of a safetensors file with the tag of the method. */
  pack(): Uint8Array {
    return packStored(this.method, { fields: this.fields.sizes, dim: this.dim }, this.stored);
  }

  /** Writes {@link pack} to a file. Throws `IO`, `DISK_FULL`. */
  async save(path: string): Promise<void> {
    const bytes = this.pack();
    await replaceFile(path, (file) => file.writeFile(bytes));
  }

  /**
   * Reads what {@link pack} gave.
   *
   * @param method - the one that it must be of
   * @throws FletchError `INVALID_INPUT_FILE` for other bytes and another method
   */
  static unpack(bytes: Uint8Array, method?: MethodName, file?: string): FrozenEmbedding {
    const { method: found, about, stored } = unpackStored(bytes, method, file);
    const { fields, dim } = about;
    if (!Object.hasOwn(methods, found) || !Array.isArray(fields) || !Number.isSafeInteger(dim))
      throw new FletchError(
        'INVALID_INPUT_FILE',
        `${file ?? 'The checkpoint'} is of the method "${found}": it holds no embeddings of fields.`,
        { details: { rule: 'method', method: found } },
      );
    return new FrozenEmbedding(found as MethodName, fieldsOf(fields), dim as number, stored);
  }

  /** Reads a saved file. Throws `NOT_FOUND`, `INVALID_INPUT_FILE`. */
  static async load(path: string, method?: MethodName): Promise<FrozenEmbedding> {
    const bytes = await readFile(path).catch((cause) => {
      throw new FletchError('NOT_FOUND', `${path} cannot be read.`, { cause });
    });
    return FrozenEmbedding.unpack(bytes, method, path);
  }
}

/**
 * The kernels' memory as a stack: a function takes what it needs and gives everything back when it returns.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type LinalgKernels, linalgKernels, type SharedKernels } from '@fletch/kernels/linalg';
import { nonFinite } from '../checks.js';
import { Matrix, type Precision, precisionOf, type Real, sameKind } from '../matrix.js';
import { Block, type Field } from './block.js';

const PAGE = 65536;
/** A memory that grew beyond this is dropped after use, since it cannot shrink. */
const KEEP_BYTES = 256 * 1024 * 1024;
const LIMIT = PAGE * PAGE;

/** A matrix that was loaded, and the largest magnitude in it. */
export interface Loaded {
  readonly block: Block;
  readonly peak: number;
}

/** The open end of the stack; only valid inside {@link withArena}. */
export class Arena {
  readonly #memory: WebAssembly.Memory;
  readonly shared: SharedKernels;
  readonly #fields: Readonly<Record<Precision, Field>>;
  #top: number;

  constructor(kernels: LinalgKernels) {
    this.#memory = kernels.memory;
    this.shared = kernels.shared;
    this.#fields = {
      float32: { ...kernels.float32, bytes: 4, eps: 2 ** -23 },
      float64: { ...kernels.float64, bytes: 8, eps: 2 ** -52 },
    };
    this.#top = kernels.memory.buffer.byteLength;
  }

  /** End of what is in use, to {@link release} to. */
  get mark(): number {
    return this.#top;
  }

  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Gives back everything taken since `mark`. */
  release(mark: number): void {
    this.#top = mark;
  }

  /** The kernels of a precision. */
  field(precision: Precision): Field {
    return this.#fields[precision];
  }

  /**
   * Zeroed bytes at a multiple of 64.
   *
   * @throws FletchError `OUT_OF_MEMORY` with the size asked for
   */
  bytes(count: number): number {
    const address = this.#top;
    const end = Math.ceil((address + count) / 64) * 64;
    const missing = Math.ceil((end - this.size) / PAGE);
    if (missing > 0) this.#grow(missing, end);
    new Uint8Array(this.#memory.buffer, address, count).fill(0);
    this.#top = end;
    return address;
  }

  #grow(pages: number, end: number): void {
    try {
      if (end > LIMIT) throw new RangeError('beyond 4 GiB');
      this.#memory.grow(pages);
    } catch (cause) {
      throw new FletchError(
        'OUT_OF_MEMORY',
        `The operation needs ${end} bytes of WebAssembly memory, of ${LIMIT} at most: use a smaller matrix, ` +
          'float32, or a randomized method.',
        { details: { bytes: end, limit: LIMIT }, cause },
      );
    }
  }

  /** A zero matrix; rows are padded where their length would make them collide in the caches. */
  block(field: Field, rows: number, cols: number): Block {
    const bytes = cols * field.bytes;
    const stride = bytes >= 1024 && bytes % 512 === 0 ? cols + 64 / field.bytes : cols;
    return new Block(field, this.bytes(rows * stride * field.bytes), rows, cols, stride);
  }

  /** A view on `length` float64 at an address; valid until memory is taken again. */
  doubles(address: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, address, length);
  }

  /** A view on `length` int32 at an address; valid until memory is taken again. */
  integers(address: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, address, length);
  }

  /** A view on `length` numbers of a field; valid until memory is taken again. */
  numbers(field: Field, address: number, length: number): Real {
    return field.bytes === 4
      ? new Float32Array(this.#memory.buffer, address, length)
      : this.doubles(address, length);
  }

  /**
   * Copies a matrix in.
   *
   * @throws FletchError `NON_FINITE` with the position
   */
  load(operation: string, a: Matrix): Loaded {
    const field = this.field(precisionOf(a.data));
    const block = this.block(field, a.rows, a.cols);
    const view = this.numbers(field, block.address, block.rows * block.rowStride);
    if (block.rowStride === a.cols) view.set(a.data);
    else for (let i = 0; i < a.rows; i++) view.set(a.row(i), i * block.rowStride);
    // Padding is zero, so that the peak may run over it.
    const peak = field.peak(view.length, block.address);
    if (!Number.isFinite(peak)) throw nonFinite(operation, a);
    return { block, peak };
  }

  /** The transpose of a row-major block, in new memory. */
  transposed(a: Block): Block {
    const result = this.block(a.field, a.cols, a.rows);
    a.field.transpose(a.rows, a.cols, a.address, a.rowStride, result.address, result.rowStride);
    return result;
  }

  /** Copies a block (any strides) out, in the precision of `like`. */
  store<T extends Real>(block: Block, like: T): Matrix<T> {
    const { rows, cols, field } = block;
    if (block.colStride !== 1) {
      const turned = this.block(field, rows, cols);
      field.transpose(cols, rows, block.address, block.colStride, turned.address, turned.rowStride);
      return this.store(turned, like);
    }
    const data = sameKind(like, rows * cols);
    if (rows > 0) {
      const view = this.numbers(field, block.address, (rows - 1) * block.rowStride + cols);
      if (block.rowStride === cols) data.set(view);
      else
        for (let i = 0; i < rows; i++)
          data.set(view.subarray(i * block.rowStride, i * block.rowStride + cols), i * cols);
    }
    return new Matrix(data, rows, cols);
  }
}

let current: Arena | undefined;

/** Runs `work` with the kernels' memory and gives back what it took. Calls may nest. */
export function withArena<R>(work: (arena: Arena) => R): R {
  current ??= new Arena(linalgKernels());
  const arena = current;
  const mark = arena.mark;
  try {
    return work(arena);
  } finally {
    arena.release(mark);
    if (arena.size > KEEP_BYTES && current === arena) current = undefined;
  }
}

/**
 * Matrices inside the kernels' memory, and the products they are made of.
 *
 * @module
 */
import type { RealKernels } from '@fletch/kernels/linalg';

/** The kernels of one precision and what else differs between the two. */
export interface Field extends RealKernels {
  /** Bytes of a number. */
  readonly bytes: 4 | 8;
  /** Unit roundoff times two. */
  readonly eps: number;
}

/** A view on a matrix in the kernels' memory: any row and column stride, so that a transpose is only a view. */
export class Block {
  readonly field: Field;
  /** Address of entry (0, 0) in bytes. */
  readonly address: number;
  readonly rows: number;
  readonly cols: number;
  /** Elements from row to row. */
  readonly rowStride: number;
  /** Elements from column to column. */
  readonly colStride: number;

  constructor(field: Field, address: number, rows: number, cols: number, rowStride: number, colStride = 1) {
    this.field = field;
    this.address = address;
    this.rows = rows;
    this.cols = cols;
    this.rowStride = rowStride;
    this.colStride = colStride;
  }

  /** Address of entry (i, j). */
  at(i: number, j: number): number {
    return this.address + (i * this.rowStride + j * this.colStride) * this.field.bytes;
  }

  /** The part of `rows` x `cols` from (i, j) on; without sizes, all the rest. */
  part(i: number, j: number, rows = this.rows - i, cols = this.cols - j): Block {
    return new Block(this.field, this.at(i, j), rows, cols, this.rowStride, this.colStride);
  }

  /** The transpose. */
  get t(): Block {
    return new Block(this.field, this.address, this.cols, this.rows, this.colStride, this.rowStride);
  }
}

/** `C += alpha A B`; one of C's strides is 1. */
export function multiplyAdd(alpha: number, a: Block, b: Block, c: Block): void {
  if (c.rows === 0 || c.cols === 0 || a.cols === 0) return;
  if (c.colStride === 1)
    c.field.gemm(
      c.rows,
      c.cols,
      a.cols,
      alpha,
      a.address,
      a.rowStride,
      a.colStride,
      b.address,
      b.rowStride,
      b.colStride,
      c.address,
      c.rowStride,
    );
  else multiplyAdd(alpha, b.t, a.t, c.t);
}

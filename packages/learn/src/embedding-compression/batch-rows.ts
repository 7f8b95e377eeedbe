/**
 * The rows that a batch touches, with their optimizer's moments, in arrays that go into a step and come out of it.
 *
 * @module
 */
import { NDArray, zeros } from '@fletch/array';
import { type Distinct, DistinctRows } from './fields.js';
import { FloatRows, type RowTable } from './storage/row-tables.js';

/** Parameters of rows and the two moments of Adam. */
export interface RowState {
  readonly rows: NDArray;
  readonly first: NDArray;
  readonly second: NDArray;
}

/**
 * Brings the rows of one table into a step and back. Moments change only where rows are touched, as in the lazy Adam of
 * TensorFlow and the sparse one of PyTorch: what a step costs does not depend on the size of the table.
 */
export class BatchRows {
  readonly table: RowTable;
  readonly #distinct: DistinctRows;
  #first: FloatRows | undefined;
  #second: FloatRows | undefined;
  #state: RowState | undefined;
  #touched: Int32Array = new Int32Array(0);

  constructor(table: RowTable) {
    this.table = table;
    this.#distinct = new DistinctRows(table.rows);
  }

  /** Copies the rows that are asked for, once each; `positions` says where each stands. */
  take(asked: Int32Array): { state: RowState; positions: NDArray } {
    const { width, rows } = this.table;
    const { values, positions }: Distinct = this.#distinct.of(asked);
    const capacity = Math.min(rows, asked.length);
    if (this.#state?.rows.shape[0] !== capacity) {
      const empty = () => zeros([capacity, width]);
      this.#state = { rows: empty(), first: empty(), second: empty() };
    }
    this.#first ??= new FloatRows(new Float32Array(rows * width), width);
    this.#second ??= new FloatRows(new Float32Array(rows * width), width);
    this.#touched = values;
    this.table.read(values, this.#state.rows.data as Float32Array);
    this.#first.read(values, this.#state.first.data as Float32Array);
    this.#second.read(values, this.#state.second.data as Float32Array);
    return { state: this.#state, positions: new NDArray(positions, [positions.length], 'int32') };
  }

  /** Copies the rows only: for batches that change nothing. */
  look(asked: Int32Array): { rows: NDArray; positions: NDArray } {
    const { values, positions } = this.#distinct.of(asked);
    const rows = zeros([Math.min(this.table.rows, asked.length), this.table.width]);
    this.table.read(values, rows.data as Float32Array);
    return { rows, positions: new NDArray(positions, [positions.length], 'int32') };
  }

  /** Takes back what a step made of the rows that were taken. */
  put(state: RowState): void {
    this.#state = state;
    this.table.write(this.#touched, state.rows.data as Float32Array);
    this.#first!.write(this.#touched, state.first.data as Float32Array);
    this.#second!.write(this.#touched, state.second.data as Float32Array);
  }
}

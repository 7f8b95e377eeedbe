/**
 * Reads stretches of tensors as 32-bit floats, whatever they are stored as.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { bfloat16ToFloat32, halfToFloat32 } from '@fletch/data';
import { bytesOf, isPlain, type OutDType } from './dtypes.js';
import type { PlannedSource } from './plan.js';
import type { RowSource } from './tokens.js';

/** Bytes of a stretch of one tensor, before they are numbers. */
export interface RawPiece {
  /** Of BF16, unchecked; absent when only floats are there. */
  readonly bits?: Uint16Array;
  /** The numbers; made from the bits when they are asked for. Throws `NON_FINITE` when one is not finite. */
  floats(): Float32Array;
}

/** Reads one tensor of one model stretch by stretch. */
export interface PieceReader {
  /** @param slot - memory that is used again when the next stretch is read into it */
  read(offset: number, count: number, slot: number): Promise<RawPiece>;
}

/** Throws for numbers that are not finite, and says where. */
function refuseNonFinite(source: PlannedSource, position: number, value: number): never {
  throw new FletchError(
    'NON_FINITE',
    `"${source.tensor}" of "${source.model.name}" holds ${value} at ${position}: a merge would carry it on. Repair the model or leave it out.`,
    { details: { tensor: source.tensor, model: source.model.name, position } },
  );
}

/** Finds out whether all exponents are below the highest, which stands for infinity and NaN. */
function checkBits(bits: Uint16Array, dtype: 'BF16' | 'F16', source: PlannedSource, offset: number): void {
  const [exponent, step] = dtype === 'BF16' ? [0x7f80, 0x80] : [0x7c00, 0x400];
  let seen = 0;
  for (let i = 0; i < bits.length; i++) seen |= (bits[i]! & exponent) + step;
  if ((seen & 0x8000) === 0) return;
  const at = bits.findIndex((word) => (word & exponent) === exponent);
  const convert = dtype === 'BF16' ? bfloat16ToFloat32 : halfToFloat32;
  refuseNonFinite(source, offset + at, convert(bits.subarray(at, at + 1))[0]!);
}

function checkFloats(values: Float32Array, source: PlannedSource, offset: number): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let seen = 0;
  for (let i = 0; i < words.length; i++) seen |= ((words[i]! >>> 16) & 0x7f80) + 0x80;
  if ((seen & 0x8000) === 0) return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  refuseNonFinite(source, offset + at, values[at]!);
}

/** A reader of a tensor as it is stored. */
export function pieceReader(source: PlannedSource): PieceReader {
  const { checkpoint } = source.model;
  const { dtype } = checkpoint.tensors.get(source.tensor)!;
  return isPlain(dtype) && checkpoint.format === 'safetensors'
    ? new PlainReader(source, dtype)
    : new WholeReader(source);
}

class PlainReader implements PieceReader {
  readonly #source: PlannedSource;
  readonly #dtype: OutDType;
  readonly #raw: Uint8Array[] = [];
  /** Up to here all numbers were found to be finite. */
  #checked = 0;
  readonly #floats: Float32Array[] = [];

  constructor(source: PlannedSource, dtype: OutDType) {
    this.#source = source;
    this.#dtype = dtype;
  }

  async read(offset: number, count: number, slot: number): Promise<RawPiece> {
    const width = bytesOf(this.#dtype);
    const { checkpoint } = this.#source.model;
    if ((this.#raw[slot]?.length ?? 0) < count * width) this.#raw[slot] = new Uint8Array(count * width);
    const target = this.#raw[slot]!.subarray(0, count * width);
    await checkpoint.readBytes(this.#source.tensor, offset * width, (offset + count) * width, target);
    if (this.#dtype === 'F32') {
      const values = new Float32Array(target.buffer, 0, count);
      this.#check(offset, count, () => checkFloats(values, this.#source, offset));
      return { floats: () => values };
    }
    const bits = new Uint16Array(target.buffer, 0, count);
    const dtype = this.#dtype;
    const convert = dtype === 'BF16' ? bfloat16ToFloat32 : halfToFloat32;
    return {
      ...(dtype === 'BF16' && { bits }),
      floats: () => {
        this.#check(offset, count, () => checkBits(bits, dtype, this.#source, offset));
        if ((this.#floats[slot]?.length ?? 0) < count) this.#floats[slot] = new Float32Array(count);
        return convert(bits, this.#floats[slot]!.subarray(0, count));
      },
    };
  }

  /** Looks at each number once, however often it is read. */
  #check(offset: number, count: number, look: () => void): void {
    if (offset + count <= this.#checked) return;
    look();
    if (offset <= this.#checked) this.#checked = offset + count;
  }
}

/** Reads the tensor once and keeps it: for quantized types and adapters. */
class WholeReader implements PieceReader {
  readonly #source: PlannedSource;
  #whole: Promise<Float32Array> | undefined;

  constructor(source: PlannedSource) {
    this.#source = source;
  }

  async read(offset: number, count: number): Promise<RawPiece> {
    this.#whole ??= this.#source.model.checkpoint.readFloat32(this.#source.tensor);
    const values = (await this.#whole).subarray(offset, offset + count);
    checkFloats(values, this.#source, offset);
    return { floats: () => values };
  }
}

/** Reads rows of a table in the order of another vocabulary. */
export class RowReader implements PieceReader {
  readonly #width: number;
  readonly #rows: readonly RowSource[];
  readonly #readers = new Map<PlannedSource, PieceReader>();

  /** @param rows - of each row, where it is from: no place is a row of zeros, several are averaged */
  constructor(width: number, rows: readonly RowSource[]) {
    this.#width = width;
    this.#rows = rows;
  }

  #readerOf(source: PlannedSource): PieceReader {
    const found = this.#readers.get(source) ?? pieceReader(source);
    this.#readers.set(source, found);
    return found;
  }

  async read(offset: number, count: number): Promise<RawPiece> {
    const width = this.#width;
    const out = new Float32Array(count);
    const rows = this.#rows.slice(offset / width, (offset + count) / width);
    for (let i = 0; i < rows.length; ) {
      const places = rows[i]!;
      let run = 1;
      // Rows that lie together are read together.
      if (places.length === 1) while (i + run < rows.length && follows(places, rows[i + run]!, run)) run++;
      for (const { source, row } of places) {
        const piece = await this.#readerOf(source).read(row * width, run * width, 0);
        const values = piece.floats();
        const target = out.subarray(i * width, (i + run) * width);
        for (let j = 0; j < target.length; j++) target[j]! += values[j]! / places.length;
      }
      i += run;
    }
    return { floats: () => out };
  }
}

const follows = (first: RowSource, next: RowSource, distance: number): boolean =>
  next.length === 1 && next[0]!.source === first[0]!.source && next[0]!.row === first[0]!.row + distance;

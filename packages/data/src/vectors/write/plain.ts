/**
 * Bare vectors, with ids and payloads in files beside them.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { sidecarPaths } from '../sidecars.js';
import { IdsWriter } from './ids-out.js';
import { npyHeader, npyHeaderSize } from './npy-out.js';
import { type StagedFile, stage } from './staged.js';
import type { ExportRow, VectorWriter, WriteFormat, WriteOptions } from './types.js';

/** How the rows of a format lie in its file. */
interface Layout {
  /** Bytes that are filled in at the end. */
  readonly head: number;
  /** Bytes before each vector. */
  readonly lead: (dimension: number) => Buffer;
  readonly header: (count: number, dimension: number) => Buffer;
}

const nothing = Buffer.alloc(0);

const int32s = (...values: number[]): Buffer => Buffer.from(new Uint32Array(values).buffer);

function format(name: string, title: string, layout: Layout): WriteFormat {
  return {
    name,
    title,
    endings: [`.${name}`],
    rows: 'dense',
    open: (path, options) => openPlain(path, options, layout),
  };
}

export const npyOut = format('npy', 'NumPy array of float32', {
  head: npyHeaderSize,
  lead: () => nothing,
  header: (count, dimension) => npyHeader('<f4', [count, dimension]),
});

export const fvecsOut = format('fvecs', '32-bit floats, each vector after its dimension', {
  head: 0,
  lead: (dimension) => int32s(dimension),
  header: () => nothing,
});

export const fbinOut = format('fbin', '32-bit floats after their count and dimension', {
  head: 8,
  lead: () => nothing,
  header: (count, dimension) => {
    if (count > 0xffff_ffff)
      throw new FletchError('INVALID_ARGUMENT', `An .fbin file holds up to 2^32 − 1 vectors, not ${count}.`);
    return int32s(count, dimension);
  },
});

async function openPlain(
  path: string,
  { force, dimension = 0 }: WriteOptions,
  layout: Layout,
): Promise<VectorWriter> {
  const beside = sidecarPaths(path);
  const staged = await stage([path, beside.ids, beside.payloads], force);
  const [main, idFile, payloads] = staged.files as [StagedFile, StagedFile, StagedFile];
  const ids = new IdsWriter(idFile);
  const lead = layout.lead(dimension);
  let count = 0;
  await main.append(Buffer.alloc(layout.head));
  return {
    async write(rows) {
      await main.append(packed(rows, dimension, lead));
      await ids.write(rows.map(({ id }) => id));
      await payloads.append(rows.map(({ payload }) => `${JSON.stringify(payload ?? null)}\n`).join(''));
      count += rows.length;
    },
    async finish() {
      const header = layout.header(count, dimension);
      if (header.length > 0) await main.patch(header, 0);
      await ids.finish();
      return staged.finish();
    },
    abort: () => staged.abort(),
  };
}

function packed(rows: readonly ExportRow[], dimension: number, lead: Buffer): Uint8Array {
  const stride = lead.length + 4 * dimension;
  const bytes = new Uint8Array(rows.length * stride);
  const floats = new Float32Array(dimension);
  for (const [i, row] of rows.entries()) {
    floats.set(denseVector(row, dimension));
    bytes.set(lead, i * stride);
    bytes.set(new Uint8Array(floats.buffer), i * stride + lead.length);
  }
  return bytes;
}

/** The one vector of a row. Throws `INVALID_ARGUMENT` when it has none of that dimension. */
export function denseVector({ id, vector }: ExportRow, dimension: number): ArrayLike<number> {
  const numbers = vector as ArrayLike<number> | null | undefined;
  if (typeof numbers === 'object' && numbers !== null && numbers.length === dimension) return numbers;
  throw new FletchError('INVALID_ARGUMENT', `The point ${id} has no vector of ${dimension} dimensions.`);
}

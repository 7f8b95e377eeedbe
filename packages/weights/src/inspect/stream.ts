/**
 * Tensors piece by piece, so that the largest need not fit in memory.
 *
 * @module
 */
import { numbersIn, swapOnBigEndian, toFloat32 } from '@fletch/data';
import { type Checkpoint, findTensor } from '../checkpoint/checkpoint.js';

/** Numbers of a piece. */
const PIECE = 2 ** 21;

/** Types of which any part can be read alone, and their bytes. */
const sizes = { F32: 4, F16: 2, BF16: 2 } as const;

const isPlain = (dtype: string): dtype is keyof typeof sizes => Object.hasOwn(sizes, dtype);

/**
 * The numbers of a tensor as 32-bit floats, piece by piece where its type allows it, else all at once.
 *
 * @throws FletchError what reading throws
 */
export async function* piecesOf(
  checkpoint: Checkpoint,
  name: string,
  piece = PIECE,
): AsyncGenerator<Float32Array> {
  const { dtype, size } = findTensor(checkpoint, name);
  if (!isPlain(dtype)) {
    yield await checkpoint.readFloat32(name);
    return;
  }
  const step = piece * sizes[dtype];
  for (let begin = 0; begin < size; begin += step) {
    const bytes = await checkpoint.readBytes(name, begin, Math.min(size, begin + step));
    yield toFloat32(numbersIn(swapOnBigEndian(bytes, dtype), dtype, name), dtype, name);
  }
}

/** Pieces of one tensor of several checkpoints side by side: all of one length each time. */
export async function* alignedPieces(
  checkpoints: readonly Checkpoint[],
  name: string,
  piece = PIECE,
): AsyncGenerator<Float32Array[]> {
  if (checkpoints.every((checkpoint) => isPlain(findTensor(checkpoint, name).dtype))) {
    const streams = checkpoints.map((checkpoint) => piecesOf(checkpoint, name, piece));
    for (;;) {
      const next = await Promise.all(streams.map((stream) => stream.next()));
      if (next.some(({ done }) => done)) return;
      yield next.map(({ value }) => value as Float32Array);
    }
  }
  yield await Promise.all(checkpoints.map((checkpoint) => checkpoint.readFloat32(name)));
}

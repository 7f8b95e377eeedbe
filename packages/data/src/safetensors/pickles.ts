/**
 * Model files that are programs when they are read: they are refused, with the way out.
 *
 * @module
 */
import { open } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { FletchError } from '@fletch/base';
import { checkRegular, describeReadError } from '../vectors/bytes.js';

/** Endings of what torch, joblib and pickle write: https://docs.python.org/3/library/pickle.html */
const pickled: readonly string[] = ['.pkl', '.pickle', '.pt', '.pth', '.bin', '.ckpt', '.joblib'];

/** Endings of what Keras writes; layers of Python code are pickled or marshalled inside. */
const keras: readonly string[] = ['.h5', '.keras'];

const HDF5 = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
const ZIP = Buffer.from('PK\x03\x04', 'latin1');

/** Whether `head` begins a pickle of protocol 2 to 5. */
export const isPickle = (head: Uint8Array): boolean => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5;

/** Whether `head` begins the zip archive that torch.save writes: its first file is `<name>/data.pkl`. */
const isTorchZip = (head: Buffer): boolean =>
  head.subarray(0, 4).equals(ZIP) && head.subarray(30, 30 + 256).includes('data.pkl');

/** Whether `head` begins what torch.save wrote before 1.6: a pickle of a magic number, or a tar archive of pickles. */
const isOldTorch = (head: Buffer): boolean =>
  isPickle(head) || head.subarray(257, 262).toString() === 'ustar';

/**
 * Throws when a file of weights is a program, by what is in it, or by its name when the content does not say otherwise.
 *
 * @throws FletchError `UNSAFE_FORMAT` with the safe conversion; `NOT_FOUND`, `IO`
 */
export async function refuseUnsafeWeights(path: string): Promise<void> {
  const head = await readHead(path);
  const ending = extname(path).toLowerCase();
  const kind =
    head.subarray(0, 8).equals(HDF5) || keras.includes(ending)
      ? 'Keras'
      : isOldTorch(head) || isTorchZip(head) || pickled.includes(ending)
        ? 'pickle'
        : undefined;
  if (kind === undefined) return;
  const name = basename(path);
  const target = `${basename(path, extname(path))}.safetensors`;
  throw new FletchError(
    'UNSAFE_FORMAT',
    kind === 'pickle'
      ? `${path} is a Python pickle, and reading it would run the program in it. Convert it where you trust it: ` +
          `python -c 'import torch; from safetensors.torch import save_file; save_file({k: v.contiguous() for k, v in torch.load("${name}", weights_only=True).items()}, "${target}")'.`
      : `${path} is a Keras model, whose layers may hold programs. Convert it where you trust it: ` +
          `python -c 'import keras; from safetensors.numpy import save_file; save_file({w.path: w.numpy() for w in keras.models.load_model("${name}", safe_mode=True).weights}, "${target}")'.`,
    { details: { file: path, kind } },
  );
}

async function readHead(path: string): Promise<Buffer> {
  try {
    await checkRegular(path);
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw describeReadError(error, path);
  }
}

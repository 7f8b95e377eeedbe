/**
 * The initializers of ONNX models as a checkpoint.
 *
 * @module
 */
import { basename } from 'node:path';
import {
  type FileBytes,
  invalidFile,
  numbersIn,
  openInFolder,
  type TensorDType,
  toFloat32,
} from '@fletch/data';
import { type Checkpoint, findTensor, type OpenCheckpointOptions, totalSize } from '../checkpoint.js';
import { checkRange, readTensorBytes } from '../ranges.js';
import type { Surroundings } from '../safetensors.js';
import { readOnnxModel } from './model.js';
import { bytesOfVarints, type OnnxTensor } from './tensor.js';

/** Files of numbers that one model may name. */
const MAX_FILES = 1000;

/**
 * Opens one file, and the files that its tensors name, which must lie in the same folder.
 *
 * @throws FletchError `INVALID_INPUT_FILE` for a model that is damaged or lies, `UNSAFE_PATH` for a file elsewhere,
 *   `NOT_FOUND`
 */
export async function openOnnx(
  file: string,
  surroundings: Surroundings,
  options: OpenCheckpointOptions = {},
): Promise<Checkpoint> {
  const refuse = (what: string) => invalidFile(file, `it is no sound ONNX model: ${what}.`);
  const own = basename(file);
  const files = new Map<string, FileBytes>();
  const close = async () => {
    for (const one of files.values()) await one.close();
  };
  const bytes = await openInFolder(surroundings.folder, own, options);
  files.set(own, bytes);
  try {
    const { metadata, tensors: found } = await readOnnxModel(bytes, refuse);
    for (const { name, size, content } of found) {
      if (content.kind !== 'external') continue;
      const { location, offset, length = size } = content.file;
      const there = files.get(location) ?? (await openInFolder(surroundings.folder, location, options));
      files.set(location, there);
      if (files.size > MAX_FILES) throw refuse(`its tensors are in more than ${MAX_FILES} files`);
      if (length !== size) throw refuse(`"${name}" claims to have ${length} bytes, its shape needs ${size}`);
      if (offset + size > there.size)
        throw refuse(`"${name}" would end at byte ${offset + size} of ${location}, which has ${there.size}`);
    }
    const contents = new Map<string, OnnxTensor>(found.map((tensor) => [tensor.name, tensor]));
    const tensors = new Map(
      found.map(({ name, dtype, shape, size, content }) => [
        name,
        { name, dtype, shape, size, file: content.kind === 'external' ? content.file.location : own },
      ]),
    );
    const checkpoint = { ...surroundings, tensors };
    const readBytes: Checkpoint['readBytes'] = async (name, begin = 0, end, target) => {
      const { size } = findTensor(checkpoint, name);
      const tensor = contents.get(name)!;
      const { content } = tensor;
      if (content.kind === 'external') {
        const place = { bytes: files.get(content.file.location)!, start: content.file.offset, size, name };
        return readTensorBytes(place, begin, end, target);
      }
      const [only, ...more] = content.pieces;
      if (content.kind === 'bytes' && only && more.length === 0)
        return readTensorBytes({ bytes, start: only.begin, size, name }, begin, end, target);
      const pieces = await Promise.all(
        content.pieces.map((piece) => bytes.read(piece.begin, piece.end - piece.begin)),
      );
      const joined = Buffer.concat(pieces);
      const whole = content.kind === 'bytes' ? joined : bytesOfVarints(joined, tensor, refuse);
      checkRange(name, size, begin, end ?? size, target?.length);
      const part = whole.subarray(begin, end ?? size);
      target?.set(part);
      return target ?? part;
    };
    return {
      ...checkpoint,
      format: 'onnx',
      metadata,
      size: totalSize(tensors.values()),
      readBytes,
      async readFloat32(name) {
        const { dtype } = findTensor(checkpoint, name) as { dtype: TensorDType };
        return toFloat32(numbersIn(await readBytes(name), dtype, name), dtype, name);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

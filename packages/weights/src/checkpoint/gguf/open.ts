/**
 * Checkpoints in GGUF files, as llama.cpp has them.
 *
 * @module
 */
import { basename } from 'node:path';
import { FletchError } from '@fletch/base';
import { invalidFile, openInFolder } from '@fletch/data';
import { type Checkpoint, findTensor, type OpenCheckpointOptions, totalSize } from '../checkpoint.js';
import { readTensorBytes } from '../ranges.js';
import type { Surroundings } from '../safetensors.js';
import { type GgufTensor, readGgufHeader } from './header.js';
import { readableTypes } from './types.js';

/** Bytes of a header: vocabularies stand in it. */
const MAX_HEADER = 100_000_000;

/**
 * Opens one file. Tensors of other types than F64, F32, F16, BF16, whole numbers, Q8_0 and Q4_0 are listed, not read as
 * floats.
 *
 * @throws FletchError `INVALID_INPUT_FILE` for a header that is damaged or lies, `NOT_FOUND`, `UNSAFE_PATH`
 */
export async function openGguf(
  file: string,
  surroundings: Surroundings,
  { maxHeader = MAX_HEADER, ...options }: OpenCheckpointOptions = {},
): Promise<Checkpoint> {
  const name = basename(file);
  const bytes = await openInFolder(surroundings.folder, name, options);
  try {
    const { metadata, tensors: found } = await readGgufHeader(bytes, maxHeader, (what) =>
      invalidFile(file, `it is no sound GGUF file: ${what}.`),
    );
    const places = new Map<string, GgufTensor>(found.map((tensor) => [tensor.name, tensor]));
    const tensors = new Map(
      found.map(({ name: tensor, type, shape, begin, end }) => [
        tensor,
        { name: tensor, dtype: type.name, shape, size: end - begin, file: name },
      ]),
    );
    const checkpoint = { ...surroundings, tensors };
    const readBytes: Checkpoint['readBytes'] = (tensor, begin, end, target) => {
      const { size } = findTensor(checkpoint, tensor);
      return readTensorBytes(
        { bytes, start: places.get(tensor)!.begin, size, name: tensor },
        begin,
        end,
        target,
      );
    };
    return {
      ...checkpoint,
      format: 'gguf',
      metadata,
      size: totalSize(tensors.values()),
      readBytes,
      async readFloat32(tensor) {
        findTensor(checkpoint, tensor);
        const { type } = places.get(tensor)!;
        if (!type.decode)
          throw new FletchError(
            'INVALID_ARGUMENT',
            `The tensor "${tensor}" is of type ${type.name}, whose numbers are not read: ${readableTypes.join(', ')} are. Convert it (llama-quantize --allow-requantize … Q8_0).`,
            { details: { tensor, dtype: type.name } },
          );
        return type.decode(await readBytes(tensor), tensor);
      },
      close: () => bytes.close(),
    };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

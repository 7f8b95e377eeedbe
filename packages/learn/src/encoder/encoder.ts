/**
 * What an image encoder is here: a pure function, its parameters, and the running statistics of its normalizations.
 *
 * @module
 */
import { array, compile, type Feed, type NDArray, type Tensor, takeRows, tree, zeros } from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { openSafetensors, writeSafetensors } from '@fletch/data';
import { checkImages } from '../augment/index.js';

/** Arrays or tensors by name. */
export type Named<Leaf> = Readonly<Record<string, Leaf>>;

/** A network that turns images into rows of numbers. It never changes: training gives a new one. */
export interface Encoder {
  /** Numbers in an embedding. */
  readonly width: number;
  /** What is trained. With `stats` the names are those of a checkpoint. */
  readonly params: Named<NDArray>;
  /** Running means and variances; empty for a network without batch normalization. */
  readonly stats: Named<NDArray>;
  /**
   * Traced: features `[count, width]` of images `[count, channels, height, width]`. In training batch normalization uses
   * the statistics of these images and returns the running ones anew; else it uses the running ones.
   */
  apply(
    params: Named<Tensor>,
    stats: Named<Tensor>,
    images: Tensor,
    training: boolean,
  ): { readonly features: Tensor; readonly stats: Named<Tensor> };
}

/** Options of {@link embedImages}. */
export interface EmbedOptions extends LongWork {
  /** Images in a call. Default 500. */
  readonly batch?: number;
  /** Default: all cores. */
  readonly threads?: number;
}

/**
 * Embeds images with the encoder as it is, batch normalization in evaluation mode.
 *
 * @param images - float32 `[count, channels, height, width]`
 * @returns `[count, width]`
 * @throws FletchError `INVALID_ARGUMENT` for images that have not four axes, `ABORTED`
 */
export async function embedImages(
  encoder: Encoder,
  images: NDArray,
  options: EmbedOptions = {},
): Promise<NDArray> {
  type Given = { readonly params: Named<Tensor>; readonly stats: Named<Tensor> };
  const f = ({ params, stats }: Given, x: Tensor) => encoder.apply(params, stats, x, false).features;
  const { params, stats } = encoder;
  return inBatches(f, { params, stats }, images, { ...options, name: 'embed', width: encoder.width });
}

/**
 * Applies a traced function to images batch by batch; each gives a row.
 *
 * @param given - the first argument of every call
 */
export async function inBatches<Given>(
  f: (given: Given, images: Tensor) => Tensor,
  given: Feed<Given>,
  images: NDArray,
  options: EmbedOptions & { readonly name: string; readonly width: number },
): Promise<NDArray> {
  const { batch = 500, threads, signal, onProgress, name, width } = options;
  const [count] = checkImages(images);
  const run = compile(f, { name, ...(threads !== undefined && { threads }) });
  const result = zeros([count, width]);
  const size = Math.min(batch, count);
  try {
    for (let first = 0; first < count; first += size) {
      throwIfAborted(signal);
      // The last batch is filled up with the first images: another size would be another trace.
      const rows = Int32Array.from({ length: size }, (_, i) => (first + i) % count);
      const out = await run(given, takeRows(images, rows) as never);
      const kept = Math.min(size, count - first) * width;
      (result.data as Float32Array).set((out.data as Float32Array).subarray(0, kept), first * width);
      onProgress?.({ done: Math.min(first + size, count), total: count, stage: name });
    }
    return result;
  } finally {
    await run.close();
  }
}

/**
 * Writes parameters and statistics as a safetensors file, replacing one that is there; a crash leaves the old file whole.
 *
 * @throws FletchError `IO` or `DISK_FULL`
 */
export async function saveEncoder({ params, stats }: Encoder, path: string): Promise<void> {
  const tensors = Object.entries({ ...params, ...stats }).map(([name, { shape, data }]) => ({
    name,
    shape,
    dtype: 'F32' as const,
    data: data as Float32Array,
  }));
  await writeSafetensors(path, tensors, { force: true });
}

/** What checkpoints hold besides an encoder: counters of batches, a classifier. */
const BESIDES = /(^|\.)num_batches_tracked$|^(fc|classifier)\./;

/**
 * An encoder like the given one with the arrays of a safetensors file: one of {@link saveEncoder}, or a checkpoint of the
 * same network, whose classifier is passed over.
 *
 * @throws FletchError `NOT_FOUND`, `INVALID_INPUT_FILE` when it is damaged or of another network, naming the arrays
 *   that are missing, not expected or of another shape
 */
export async function loadEncoder(encoder: Encoder, path: string): Promise<Encoder> {
  const wanted = { ...encoder.params, ...encoder.stats };
  const file = await openSafetensors(path);
  try {
    const problems = [
      ...Object.entries(wanted).flatMap(([name, { shape }]) => {
        const own = file.tensors.get(name)?.shape;
        if (own === undefined) return [`${name} is missing`];
        return own.join() === shape.join() ? [] : [`${name} has shape [${own}], not [${shape}]`];
      }),
      ...[...file.tensors.keys()]
        .filter((name) => !(name in wanted) && !BESIDES.test(name))
        .map((name) => `${name} is not expected`),
    ];
    if (problems.length > 0)
      throw new FletchError(
        'INVALID_INPUT_FILE',
        `${path} holds another network than this encoder: ${problems.slice(0, 6).join('; ')}${problems.length > 6 ? '; …' : ''}.`,
        { details: { path, problems } },
      );
    const read = async (named: Named<NDArray>) => {
      const arrays: Record<string, NDArray> = {};
      for (const [name, { shape }] of Object.entries(named))
        arrays[name] = array(await file.readFloat32(name), 'float32', shape);
      return arrays;
    };
    return withArrays(encoder, await read(encoder.params), await read(encoder.stats));
  } finally {
    await file.close();
  }
}

/** The same network with other arrays. */
export function withArrays(encoder: Encoder, params: Named<NDArray>, stats: Named<NDArray>): Encoder {
  return { width: encoder.width, params, stats, apply: encoder.apply };
}

/** A copy of a tree of arrays that can be given away. */
export function copyOf<T>(named: T): T {
  return tree.map((leaf: unknown) => (leaf as NDArray).copy(), named) as unknown as T;
}

/**
 * What an image encoder is here: a pure function, its parameters, and the running statistics of its normalizations.
 *
 * @module
 */
import { compile, loadTree, type NDArray, saveTree, type Tensor, takeRows, tree, zeros } from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { checkImages } from '../augment/index.js';

/** Named arrays or tensors. */
export type Named<Leaf> = { readonly [name: string]: Leaf | Named<Leaf> | readonly Named<Leaf>[] };

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
  const apply = (params: Named<Tensor>, stats: Named<Tensor>, x: Tensor) =>
    encoder.apply(params, stats, x, false).features;
  return inBatches(apply, [encoder.params, encoder.stats], images, encoder.width, 'embed', options);
}

/** Applies a traced function to images batch by batch; each gives a row. */
export async function inBatches(
  f: (params: Named<Tensor>, stats: Named<Tensor>, images: Tensor) => Tensor,
  [params, stats]: readonly [Named<NDArray>, Named<NDArray>],
  images: NDArray,
  width: number,
  name: string,
  { batch = 500, threads, signal, onProgress }: EmbedOptions = {},
): Promise<NDArray> {
  const [count] = checkImages(images);
  const run = compile(f, { name, ...(threads !== undefined && { threads }) });
  const result = zeros([count, width]);
  const size = Math.min(batch, count);
  try {
    for (let first = 0; first < count; first += size) {
      throwIfAborted(signal);
      // The last batch is filled up with the first images: another size would be another trace.
      const rows = Int32Array.from({ length: size }, (_, i) => (first + i) % count);
      const out = await run(params as never, stats as never, takeRows(images, rows));
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
 * Writes parameters and statistics as a safetensors file; a crash leaves the old file whole.
 *
 * @throws FletchError `IO` or `DISK_FULL`
 */
export async function saveEncoder(encoder: Encoder, path: string): Promise<void> {
  await saveTree(path, { ...tree.flatten(encoder.params), ...tree.flatten(encoder.stats) });
}

/**
 * An encoder like the given one with the arrays of a file that {@link saveEncoder} wrote.
 *
 * @throws FletchError `NOT_FOUND`, `INVALID_INPUT_FILE` when it is damaged or of another network, naming the arrays
 *   that are missing, not expected or of another shape
 */
export async function loadEncoder(encoder: Encoder, path: string): Promise<Encoder> {
  const found = tree.flatten(await loadTree(path));
  const wanted = { ...tree.flatten(encoder.params), ...tree.flatten(encoder.stats) };
  const problems = [
    ...Object.keys(wanted).flatMap((name) => {
      const own = found[name];
      if (own === undefined) return [`${name} is missing`];
      const fits = own.shape.join() === wanted[name]!.shape.join() && own.dtype === wanted[name]!.dtype;
      return fits ? [] : [`${name} is ${own.dtype} [${own.shape}], not [${wanted[name]!.shape}]`];
    }),
    ...Object.keys(found).flatMap((name) => (name in wanted ? [] : [`${name} is not expected`])),
  ];
  if (problems.length > 0)
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${path} holds another network than this encoder: ${problems.slice(0, 6).join('; ')}${problems.length > 6 ? '; …' : ''}.`,
      { details: { path, problems } },
    );
  const pick = (branch: Named<NDArray>) => tree.map((_: unknown, name: string) => found[name]!, branch);
  return withArrays(encoder, pick(encoder.params) as Named<NDArray>, pick(encoder.stats) as Named<NDArray>);
}

/** The same network with other arrays. */
export function withArrays(encoder: Encoder, params: Named<NDArray>, stats: Named<NDArray>): Encoder {
  return { width: encoder.width, params, stats, apply: encoder.apply };
}

/** A copy of named arrays that can be given away. */
export function copyOf<T extends Named<NDArray>>(named: T): T {
  return tree.map((leaf: unknown) => (leaf as NDArray).copy(), named) as unknown as T;
}

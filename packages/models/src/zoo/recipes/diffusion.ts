/**
 * Denoising diffusion: how noise is added, and how it is taken away again.
 *
 * @module
 */
import { array, compile, type NDArray, type Tensor } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { type DitConfig, dit } from '../../families/dit.js';

/** Steps of the diffusion. */
export const DIFFUSION_STEPS = 1000;

/**
 * Share of the image's power that is left after each of the steps: the squared cosine of Nichol and Dhariwal (ICML 2021,
 * equation 17), between 1e−5 and 1.
 */
export const imageShares: Float64Array = Float64Array.from({ length: DIFFUSION_STEPS }, (_, t) => {
  const wave = (u: number) => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2;
  return Math.max(1e-5, wave((t + 1) / DIFFUSION_STEPS) / wave(0));
});

/** Images with noise in them: `√share · image + √(1 − share) · noise`, each at its own step. */
export function addNoise(images: Float32Array, noise: Float32Array, steps: ArrayLike<number>): Float32Array {
  const size = images.length / steps.length;
  return images.map((value, i) => {
    const share = imageShares[steps[Math.floor(i / size)]!]!;
    return Math.sqrt(share) * value + Math.sqrt(1 - share) * noise[i]!;
  });
}

/**
 * What the network is to say: `v = √share · noise − √(1 − share) · image` (Salimans and Ho, ICLR 2022, section 4), whose error
 * weighs the steps where little of the image is left as much as the others.
 */
export function velocity(images: Float32Array, noise: Float32Array, steps: ArrayLike<number>): Float32Array {
  const size = images.length / steps.length;
  return images.map((value, i) => {
    const share = imageShares[steps[Math.floor(i / size)]!]!;
    return Math.sqrt(share) * noise[i]! - Math.sqrt(1 - share) * value;
  });
}

/** Of diffusers' schedulers: what is said is the noise, or the {@link velocity}. */
export type PredictionType = 'epsilon' | 'v_prediction';

export interface DrawImagesOptions {
  /** Steps that are taken, of the {@link DIFFUSION_STEPS}. Default 50. */
  readonly steps?: number;
  /** Default: `prediction_type` of the config, else `epsilon`. */
  readonly prediction?: PredictionType;
  /** How much more than the label asks for is done (Ho and Salimans, 2022): 0 ignores it, 1 follows it. Default 2. */
  readonly guidance?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Default: all cores. */
  readonly threads?: number | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Draws images of the classes that are asked for, by the deterministic steps of DDIM (Song, Meng and Ermon, ICLR 2021,
 * equation 12 with σ = 0) from noise.
 *
 * @param params - of a diffusion transformer, trained with labels left out now and then
 * @param labels - a class for each image
 * @returns pixels −1 … 1, `[images, channels, size, size]`
 */
export async function drawImages(
  config: DitConfig,
  params: Readonly<Record<string, NDArray>>,
  labels: readonly number[],
  options: DrawImagesOptions = {},
): Promise<NDArray> {
  const { steps = 50, guidance = 2, seed = 0, threads, onProgress } = options;
  const prediction = options.prediction ?? (config as { prediction_type?: unknown }).prediction_type;
  const { input_size: side, in_channels: channels } = config;
  const [count, size] = [labels.length, channels * side * side];
  const shape = [2 * count, channels, side, side];
  const predict = compile(
    (weights: Readonly<Record<string, Tensor>>, images: Tensor, timesteps: Tensor, classes: Tensor) => ({
      said: dit.forward(config, weights, { images, timesteps, labels: classes }).sample,
    }),
    { name: 'drawing', ...(threads !== undefined && { threads }) },
  );
  const classes = array(Int32Array.from([...labels, ...labels.map(() => config.num_classes)]), 'int32');
  const images = rng(seed).fillNormal(new Float32Array(count * size));
  try {
    for (let i = steps - 1; i >= 0; i--) {
      const at = Math.round(((i + 1) * DIFFUSION_STEPS) / steps) - 1;
      const share = imageShares[at]!;
      const left = i === 0 ? 1 : imageShares[Math.round((i * DIFFUSION_STEPS) / steps) - 1]!;
      const twice = new Float32Array(2 * images.length);
      twice.set(images);
      twice.set(images, images.length);
      const { said } = await predict(
        params,
        array(twice, 'float32', shape),
        array(new Float32Array(2 * count).fill(at), 'float32'),
        classes,
      );
      for (let j = 0; j < images.length; j++) {
        const [asked, any] = [said.data[j] as number, said.data[images.length + j] as number];
        const guess = any + guidance * (asked - any);
        const [now, gone] = [Math.sqrt(share), Math.sqrt(1 - share)];
        // What the image would be without noise, within the range of pixels, and the noise that fits it.
        const image =
          prediction === 'v_prediction' ? now * images[j]! - gone * guess : (images[j]! - gone * guess) / now;
        const clean = Math.max(-1, Math.min(1, image));
        const rest = (images[j]! - now * clean) / gone;
        images[j] = Math.sqrt(left) * clean + Math.sqrt(1 - left) * rest;
      }
      onProgress?.(steps - i, steps);
    }
  } finally {
    await predict.close();
  }
  return array(images, 'float32', [count, channels, side, side]);
}

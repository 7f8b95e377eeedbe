import { array } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { expect, it } from 'vitest';
import { dit } from '../../families/dit.js';
import { addNoise, DIFFUSION_STEPS, drawImages, imageShares, velocity } from './diffusion.js';

it('loses the image step by step', () => {
  expect(imageShares).toHaveLength(DIFFUSION_STEPS);
  expect(imageShares[0]).toBeGreaterThan(0.9999);
  expect(imageShares.at(-1)).toBe(1e-5);
  for (let t = 1; t < DIFFUSION_STEPS; t++) expect(imageShares[t]).toBeLessThanOrEqual(imageShares[t - 1]!);
  // Half of the way in time is about half of the power.
  expect(imageShares[500]).toBeCloseTo(0.49, 1);
});

it('image and noise follow from what is seen and the velocity', () => {
  const random = rng(1);
  const [images, noise] = [0, 1].map(() => random.fillNormal(new Float32Array(12))) as [
    Float32Array,
    Float32Array,
  ];
  const steps = [3, 500, 999];
  const [seen, v] = [addNoise(images, noise, steps), velocity(images, noise, steps)];
  for (let i = 0; i < 12; i++) {
    const share = imageShares[steps[Math.floor(i / 4)]!]!;
    expect(Math.sqrt(share) * seen[i]! - Math.sqrt(1 - share) * v[i]!).toBeCloseTo(images[i]!, 5);
    expect(Math.sqrt(1 - share) * seen[i]! + Math.sqrt(share) * v[i]!).toBeCloseTo(noise[i]!, 5);
  }
});

const config = dit.config({
  input_size: 4,
  in_channels: 1,
  patch_size: 2,
  hidden_size: 8,
  depth: 1,
  num_heads: 1,
  num_classes: 2,
  learn_sigma: false,
});
/** A model that says the same of everything: the last layer's bias is all that is left. */
const constant = (bias: number) => ({
  ...dit.init(config, { seed: 1 }),
  'final_layer.linear.bias': array(new Float32Array(4).fill(bias)),
});

it('draws what a model that knows the image says', async () => {
  // Velocity 0 everywhere: the image is √share of what is seen, so that from noise there comes noise within the range.
  const still = await drawImages(config, constant(0), [0, 1], {
    steps: 10,
    prediction: 'v_prediction',
    threads: 1,
  });
  expect(still.shape).toEqual([2, 1, 4, 4]);
  expect(still.data.every((value) => Math.abs(Number(value)) <= 1)).toBe(true);
  // At the last step nearly all is image: x = √a z − √(1−a) v. A large velocity drives pixels to the edge.
  const dark = await drawImages(config, constant(1e3), [0], {
    steps: 10,
    prediction: 'v_prediction',
    threads: 1,
  });
  expect(Array.from(dark.data as Float32Array)).toEqual(Array(16).fill(-1));
  const bright = await drawImages(config, constant(-1e3), [0], { steps: 10, threads: 1 });
  expect(Array.from(bright.data as Float32Array)).toEqual(Array(16).fill(1));
});

it('the same seed draws the same, and progress is told', async () => {
  const told: number[] = [];
  const draw = (seed: number) =>
    drawImages(config, dit.init(config, { seed: 1 }), [1], {
      steps: 5,
      seed,
      threads: 1,
      onProgress: (done) => told.push(done),
    });
  const [one, same, other] = [await draw(3), await draw(3), await draw(4)];
  expect(same.data).toEqual(one.data);
  expect(other.data).not.toEqual(one.data);
  expect(told.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
});

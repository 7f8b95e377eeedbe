/**
 * Small networks for tests.
 *
 * @module
 */
import { array, type NDArray, tree } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { afterEach, expect } from 'vitest';
import { EPNetwork, type EPNetworkOptions, type EPParams, type LabelledInputs } from './index.js';

/** An error of that code. */
export const code = (name: string) => expect.objectContaining({ code: name });
export const open: EPNetwork[] = [];
afterEach(async () => {
  for (const net of open.splice(0)) await net.close();
});

/** A small network in 64-bit; `scale` shrinks what goes between layers, so that it settles surely. */
export function network(options: Partial<EPNetworkOptions> = {}, scale = 0.6): EPNetwork {
  const net = new EPNetwork({
    layers: [4, 6, 5, 3],
    precision: 'float64',
    damping: 0.5,
    threads: 1,
    seed: 3,
    ...options,
  });
  change(net, (value, name) => (name.startsWith('weights') && !name.includes('x-') ? value * scale : value));
  open.push(net);
  return net;
}

/** Replaces parameters one by one. */
export function change(net: EPNetwork, f: (value: number, name: string, i: number) => number): void {
  net.load(
    tree.map((leaf: unknown, path) => {
      const { data, shape, dtype } = leaf as NDArray;
      return array(
        (data as Float64Array).map((value, i) => f(value, path, i)),
        dtype,
        shape,
      );
    }, net.parameters) as unknown as EPParams<NDArray>,
  );
}

export const BATCH = 4;
export const inputs = (width = 4, batch = BATCH) =>
  array(rng(8).fillUniform(new Float64Array(batch * width)), 'float64', [batch, width]);
export const labels = [0, 2, 1, 2];
export const SETTLE = { steps: 400 };

/** All values in a row. */
export const values = (arrays: readonly NDArray[]) =>
  arrays.flatMap((part) => Array.from(part.data as Float64Array));
export const length = (v: readonly number[]) => Math.hypot(...v);
export const distance = (a: readonly number[], b: readonly number[]) =>
  length(a.map((value, i) => value - b[i]!));

/** Blobs of points in the unit square's corners, one for each class. */
export function blobs(count: number, seed: number): LabelledInputs {
  const random = rng(seed);
  const own = Int32Array.from({ length: count }, () => random.integer(3));
  const images = Float32Array.from({ length: count * 4 }, (_, at) => {
    const centre = own[Math.floor(at / 4)]! === at % 4 ? 0.9 : 0.2;
    return Math.min(1, Math.max(0, centre + 0.12 * random.normal()));
  });
  return { images, labels: own };
}

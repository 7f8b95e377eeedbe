/**
 * Models of the zoo for tests of what shows them, that take no minutes: a line in place of a network, under the recipe's own
 * name.
 *
 * @module
 */
import { array, mul, square, sum, type Tensor } from '@fletch/array';
import type { TrainingRecord } from './folder.js';
import { obtain } from './obtain.js';
import type { Sample } from './recipe.js';
import { zooRecipe } from './zoo.js';

/** A PNG of one white pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAGE1TswAAAABJRU5ErkJggg==',
  'base64',
);

/** Puts a model that says it is `name` into the cache. */
export async function plantModel(name: string, samples: readonly Sample[] = []): Promise<TrainingRecord> {
  const { record } = await obtain(
    {
      ...zooRecipe(name),
      prepare: async () => ({
        config: { model_type: 'line' },
        params: { w: array([[1, 2]]) },
        loss: (p: { w: Tensor }, x: Tensor) => sum(square(mul(p.w, x))),
        draw: () => [array([[1, 1]])],
        look: async (params) => Math.abs((params as { w: { data: Float32Array } }).w.data[0]!),
        finish: async (params) => ({
          params,
          quality: {
            data: '3 held-out lines',
            figures: [
              { name: 'perplexity', value: 2.5, better: 'lower', baseline: { name: 'a guess', value: 4 } },
              { name: 'loss', value: 0.5, better: 'lower' },
            ],
          },
          samples,
          files: samples.flatMap((sample) =>
            sample.kind === 'image' ? [{ name: sample.file, content: PIXEL }] : [],
          ),
        }),
      }),
    },
    { threads: 1 },
  );
  return record;
}

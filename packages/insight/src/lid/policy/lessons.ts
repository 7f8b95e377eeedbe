/**
 * Which moments are learned from together.
 *
 * @module
 */
import type { Rng } from '@fletch/linalg';
import type { Sample } from './sample.js';

/**
 * An epoch in batches of one size: moments whose goals and memories are about as long lie together, in a new order each
 * time. The last batch is filled up from all.
 *
 * @returns indices of samples
 */
export function epochOf(samples: readonly Sample[], size: number, random: Rng): number[][] {
  const shuffled = Array.from(random.permutation(samples.length));
  const step = (at: number) => Math.ceil(samples[at]!.text.length / 16);
  const sorted = shuffled.sort((a, b) => step(a) - step(b));
  const batches: number[][] = [];
  for (let first = 0; first < sorted.length; first += size) {
    const batch = sorted.slice(first, first + size);
    while (batch.length < size) batch.push(sorted[random.integer(sorted.length)]!);
    batches.push(batch);
  }
  return random.shuffle(batches);
}

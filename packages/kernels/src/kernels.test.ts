import { describe, expect, test } from 'vitest';
import { Arena } from './arena.js';
import { instantiate, type KernelBuild, kernelModule, preferredBuild } from './kernels.js';
import { Header, Metric } from './layout.js';

const builds: KernelBuild[] = preferredBuild() === 'relaxed' ? ['simd', 'relaxed'] : ['simd'];
const dimensions = [...Array.from({ length: 130 }, (_, i) => i + 1), 384, 512, 1000];

const oracles = {
  dot: (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0),
  euclid: (a: number[], b: number[]) => Math.hypot(...a.map((x, i) => x - b[i]!)),
  manhattan: (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + Math.abs(x - b[i]!), 0),
};

/** Places a query and four vectors, and scores them with both kernels. */
async function score(build: KernelBuild, metric: keyof typeof Metric, vectors: number[][]) {
  const arena = new Arena();
  const padded = Math.ceil(vectors[0]!.length / 4) * 4;
  const start = arena.allocate((vectors.length * padded + 4) * 4);
  vectors.forEach((vector, i) => {
    arena.floats.set(vector, (start >>> 2) + i * padded);
  });
  arena.words[Header.padded >>> 2] = padded;
  arena.words[Header.metric >>> 2] = Metric[metric];
  arena.words[Header.m >>> 2] = 16;
  const kernels = instantiate(await kernelModule(build), arena.memory, 0);
  const bytes = padded * 4;
  const out = start + vectors.length * bytes;
  kernels.score4(start, start + bytes, bytes, out);
  return {
    single: [1, 2, 3, 4].map((i) => kernels.score(start, start + i * bytes)),
    grouped: Array.from(arena.floats.subarray(out >>> 2, (out >>> 2) + 4)),
  };
}

describe.each(builds)('the %s build', (build) => {
  test.each(['dot', 'euclid', 'manhattan'] as const)('computes %s for any dimension', async (metric) => {
    let seed = 7;
    const random = () => {
      seed = (seed * 48271) % 2147483647;
      return Math.fround((seed / 2147483647) * 4 - 2);
    };
    for (const dimension of dimensions) {
      const vectors = Array.from({ length: 5 }, () => Array.from({ length: dimension }, random));
      const { single, grouped } = await score(build, metric, vectors);
      expect(grouped).toEqual(single);
      for (let i = 0; i < 4; i++) {
        const expected = oracles[metric](vectors[0]!, vectors[i + 1]!);
        // f32 sums of d terms of size up to 4 stray by about sqrt(d) roundings.
        expect(Math.abs(single[i]! - expected)).toBeLessThan(4e-6 * dimension + 1e-6);
      }
    }
  });

  test.each(['dot', 'euclid', 'manhattan'] as const)(
    'keeps %s finite for huge components',
    async (metric) => {
      const huge = (sign: number) => Array.from({ length: 9 }, (_, i) => (i % 2 ? sign : 1) * 3e38);
      const { single, grouped } = await score(build, metric, [huge(1), huge(1), huge(-1), huge(1), huge(-1)]);
      expect(grouped).toEqual(single);
      for (const value of single) expect(Number.isFinite(value)).toBe(true);
    },
  );

  test('computes Euclid beyond the range of squares in f32', async () => {
    const at = (x: number) => [x, 0, 0];
    const { single } = await score(build, 'euclid', [at(0), at(1e30), at(-1e38), at(1), at(0)]);
    expect(single).toEqual([Math.fround(1e30), Math.fround(1e38), 1, 0]);
  });
});

test('levels are a function of seed and row, each as rare as 1/m of the one below', async () => {
  const arena = new Arena();
  arena.words[Header.m >>> 2] = 16;
  arena.words[Header.seed >>> 2] = 3;
  const kernels = instantiate(await kernelModule('simd'), arena.memory, 0);
  const counts = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let row = 0; row < 100_000; row++) counts[kernels.levelOf(row)]!++;
  expect(counts[0]! / 100_000).toBeCloseTo(15 / 16, 2);
  expect((counts[1]! + counts[2]! + counts[3]!) / 100_000).toBeCloseTo(1 / 16, 2);
  expect(counts[2]! / counts[1]!).toBeGreaterThan(0.04);
  expect(counts[2]! / counts[1]!).toBeLessThan(0.09);
});

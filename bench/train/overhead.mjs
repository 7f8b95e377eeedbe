/**
 * What a compiled call costs beside its work, and whether memory grows: `node --expose-gc bench/train/overhead.mjs`.
 */
import * as fa from '@fletch/array';

const tiny = fa.compile((w, x) => ({ w: fa.add(w, x), total: fa.sum(w) }), {
  threads: 1,
  donate: [0],
  name: 'tiny',
});
const x = fa.ones([16]);
let w = fa.zeros([16]);
const times = [];
const memory = () => {
  globalThis.gc?.();
  return process.memoryUsage().rss / 2 ** 20;
};
for (let i = 0; i < 2000; i++) ({ w } = await tiny(w, x));
const before = memory();
for (let i = 0; i < 10_000; i++) {
  const start = performance.now();
  ({ w } = await tiny(w, x));
  times.push(performance.now() - start);
}
const after = memory();
times.sort((a, b) => a - b);
console.log(
  `a call of a tiny graph: best ${(1000 * times[0]).toFixed(0)} µs, median ${(1000 * times[5000]).toFixed(0)} µs; ` +
    `memory over 10,000 steps: ${before.toFixed(1)} to ${after.toFixed(1)} MiB`,
);
await tiny.close();

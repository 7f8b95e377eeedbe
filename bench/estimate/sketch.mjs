/**
 * One way to solve least squares on random data, in a process of its own: `node sketch.mjs <sketch|direct|both> <rows> <columns> <rounds>`.
 * Prints one JSON object.
 */
import { directRegression, linfCertificate, randomInstance, sketchedRegression } from '@fletch/estimate';

const [what, n, d, rounds] = [process.argv[2], ...process.argv.slice(3).map(Number)];

/** Least seconds of the processor among the rounds, and what came out. */
function timed(work) {
  const seconds = [];
  let result;
  for (let round = 0; round < rounds; round++) {
    const from = process.cpuUsage();
    result = work();
    const { user, system } = process.cpuUsage(from);
    seconds.push((user + system) / 1e6);
  }
  return { seconds, result };
}

const base = process.memoryUsage.rss();
const { A, b } = randomInstance(n, d, 1);
const sketch = what === 'direct' ? undefined : timed(() => sketchedRegression(A, b, { seed: 1 }));
const direct = what === 'sketch' ? undefined : timed(() => directRegression(A, b));
console.log(
  JSON.stringify({
    rows: sketch?.result.rows,
    sketch: sketch?.seconds,
    direct: direct?.seconds,
    error: direct && sketch ? linfCertificate(A, b, sketch.result.x, direct.result).epsInf : undefined,
    // Peak over what the process was before, in units of A and b.
    memory: (process.resourceUsage().maxRSS * 1024 - base) / (A.data.byteLength + b.byteLength),
  }),
);

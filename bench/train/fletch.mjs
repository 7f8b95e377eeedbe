/**
 * Measures our training steps: `node bench/train/fletch.mjs [mlp|gpt|cnn …] [--threads 1,2] [--seconds s] [--spinning]`.
 */
import { parseArgs } from 'node:util';
import * as fa from '@fletch/array';
import { cnn, gpt, mlp, stepOf, uniform } from './models.mjs';
import { time } from './time.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '3' },
    runtime: { type: 'string' },
    spinning: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const makers = { mlp, gpt, cnn };

async function peak(threads) {
  const n = 1024;
  const product = fa.compile((a, b) => fa.matmul(a, b), { threads, name: 'peak' });
  const [a, b] = [uniform([n, n], 1, 1), uniform([n, n], 1, 2)];
  await product(a, b);
  const { best } = await time(0.5, () => product(a, b));
  await product.close();
  return (2 * n ** 3) / best / 1e6;
}

for (const threads of values.threads.split(',').map(Number))
  for (const name of positionals.length > 0 ? positionals : Object.keys(makers)) {
    const model = makers[name]();
    const step = stepOf(model, {
      threads,
      spinning: values.spinning,
      ...(values.runtime ? { runtime: values.runtime } : {}),
    });
    let params = model.params;
    let state = model.optimizer.init(params);
    const start = performance.now();
    await step.prepare(params, state, ...model.batch);
    const compileMs = performance.now() - start;
    let loss = 0;
    const run = async () => {
      const out = await step(params, state, ...model.batch);
      ({ params, state } = out);
      loss = out.loss.item();
    };
    for (let i = 0; i < 3; i++) await run();
    const gflops = await peak(threads);
    const { median, best, runs } = await time(Number(values.seconds), run);
    await step.close();
    const rate = model.flop / best / 1e6;
    const row = {
      model: name,
      threads,
      best,
      median,
      runs,
      gflop: model.flop / 1e9,
      gflops: rate,
      peak: gflops,
      share: rate / gflops,
      compileMs,
      loss,
    };
    if (values.json) console.log(JSON.stringify(row));
    else
      console.log(
        `${name} threads ${threads}: best ${best.toFixed(2)} ms, median ${median.toFixed(2)} ms (${runs}), ` +
          `${rate.toFixed(1)} GFLOP/s = ${((100 * rate) / gflops).toFixed(0)} % of ${gflops.toFixed(0)}, ` +
          `compiled in ${compileMs.toFixed(0)} ms, loss ${loss.toFixed(4)}`,
      );
  }

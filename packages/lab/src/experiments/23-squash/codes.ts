/**
 * System 23: what its codes are worth, alone.
 *
 * @module
 */
import { type BinaryBasis, buildSquash, type SquashIndex, type SquashOptions } from '@fletch/search';
import type { Profile, Row, TrialContext } from '../../experiment.js';
import { productQuantization } from './baselines.js';
import { K, matching, pictures, recall, type Setting, truths, words } from './data.js';
import { BUDGET, measure, plans, rowOf, short } from './measure.js';

/** Codes alone: one partition, so that nothing but they decides. */
export async function codes({ profile, seed, once, signal, report }: TrialContext) {
  const { n, queries } = plans[profile];
  return once('codes', async () => {
    const setting = await pictures(n, queries, seed);
    const data = `Fashion-MNIST, ${n}`;
    const right = truths(setting);
    report({ done: 1, total: 6, stage: 'codes' });
    const build = (options: SquashOptions) =>
      buildSquash(setting.x, setting.attrs, { bitBudget: BUDGET, partitions: 1, seed, signal, ...options });
    const greedy = await build({});
    const ours = measure(greedy, setting, right);
    const single = measure(greedy, setting, right, { refine: 1 });
    const stages = stagesOf(greedy, setting, right);
    const bits = bitsOf(greedy);
    const { codeBytes, signBytes, indexBytes } = greedy.stats();
    const whole = measure(greedy, setting, right, { hammingPercent: 100 });
    const exact = measure(greedy, setting, right, { mode: 'exact' });
    report({ done: 2, total: 6, stage: 'uniform codes' });
    const uniform = await build({ allocation: 'uniform' });
    const alike = measure(uniform, setting, right);
    const alikeSingle = measure(uniform, setting, right, { refine: 1 });
    report({ done: 3, total: 6, stage: 'product quantization' });
    const started = performance.now();
    const product = recall(productQuantization(setting, BUDGET / 8, 2 * K, seed), right);
    const productMs = (performance.now() - started) / queries;
    return {
      ours,
      single,
      alike,
      codeBytes,
      stages,
      bits,
      rows: [
        rowOf('OSQ, greedy bits, R = 2', data, codeBytes, ours),
        rowOf('OSQ, greedy bits, R = 1', data, codeBytes, single),
        rowOf('OSQ, greedy bits, without the comparison of bits', data, codeBytes, whole),
        rowOf('OSQ, exact mode', data, codeBytes, exact),
        rowOf('OSQ, uniform bits, R = 2', data, codeBytes, alike),
        rowOf('OSQ, uniform bits, R = 1', data, codeBytes, alikeSingle),
        {
          method: 'PQ, same bytes, all candidates ranked, R = 2',
          data,
          bytes_per_vector: BUDGET / 8,
          recall: short(product),
          ms: short(productMs),
        },
        { method: 'signs of the comparison of bits', data, bytes_per_vector: signBytes },
        { method: 'whole index, axes and boundaries with it', data, bytes_per_vector: short(indexBytes / n) },
      ] as Row[],
    };
  });
}

/** How many of the right hits are still there at each stage. */
function stagesOf(index: SquashIndex, setting: Setting, right: readonly (readonly number[])[]) {
  const partition = index.partitions[0]!;
  const counts = { matched: 0, bits: 0, 'lower bounds': 0 };
  const kept: { [stage: string]: Uint32Array[] } = { matched: [], bits: [], 'lower bounds': [] };
  for (const { query, where } of setting.questions) {
    const rows = matching(setting, where);
    const narrowed = partition.narrow(query, rows, { percent: 10, read: 2 * K });
    const stages = { matched: rows, bits: narrowed.left, 'lower bounds': narrowed.rows };
    for (const [stage, left] of Object.entries(stages)) {
      counts[stage as keyof typeof counts] += left.length / setting.questions.length;
      kept[stage]!.push(left);
    }
  }
  return Object.entries(counts).map(([stage, count]) => ({
    stage,
    vectors: short(count),
    recall: short(recall(kept[stage]!, right)),
  }));
}

function bitsOf(index: SquashIndex) {
  return Array.from(index.partitions[0]!.data.bits, (bits, dimension) => ({ dimension, bits }));
}

/** The smoke test builds as little as possible. */
const bases: { readonly [P in Profile]: readonly BinaryBasis[] } = {
  smoke: ['klt'],
  quick: ['rotated', 'axes', 'klt'],
  full: ['rotated', 'axes', 'klt'],
};

/** What the one bit a dimension is taken of, one byte a dimension, and data without preferred directions. */
export async function variants({ profile, seed, once, signal, report }: TrialContext) {
  const { few, queries, words: count } = plans[profile];
  return once('variants', async () => {
    const setting = await pictures(few, queries, seed);
    const data = `Fashion-MNIST, ${few}`;
    const right = truths(setting);
    const rows: Row[] = [];
    report({ done: 4, total: 6, stage: 'variants' });
    for (const binaryBasis of bases[profile]) {
      const options = { bitBudget: BUDGET, partitions: 1, seed, signal, binaryBasis };
      const index = await buildSquash(setting.x, setting.attrs, options);
      rows.push(rowOf(`OSQ, bits of basis ${binaryBasis}`, data, BUDGET / 8, measure(index, setting, right)));
    }
    const bytes = await buildSquash(setting.x, setting.attrs, {
      bitBudget: 8 * 784,
      partitions: 1,
      seed,
      signal,
    });
    rows.push(rowOf('SQ, one byte a dimension', data, 784, measure(bytes, setting, right)));
    if (count > 0) {
      const plain = await words(count, queries, seed);
      const answers = truths(plain);
      for (const allocation of ['greedy', 'uniform'] as const) {
        const options = { bitBudget: 200, partitions: 1, seed, signal, allocation };
        const index = await buildSquash(plain.x, plain.attrs, options);
        const measured = measure(index, plain, answers, { hammingPercent: 100 });
        rows.push(
          rowOf(
            `OSQ, ${allocation} bits, without the comparison of bits`,
            `word vectors, ${count}`,
            25,
            measured,
          ),
        );
      }
    }
    return rows;
  });
}

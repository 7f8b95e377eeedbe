import { evaluate, gather, grad, mul, NDArray, sum, type Tensor, tensor } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { createEmbedding } from './compressed-embedding.js';
import { quantizeWithScale } from './methods/alpt.js';
import { pruningRate } from './methods/deeplight.js';
import { softenedStep } from './methods/optembed.js';
import type { MethodName } from './methods.js';
import { Batcher } from './run-stage.js';
import { unpackCode } from './storage/codes.js';
import { data, settings, trained } from './testing.case.js';
import type { Scope, Stage } from './types.js';

type Leaves = { readonly [name: string]: Tensor };

/** A loss of a stage's embeddings as a function of all that is learned, with arrays to begin from. */
function lossOf(stage: Stage) {
  const batch = new Batcher(data.fields).of(data.train.rows.slice(0, 12));
  const feed = stage.feed(batch, rng(2), 3);
  const params: Record<string, NDArray> = {};
  for (const [name, table] of Object.entries(stage.tables)) {
    const asked = feed.rows[name]!;
    const rows = new Float32Array(asked.length * table.width);
    table.read(asked, rows);
    // Away from zero, where signs and thresholds have corners.
    const moved = rows.map((value, i) => value + (table.rate ? 0 : 0.3 + 0.2 * Math.sin(i)));
    params[`rows ${name}`] = new NDArray(moved, [asked.length, table.width], 'float32');
  }
  for (const [name, value] of Object.entries({ ...stage.dense, ...stage.search?.params }))
    params[name] = value.copy();
  const weights = rng(4).fillNormal(new Float32Array(12 * 16));
  const loss = (p: Leaves) => {
    const scope: Scope = {
      look: (table) => p[`rows ${table}`]!,
      dense: p,
      inputs: Object.fromEntries(
        Object.entries(feed.inputs ?? {}).map(([name, value]) => [name, tensor(value)]),
      ),
      carried: Object.fromEntries(
        Object.entries(stage.carried ?? {}).map(([name, value]) => [name, tensor(value)]),
      ),
      search: p,
      expand: (rows) => gatherRows(rows, batch.distinct.positions),
      samples: batch.samples,
      training: true,
    };
    const { vectors } = stage.embed(scope);
    return sum(mul(vectors, new NDArray(weights, [12, 16], 'float32')));
  };
  return { params, loss };
}

const gatherRows = (rows: Tensor, positions: Int32Array): Tensor =>
  gather(rows, new NDArray(positions, [positions.length], 'int32'));

const smooth: readonly MethodName[] = [
  'full',
  'small',
  'hash',
  'compo',
  'tt',
  'dhe',
  'robe',
  'adapt',
  'int8',
  'alpt8',
  'md',
  'autodim',
  'deeplight',
  'autosrh',
  'pep',
];

describe.each(smooth)('%s', (method) => {
  test('gradients of its stages are those of central differences', { timeout: 120_000 }, () => {
    const { cr, ...own } = settings[method];
    const embedding = createEmbedding(method, { ...own, cr, fields: data.fields.sizes, freq: data.freq });
    // Later stages of methods that search begin with what was found; the first two of AutoSrh are at hand.
    const stages = method === 'autosrh' ? embedding.stages.slice(0, 2) : embedding.stages.slice(0, 1);
    for (const begin of stages) {
      const { params, loss } = lossOf(begin());
      const tensors = (values: typeof params): Leaves =>
        Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tensor(value)]));
      const gradients = evaluate(
        grad(loss, { unused: 'zeros' })(tensors(params)),
      ) as unknown as typeof params;
      const random = rng(6);
      for (const [name, value] of Object.entries(params)) {
        const own = gradients[name]!.data as Float32Array;
        for (let round = 0; round < (Object.keys(params).length > 6 ? 1 : 2); round++) {
          const at = random.integer(value.size);
          const h = 0.01;
          const side = (step: number) => {
            const moved = value.copy();
            (moved.data as Float32Array)[at]! += step;
            return evaluate(loss(tensors({ ...params, [name]: moved }))).item();
          };
          const numeric = (side(h) - side(-h)) / (2 * h);
          expect(Math.abs(own[at]! - numeric), `${name}[${at}]`).toBeLessThan(
            0.02 + 0.03 * Math.abs(numeric),
          );
        }
      }
    }
  });
});

test('the gradient of a scale is that of LSQ, by hand', () => {
  // v = w / Δ = 3.4, −200 (clamped), 0.26 with Δ = 0.5: ρ = 3 − 3.4, −128, 0 − 0.26.
  const rows = new NDArray(Float32Array.of(1.7, -100, 0.13), [1, 3], 'float32');
  const cotangent = new NDArray(Float32Array.of(2, 0.5, -1), [1, 3], 'float32');
  const factor = 0.1;
  const loss = (scale: Tensor) => sum(mul(quantizeWithScale(tensor(rows), scale, 8, factor), cotangent));
  const scale = tensor(new NDArray(Float32Array.of(0.5), [1, 1], 'float32'));
  const expected = factor * (2 * (3 - 3.4) + 0.5 * -128 + -1 * (0 - 0.26));
  expect(evaluate(grad(loss)(scale)).data[0]).toBeCloseTo(expected, 4);
  const values = evaluate(quantizeWithScale(tensor(rows), scale, 8, factor)).data;
  expect([...(values as Float32Array)]).toEqual([1.5, -64, 0]);
});

test('the softened step: 1 above zero; slopes 2, 1.2, 0.4, 0.4, 0', () => {
  const v = tensor(new NDArray(Float32Array.of(0, 0.2, 0.4, 0.7, 1.2, -0.2), [6], 'float32'));
  expect([...(evaluate(softenedStep(v)).data as Float32Array)]).toEqual([0, 1, 1, 1, 1, 0]);
  const slopes = evaluate(grad((x: Tensor) => sum(softenedStep(x)))(v)).data as Float32Array;
  for (const [i, slope] of [2, 1.2, 0.4, 0.4, 0, 1.2].entries()) expect(slopes[i]).toBeCloseTo(slope, 5);
});

test('what DeepLight prunes grows towards its final share', { timeout: 120_000 }, async () => {
  expect(pruningRate(0.9, 0)).toBe(0);
  expect(pruningRate(0.9, 100)).toBeCloseTo(0.9 * 0.01, 10);
  expect(pruningRate(0.9, 6900)).toBeCloseTo(0.9 * (1 - 0.99 ** 69), 10);
  expect(pruningRate(0.9, 1e7)).toBeCloseTo(0.9, 10);
  const { frozen } = await trained('deeplight');
  const all = frozen.lookupRows(Int32Array.from({ length: data.fields.rows }, (_, i) => i));
  const kept = all.reduce((count, value) => count + Number(value !== 0), 0);
  const budget = 0.25 * 4 * all.length;
  expect(kept).toBe(Math.floor((budget - 4 * (data.fields.rows + 1)) / 8));
});

describe('MGQE', () => {
  test('rare ids have codes below a quarter of the centroids only', { timeout: 120_000 }, async () => {
    const { frozen } = await trained('mgqe');
    const { codes } = frozen.stored.tensors;
    const counts = data.freq.flatMap((own) => [...own]);
    const order = counts.map((_, id) => id).sort((a, b) => counts[b]! - counts[a]!);
    const rare = order.slice(Math.round(0.1 * counts.length));
    for (const id of rare)
      for (let s = 0; s < 4; s++)
        expect(unpackCode(codes!.data as Uint8Array, 6, 4 * id + s)).toBeLessThan(16);
    const most = order
      .slice(0, 30)
      .flatMap((id) => [0, 1, 2, 3].map((s) => unpackCode(codes!.data as Uint8Array, 6, 4 * id + s)));
    expect(Math.max(...most)).toBeGreaterThanOrEqual(16);
  });

  test('the gradient reaches the rows as if they had not been replaced', () => {
    const { cr, ...own } = settings.mgqe;
    const stage = createEmbedding('mgqe', { ...own, cr, fields: data.fields.sizes, freq: data.freq })
      .stages[0]!();
    const { params, loss } = lossOf(stage);
    const tensors = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, tensor(value)]));
    const gradients = evaluate(grad(loss, { unused: 'zeros' })(tensors)) as unknown as typeof params;
    const plain = lossOf(createEmbedding('full', { cr: 1, fields: data.fields.sizes }).stages[0]!());
    const full = evaluate(
      grad(plain.loss)(
        Object.fromEntries(Object.entries(plain.params).map(([name, value]) => [name, tensor(value)])),
      ),
    ) as unknown as typeof params;
    expect(gradients['rows table']!.data).toEqual(full['rows table']!.data);
    expect((gradients.books!.data as Float32Array).every((value) => value === 0)).toBe(true);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from '@fletch/base';
import { fromFloat32, writeCheckpoint } from '@fletch/data';
import { Matrix, matmul, randomOrthogonal, rng } from '@fletch/linalg';
import { afterAll, describe, expect, test } from 'vitest';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { openCheckpoint } from '../checkpoint/open.js';
import { compareCheckpoints } from './compare.js';
import { inspectCheckpoint } from './inspect.js';
import { spectrumOf } from './spectrum.js';
import { alignedPieces, piecesOf } from './stream.js';
import { compareTensor, inspectTensor } from './tensor.js';

const root = mkdtempSync(join(tmpdir(), 'fletch-inspect-'));
const opened: Checkpoint[] = [];
afterAll(async () => {
  for (const checkpoint of opened) await checkpoint.close();
  rmSync(root, { recursive: true });
});

type Tensors = Readonly<Record<string, readonly [shape: readonly number[], values: ArrayLike<number>]>>;

let folders = 0;
async function model(tensors: Tensors, dtype: 'F32' | 'BF16' = 'F32', config?: object): Promise<Checkpoint> {
  const folder = join(root, String(folders++));
  await writeCheckpoint(
    folder,
    Object.entries(tensors).map(([name, [shape, values]]) => ({
      name,
      dtype,
      shape: [...shape],
      data: fromFloat32(Float32Array.from(values), dtype),
    })),
  );
  if (config) writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const checkpoint = await openCheckpoint(folder);
  opened.push(checkpoint);
  return checkpoint;
}

const random = rng(5);
const draw = (...shape: number[]): [number[], Float32Array] => [
  shape,
  random.fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))),
];

/** A small Llama of two layers. */
const llama = (): Tensors =>
  Object.fromEntries([
    ['model.embed_tokens.weight', draw(20, 16)],
    ...[0, 1].flatMap((i) => [
      [`model.layers.${i}.self_attn.q_proj.weight`, draw(16, 16)],
      [`model.layers.${i}.self_attn.o_proj.weight`, draw(16, 16)],
      [`model.layers.${i}.mlp.gate_proj.weight`, draw(24, 16)],
      [`model.layers.${i}.input_layernorm.weight`, [[16], new Float32Array(16).fill(1)]],
    ]),
  ]);

describe('a report', () => {
  test('says architecture, sizes and statistics, as computed by hand', async () => {
    const checkpoint = await model({
      ...llama(),
      'lm_head.weight': [
        [2, 2],
        [3, -4, 0, 0],
      ],
    });
    const progress: Progress[] = [];
    const report = await inspectCheckpoint(checkpoint, { onProgress: (one) => progress.push(one) });
    expect(report).toMatchObject({ architecture: 'llama', layers: 2, format: 'safetensors' });
    expect(report.parameters).toBe(20 * 16 + 2 * (2 * 256 + 384 + 16) + 4);
    expect(report.size).toBe(4 * report.parameters);
    expect(report.dtypes).toEqual([
      { name: 'F32', tensors: 10, parameters: report.parameters, size: report.size },
    ]);
    const head = report.tensors.find(({ name }) => name === 'lm_head.weight')!;
    expect(head).toMatchObject({ kind: 'head', layer: null, parameters: 4, spectrum: null });
    const { deviation, ...statistics } = head.statistics!;
    expect(statistics).toEqual({ norm: 5, largest: 4, mean: -0.25, zeros: 2, nan: 0, infinite: 0 });
    expect(deviation).toBeCloseTo(Math.sqrt(25 / 4 - 1 / 16), 12);
    expect(progress.at(-1)).toMatchObject({ done: report.size, total: report.size });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test('NaN and infinite numbers are counted, and have no spectrum', async () => {
    const checkpoint = await model({
      a: [
        [2, 2],
        [Number.NaN, 1, Number.POSITIVE_INFINITY, -2],
      ],
      b: draw(2, 2),
    });
    const report = await inspectCheckpoint(checkpoint, { spectra: true });
    expect(report.nonFinite).toEqual(['a']);
    expect(report.tensors[0]!.statistics).toMatchObject({ nan: 1, infinite: 1, largest: 2, mean: -0.5 });
    expect(report.tensors.map(({ spectrum }) => spectrum?.values.length)).toEqual([undefined, 2]);
  });

  test('copies and near copies are found, others not; layers that repeat', async () => {
    const tensors = { ...llama() };
    for (const name of Object.keys(tensors).filter((one) => one.includes('layers.1.')))
      tensors[name.replace('layers.1.', 'layers.2.')] = tensors[name]!;
    const [shape, values] = tensors['model.layers.0.self_attn.q_proj.weight']!;
    const noise = random.fillNormal(new Float32Array(values.length));
    const near = Array.from(values, (value, i) => value + 0.01 * noise[i]!);
    const report = await inspectCheckpoint(await model({ ...tensors, near: [shape, near] }));
    const pairs = report.duplicates.map(({ names, difference }) => [...names, difference < 0.02]);
    expect(report.repeatedLayers).toEqual([[1, 2]]);
    expect(pairs).toHaveLength(4);
    expect(pairs).toContainEqual(['model.layers.0.self_attn.q_proj.weight', 'near', true]);
    const copy = report.duplicates.find(({ names }) => names[1].includes('layers.2.mlp'))!;
    expect(copy).toEqual({
      names: ['model.layers.1.mlp.gate_proj.weight', 'model.layers.2.mlp.gate_proj.weight'],
      difference: 0,
    });
  });

  test('stops when it is told to', async () => {
    const checkpoint = await model(llama());
    await expect(inspectCheckpoint(checkpoint, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});

describe('spectra', () => {
  const u = randomOrthogonal(rng(1), 40);
  const v = randomOrthogonal(rng(2), 40);
  const wanted = Float64Array.from({ length: 40 }, (_, i) => 10 * 0.7 ** i);
  const scaled = new Matrix(
    u.data.map((value, i) => value * wanted[i % 40]!),
    40,
    40,
  );
  const values = Float32Array.from(matmul(scaled as Matrix<Float64Array>, v as Matrix<Float64Array>).data);

  test('are the singular values that the matrix was made of', () => {
    const { values: found, exact, effectiveRank, stableRank } = spectrumOf(values, [40, 40]);
    expect(exact).toBe(true);
    for (let i = 0; i < 20; i++) expect(found[i]).toBeCloseTo(wanted[i]!, 3);
    // A geometric series of ratio q: entropy −ln(1 − q) − q ln q / (1 − q), stable rank 1 / (1 − q²).
    expect(effectiveRank).toBeCloseTo(Math.exp(-Math.log(0.3) - (0.7 * Math.log(0.7)) / 0.3), 2);
    expect(stableRank).toBeCloseTo(1 / (1 - 0.49), 3);
  });

  test('of large matrices are the leading ones', () => {
    const {
      values: found,
      exact,
      effectiveRank,
    } = spectrumOf(values, [40, 40], { exactUpTo: 20, leading: 5 });
    expect([exact, effectiveRank, found.length]).toEqual([false, null, 5]);
    for (let i = 0; i < 5; i++) expect(found[i]).toBeCloseTo(wanted[i]!, 2);
  });
});

describe('pieces', () => {
  test.each(['F32', 'BF16'] as const)('of %s are the tensor', async (dtype) => {
    const values = Float32Array.from({ length: 35 }, (_, i) => i - 10);
    const checkpoint = await model({ a: [[5, 7], values] }, dtype);
    const read: number[] = [];
    for await (const piece of piecesOf(checkpoint, 'a', 8)) read.push(...piece);
    expect(read).toEqual([...values]);
  });

  test('of models in two types come side by side', async () => {
    const values = Float32Array.from({ length: 9 }, (_, i) => i);
    const two = [await model({ a: [[9], values] }), await model({ a: [[9], values] }, 'BF16')];
    const lengths: number[] = [];
    for await (const [a, b] of alignedPieces(two, 'a', 4)) {
      expect(a).toEqual(b);
      lengths.push(a!.length);
    }
    expect(lengths).toEqual([4, 4, 1]);
  });
});

describe('a comparison', () => {
  test('of a model with itself says that nothing changed', async () => {
    const tensors = llama();
    const report = await compareCheckpoints(await model(tensors), [await model(tensors)], {
      intruders: true,
    });
    expect(report).toMatchObject({ changed: [0], taskNorms: [0], cosines: [[null]], intruders: [] });
  });

  test('says what changed, and whether task vectors point the same way', async () => {
    const base = llama();
    const name = 'model.layers.0.self_attn.q_proj.weight';
    const other = 'model.layers.1.mlp.gate_proj.weight';
    const plus = (at: string, i: number, by: number): Tensors => {
      const [shape, values] = base[at]!;
      return { ...base, [at]: [shape, Array.from(values, (value, k) => (k === i ? value + by : value))] };
    };
    const models = [plus(name, 3, 2), plus(name, 3, -1), plus(other, 0, 1)];
    const report = await compareCheckpoints(
      await model(base),
      await Promise.all(models.map((one) => model(one))),
    );
    expect(report.changed).toEqual([1, 1, 1]);
    for (const [i, norm] of [2, 1, 1].entries()) expect(report.taskNorms[i]).toBeCloseTo(norm, 5);
    expect(report.cosines.map((row) => row.map((value) => Math.round(value! * 1e6) / 1e6 || 0))).toEqual([
      [1, -1, 0],
      [-1, 1, 0],
      [0, 0, 1],
    ]);
    const found = report.tensors.find((tensor) => tensor.name === name)!;
    expect(found.changes[0]!.largest).toBeCloseTo(2, 5);
    expect(found.changes[0]!.relative).toBeCloseTo(2 / found.norm, 5);
    expect(found.changes[2]).toMatchObject({ norm: 0, relative: 0 });
    expect(report.intruders).toBeNull();
  });

  test('finds a direction that the base has not', async () => {
    const name = 'model.layers.0.mlp.gate_proj.weight';
    // The base uses the first 8 of 24 outputs; what is added goes to the last.
    const values = Array.from({ length: 24 * 16 }, (_, i) => (i < 8 * 16 ? random.normal() : 0));
    const tuned = values.map((value, i) => value + (i >= 23 * 16 ? 20 : 0));
    const rest = llama();
    const report = await compareCheckpoints(
      await model({ ...rest, [name]: [[24, 16], values] }),
      [await model({ ...rest, [name]: [[24, 16], tuned] })],
      { intruders: { k: 5 } },
    );
    expect(report.intruders).toHaveLength(1);
    const [found] = report.intruders!;
    expect(found).toMatchObject({ name, model: 0, layer: 0, indices: [0] });
    expect(found!.maxCosine[0]).toBeLessThan(0.1);
    expect(found!.sigma[0]).toBeGreaterThan(70);
    expect(found!.effectiveRank).toBeCloseTo(1, 3);
  });

  test('models of another architecture, and such as share something', async () => {
    const one = await model({ a: draw(2, 2) });
    await expect(compareCheckpoints(one, [await model({ b: draw(2, 2) })])).rejects.toMatchObject({
      code: 'DIMENSION_MISMATCH',
    });
    await expect(compareCheckpoints(one, [])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const wider = await model({ a: draw(2, 2), head: draw(5, 2) });
    const report = await compareCheckpoints(wider, [
      await model({ a: draw(2, 2), head: draw(6, 2), b: draw(1) }),
    ]);
    expect(report.tensors.map(({ name }) => name)).toEqual(['a']);
    expect(report.differences[0]).toContain('"head" is [5, 2] in the base and [6, 2] in ');
    expect(report.differences[1]).toContain('"b" [1] is only in ');
  });

  test('numbers that are not finite are counted, and their spectra left out', async () => {
    const name = 'x.weight';
    const report = await compareCheckpoints(
      await model({
        [name]: [
          [2, 2],
          [1, 2, 3, 4],
        ],
      }),
      [
        await model({
          [name]: [
            [2, 2],
            [1, Number.NaN, 3, 5],
          ],
        }),
      ],
      { intruders: true },
    );
    expect(report.tensors[0]!.changes[0]).toEqual({
      norm: 1,
      relative: 1 / Math.sqrt(30),
      largest: 1,
      nonFinite: 1,
    });
    expect(report).toMatchObject({ intruders: [], skipped: [expect.stringContaining('not finite')] });
  });

  test('spectra beyond the limit are said to be skipped', async () => {
    const report = await compareCheckpoints(
      await model({ x: draw(5, 5) }),
      [await model({ x: draw(5, 5) })],
      {
        intruders: true,
        exactUpTo: 4,
      },
    );
    expect(report).toMatchObject({ intruders: [], skipped: ['"x" [5, 5] is larger than 4 on both sides'] });
  });
});

describe('one tensor', () => {
  const name = 'transformer.h.0.attn.c_attn.weight';
  const values = random.fillNormal(new Float32Array(8 * 24));
  // One output more than before is strong: in a Conv1D, a column.
  const tuned = values.map((value, i) => value + (i % 24 === 5 ? 30 : 0));

  test('of a Conv1D: its outputs are its columns', async () => {
    const [base, other] = [
      await model({ [name]: [[8, 24], values] }),
      await model({ [name]: [[8, 24], tuned] }),
    ];
    const report = await inspectTensor(base, name);
    expect(report).toMatchObject({ kind: 'conv1d', layer: 0, fused: 'qkv', spectrum: { exact: true } });
    const { intruders, similarity, tensor } = await compareTensor(base, other, name);
    expect(tensor).toMatchObject({ layer: 0, kind: 'conv1d' });
    expect(intruders!.indices).toEqual([0]);
    // A pale first column: no output direction of the base is near the new one.
    const column = Array.from({ length: 8 }, (_, row) => similarity!.values[row * similarity!.size]!);
    expect(Math.max(...column)).toBeCloseTo(intruders!.maxCosine[0]!, 4);
    expect(Math.max(...column)).toBeLessThan(0.5);
  });

  test('that nothing changed, that is no matrix, that is not there', async () => {
    const base = await model({ [name]: [[8, 24], values], 'x.bias': draw(4) });
    expect(await compareTensor(base, base, name)).toMatchObject({ intruders: null, similarity: null });
    expect(await compareTensor(base, await model({ 'x.bias': draw(4) }), 'x.bias')).toMatchObject({
      intruders: null,
      tensor: { kind: 'bias' },
    });
    await expect(inspectTensor(base, 'y')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

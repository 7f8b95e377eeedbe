import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, saveTree } from '@fletch/array';
import { Matrix, rng } from '@fletch/linalg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cognitiveTask, cognitiveTasks, firstTrials, imageRows, readConnectivity } from './index.js';

const _gaussian = (rows: number, cols: number, seed: number) =>
  new Matrix(rng(seed).fillNormal(new Float64Array(rows * cols)), rows, cols);
const _scaled = (a: Matrix, factor: number) =>
  new Matrix(
    Float64Array.from(a.data, (value) => value * factor),
    a.rows,
    a.cols,
  );
const code = (name: string) => expect.objectContaining({ code: name });

describe('tasks', () => {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

  test.each(cognitiveTasks)('%s: fixation before the decision, both choices equally often', (name) => {
    const { steps, batch, y, x, inputs } = cognitiveTask(name, { batch: 4000, seed: 1 });
    expect(x).toHaveLength(steps * batch * inputs);
    expect(y.subarray(0, 7 * batch).every((label) => label === 0)).toBe(true);
    const choices = Array.from(y.subarray(7 * batch));
    expect(mean(choices)).toBeCloseTo(1.5, 1);
    expect(new Set(choices)).toEqual(new Set([1, 2]));
    expect(cognitiveTask(name, { batch: 4000, seed: 1 }).x).toEqual(x);
    expect(cognitiveTask(name, { batch: 4000, seed: 2 }).x).not.toEqual(x);
  });

  test('2AF: the chosen channel is stronger by coherence / 100 on the average, and the decision step is empty', () => {
    const { batch, x, y } = cognitiveTask('2AF', { batch: 5000, seed: 3 });
    const at = (step: number, b: number, channel: number) => x[(step * batch + b) * 3 + channel]!;
    const lead = Array.from({ length: batch }, (_, b) => {
      const choice = y[7 * batch + b]! - 1;
      return at(3, b, 1 + choice) - at(3, b, 2 - choice);
    });
    expect(mean(lead)).toBeCloseTo(mean([0, 6.4, 12.8, 25.6, 51.2]) / 100, 1.8);
    expect(Math.max(...lead)).toBeLessThan(1.2);
    for (let b = 0; b < batch; b++) expect([at(7, b, 1), at(7, b, 2), at(3, b, 0)]).toEqual([0, 0, 0]);
  });

  test('DMS: the label says whether sample and test agree', () => {
    const { batch, x, y } = cognitiveTask('DMS', { batch: 300, seed: 4 });
    const side = (step: number, b: number) =>
      Math.sign(x[(step * batch + b) * 3 + 1]! - x[(step * batch + b) * 3 + 2]!);
    for (let b = 0; b < batch; b++) {
      expect(y[7 * batch + b]).toBe(side(0, b) === side(6, b) ? 1 : 2);
      expect(x[(3 * batch + b) * 3 + 1]).toBe(0);
      expect([x[(6 * batch + b) * 3]!, x[(7 * batch + b) * 3]!]).toEqual([1, 0]);
    }
  });

  test('CXT: the cued modality decides', () => {
    const { batch, x, y } = cognitiveTask('CXT', { batch: 4000, seed: 5 });
    let [cued, other] = [0, 0];
    for (let b = 0; b < batch; b++) {
      const row = (step: number) => x.subarray((step * batch + b) * 7, (step * batch + b + 1) * 7);
      expect(row(7)[5]! + row(7)[6]!).toBe(1);
      const context = row(0)[6]!;
      const choice = y[7 * batch + b]! - 1;
      const lead = (modality: number) =>
        row(0)[1 + 2 * modality + choice]! - row(0)[2 + 2 * modality - choice]!;
      cued += lead(context) / batch;
      other += lead(1 - context) / batch;
    }
    expect(cued).toBeCloseTo(mean([5, 15, 50]) / 100, 1.8);
    expect(Math.abs(other)).toBeLessThan(0.02);
  });

  test('images become their rows, the class comes last', () => {
    const trials = imageRows([1, 2, 3, 4, 5, 6, 7, 8], [2, 1], { rows: 2, columns: 2, classes: 3 });
    expect(Array.from(trials.x)).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
    expect(Array.from(trials.y)).toEqual([0, 0, 2, 1]);
    expect(Array.from(firstTrials(trials, 1).x)).toEqual([1, 2, 3, 4]);
    expect(() => imageRows([1, 2], [0], { rows: 2, columns: 2, classes: 1 })).toThrow(
      code('DIMENSION_MISMATCH'),
    );
  });

  test('refuses what there is not', () => {
    expect(() => cognitiveTask('XOR' as '2AF', { batch: 1, seed: 0 })).toThrow('2AF, DMS, CXT');
    expect(() => cognitiveTask('2AF', { batch: 0, seed: 0 })).toThrow(code('INVALID_ARGUMENT'));
  });
});

describe('connectivity files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fletch-connectome-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A version 1 `.npy` file of 32-bit numbers. */
  function npy(values: number[], rows: number, columns: number): Buffer {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
    const header = Buffer.from(`${text.padEnd(117)}\n`, 'latin1');
    const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
    return Buffer.concat([head, header, Buffer.from(Float32Array.from(values).buffer)]);
  }

  test('.npy, .csv and .safetensors give the same matrix', async () => {
    const path = (name: string) => join(folder, name);
    await writeFile(path('w.npy'), npy([1, 2, -3, 0.5], 2, 2));
    await writeFile(path('w.csv'), '1, 2\n-3,0.5\n');
    await saveTree(path('w.safetensors'), {
      w: array([
        [1, 2],
        [-3, 0.5],
      ]),
      other: array([1]),
    });
    const expected = [
      [1, 2],
      [-3, 0.5],
    ];
    expect((await readConnectivity(path('w.npy'))).toArrays()).toEqual(expected);
    expect((await readConnectivity(path('w.csv'))).toArrays()).toEqual(expected);
    expect((await readConnectivity(path('w.safetensors'), { tensor: 'w' })).toArrays()).toEqual(expected);
    await expect(readConnectivity(path('w.safetensors'))).rejects.toThrow(code('INVALID_ARGUMENT'));
    await expect(readConnectivity(path('w.safetensors'), { tensor: 'other' })).rejects.toThrow('axes');
  });

  test.each([
    ['not square', '1,2,3\n4,5,6\n', 'square'],
    ['ragged', '1,2\n3\n', 'row 2 has 1'],
    ['not numbers', '1,a\n3,4\n', 'row 1, column 2'],
    ['a gap', '1,2\n,4\n', 'row 2, column 1'],
    ['empty', '', 'square'],
  ])('refuses a file that is %s', async (name, content, message) => {
    const path = join(folder, `${name}.csv`);
    await writeFile(path, content);
    await expect(readConnectivity(path)).rejects.toThrow(code('INVALID_INPUT_FILE'));
    await expect(readConnectivity(path)).rejects.toThrow(message);
  });

  test('refuses a file that is not there', async () => {
    await expect(readConnectivity(join(folder, 'none.csv'))).rejects.toThrow(code('NOT_FOUND'));
    await expect(readConnectivity(join(folder, 'none.npy'))).rejects.toThrow(code('NOT_FOUND'));
  });
});

import { describe, expect, it } from 'vitest';
import { compile } from '../compile/compile.js';
import { isFloating } from '../core/dtype.js';
import type { NDArray } from '../core/ndarray.js';
import { input, type Tensor } from '../core/tensor.js';
import { operationCases } from '../testing/cases.js';
import { numbers } from '../testing/numbers.js';
import { inputsOf, rows, withGradients } from '../testing/rows.js';
import { nodesOf } from '../transform/graph.js';
import { interpret, toReference } from '../transform/interpret.js';
import { operations } from './table.js';

describe('every gradient against central differences in float64', () => {
  const differentiable = rows.filter(({ row }) => row.differentiable !== false);
  it.each(differentiable)('$name', ({ row }) => {
    const arrays = inputsOf(row, 'float64');
    const placeholders = arrays.map(({ shape, dtype }) => input(shape, dtype));
    const [y, ...gradients] = withGradients(row, placeholders);
    const next = numbers(99);
    const weights = Array.from({ length: y!.size }, () => 0.5 + next());
    const value = (given: readonly NDArray[]): number => {
      const bound = new Map(placeholders.map((p, i) => [p, toReference(given[i]!)]));
      return interpret([y!], bound)[0]!.values.reduce((total, v, i) => total + v * weights[i]!, 0);
    };
    const bound = new Map(placeholders.map((p, i) => [p, toReference(arrays[i]!)]));
    const found = interpret(gradients, bound);
    let which = 0;
    for (const [i, array] of arrays.entries()) {
      if (!isFloating(array.dtype)) continue;
      const gradient = found[which++]!;
      expect(gradient.shape).toEqual(array.shape);
      for (let k = 0; k < array.size; k++) {
        const moved = (step: number) => {
          const copy = array.copy();
          (copy.data as Float64Array)[k]! += step;
          return arrays.with(i, copy);
        };
        const expected = (value(moved(1e-5)) - value(moved(-1e-5))) / 2e-5;
        expect(Math.abs(gradient.values[k]! - expected)).toBeLessThan(1e-6 * (1 + Math.abs(expected)));
      }
    }
  });

  it('differentiates exactly the operations that state a derivative', () => {
    for (const [name, cases] of Object.entries(operationCases)) {
      const { derivative } = operations[name as keyof typeof operations];
      const stated = derivative !== '' && derivative !== '0';
      const checked = cases.some(({ differentiable }) => differentiable !== false);
      if (name !== 'cast') expect(checked, name).toBe(stated);
    }
  });
});

describe.each(['float32', 'float64'] as const)('every lowering and every lowered gradient in %s', (float) => {
  it.each(rows)('$name', async ({ row }) => {
    const arrays = inputsOf(row, float);
    const f = (...inputs: Tensor[]) => withGradients(row, inputs);
    const traced = nodesOf(f(...arrays.map(({ shape, dtype }) => input(shape, dtype))));
    const lacks = traced.some((node) => node.operation.interpreted?.includes(float));
    const native = compile(f);
    expect(await native.prepare(...arrays)).toBe(lacks || row.vanishes ? 'interpreter' : 'native');
    const actual = await native(...arrays);
    const expected = await compile(f, { runtime: 'interpreter' })(...arrays);
    const tolerance = float === 'float32' ? 2e-5 : 1e-12;
    for (const [i, array] of actual.entries()) {
      const reference = expected[i]!;
      expect([array.shape, array.dtype]).toEqual([reference.shape, reference.dtype]);
      for (let k = 0; k < array.size; k++) {
        const [a, b] = [Number(array.data[k]), Number(reference.data[k])];
        expect(Math.abs(a - b), `output ${i}[${k}]: ${a}, not ${b}`).toBeLessThan(
          tolerance * (1 + Math.abs(b)),
        );
      }
    }
    await native.close();
  });
});

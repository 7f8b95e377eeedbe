import { isFletchError } from '@fletch/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { array } from '../core/ndarray.js';
import { assertFinite, batches, earlyStopping, takeRows } from './training.js';

describe('assertFinite', () => {
  it('names the step and the first bad array', () => {
    const bad = { loss: array(1), layers: [{ w: array([1, 2]) }, { w: array([1, Number.NaN, Infinity]) }] };
    let error: unknown;
    try {
      assertFinite(bad, 17);
    } catch (caught) {
      error = caught;
    }
    expect(isFletchError(error, 'NON_FINITE')).toBe(true);
    expect((error as Error).message).toMatch(/^Step 17: "layers.1.w" holds NaN at position 1 of 3/);
    expect(() => assertFinite({ ids: array([1, 2], 'int32'), x: array([0]) })).not.toThrow();
  });
});

describe('batches', () => {
  it('cover every position once, in an order fixed by seed and epoch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(),
        (count, size, seed) => {
          const all = [...batches(count, { size, seed, dropLast: false })].flatMap((batch) => [...batch]);
          expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
          const full = [...batches(count, { size, seed })];
          expect(full.every((batch) => batch.length === size)).toBe(true);
          expect(full.length).toBe(Math.floor(count / size));
        },
      ),
    );
    const order = (options: object) => [...batches(100, { size: 100, ...options })][0]!.join();
    expect(order({ seed: 1 })).toBe(order({ seed: 1 }));
    expect(new Set([order({ seed: 1 }), order({ seed: 2 }), order({ seed: 1, epoch: 1 })]).size).toBe(3);
    expect(order({ shuffle: false })).toBe(Array.from({ length: 100 }, (_, i) => i).join());
    expect(() => [...batches(10, { size: 0 })]).toThrow(/positive integer/);
  });

  it('take rows of arrays', () => {
    expect(
      takeRows(
        array([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
        [2, 0],
      ).toNested(),
    ).toEqual([
      [5, 6],
      [1, 2],
    ]);
    expect(takeRows(array([7, 8, 9], 'int64'), [1]).toNested()).toEqual([8]);
  });
});

describe('earlyStopping', () => {
  it('stops after enough reports without progress', () => {
    const watch = earlyStopping(2, 0.1);
    expect([5, 4.95, 4, 4.2].map((value) => watch.report(value))).toEqual([true, false, true, false]);
    expect([watch.stopped, watch.best]).toEqual([false, 4]);
    watch.report(3.99);
    expect(watch.stopped).toBe(true);
  });
});

import { describe, expect, test } from 'vitest';
import { FrozenEmbedding } from './frozen.js';
import { type MethodName, methods } from './methods.js';
import { data, forward, settings, trained } from './testing.case.js';

const names = Object.keys(methods) as MethodName[];
const rows = data.test.rows.slice(0, 60);

describe.each(names)('%s', (method) => {
  test('is stored as it was trained, in the bytes that it says, and read again', {
    timeout: 240_000,
  }, async () => {
    const { frozen, stage, learned, params } = await trained(method);
    const looked = frozen.lookupRows(rows);
    const traced = await forward(stage, learned, params, rows);
    // AutoSrh prunes when it is stored; 16-bit floats are rounded then.
    const tolerance = method === 'half' ? 1e-3 : 2e-5;
    for (let i = 0; i < looked.length; i++)
      if (method !== 'autosrh' || looked[i] !== 0)
        expect(Math.abs(looked[i]! - traced[i]!)).toBeLessThan(tolerance);
    expect(looked.some((value) => value !== 0)).toBe(true);

    const packed = frozen.pack();
    const header = 8 + Number(new DataView(packed.buffer, packed.byteOffset).getBigUint64(0, true));
    expect(packed.length - header).toBe(frozen.memoryBytes());
    expect(frozen.ratio).toBeLessThanOrEqual(1.02 * settings[method].cr);
    expect(FrozenEmbedding.unpack(packed, method).lookupRows(rows)).toEqual(looked);
  });
});

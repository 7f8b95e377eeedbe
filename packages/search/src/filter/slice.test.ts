import { expect, test } from 'vitest';
import type { PointId } from '../types/index.js';
import { hashOf, sliceOf } from './slice.js';

// Qdrant's own vectors, which it promises never to change.
test.each<[PointId, bigint]>([
  [0, 0xe849_e8bb_6ffe_2567n],
  [42, 0x0fc2_553f_0761_9dd3n],
  ['550e8400-e29b-41d4-a716-446655440000', 0xf5d0_ca21_ba34_d504n],
])('the hash of %s', (id, expected) => {
  const [low, high] = hashOf(id);
  expect((BigInt(high) << 32n) | BigInt(low)).toBe(expected);
  for (const total of [1, 2, 7, 1000, 2 ** 26, 2 ** 26 + 1, 2 ** 32 - 1])
    expect(sliceOf(id, total)).toBe(Number(expected % BigInt(total)));
});

test('ids above 32 bits keep their upper half', () => {
  expect(hashOf(2 ** 32 + 42)).not.toEqual(hashOf(42));
});

import { isFletchError } from '@fletch/base';
import { expect, test } from 'vitest';
import { Area, Arena } from './arena.js';
import { ARENA_START } from './layout.js';

test('gives out aligned zeroed parts that do not overlap, and uses returned ones again', () => {
  const arena = new Arena();
  const a = arena.allocate(10);
  const b = arena.allocate(100);
  expect(a).toBeGreaterThanOrEqual(ARENA_START);
  expect(a % 64).toBe(0);
  expect(b).toBe(a + 64);
  arena.bytes.fill(7, a, a + 64);
  arena.release(a, 10);
  expect(arena.allocate(64)).toBe(a);
  expect(arena.bytes.subarray(a, a + 64).every((byte) => byte === 0)).toBe(true);
});

test('memory grows without moving anything', () => {
  const arena = new Arena();
  const a = arena.allocate(64);
  arena.words[a >>> 2] = 42;
  arena.allocate(10_000_000);
  expect(arena.words[a >>> 2]).toBe(42);
});

test('says how much is missing when memory is full, and stays usable', () => {
  const arena = new Arena(20);
  let error: unknown;
  try {
    arena.allocate(10_000_000);
  } catch (thrown) {
    error = thrown;
  }
  expect(isFletchError(error, 'OUT_OF_MEMORY')).toBe(true);
  expect((error as Error).message).toContain(String(20 * 65536));
  expect(arena.allocate(64)).toBe(ARENA_START);
});

test('an area keeps its place until it must grow', () => {
  const area = new Area(new Arena());
  const small = area.ensure(100);
  expect(area.ensure(128)).toBe(small);
  expect(area.ensure(129)).not.toBe(small);
});

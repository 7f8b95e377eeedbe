import { expect, it } from 'vitest';
import { isFletchError } from './errors.js';
import { throwIfAborted } from './progress.js';

it('throwIfAborted throws ABORTED with the reason only after the abort', () => {
  const controller = new AbortController();
  expect(() => throwIfAborted(undefined)).not.toThrow();
  expect(() => throwIfAborted(controller.signal)).not.toThrow();
  controller.abort('enough');
  try {
    throwIfAborted(controller.signal);
    expect.unreachable();
  } catch (error) {
    expect(isFletchError(error, 'ABORTED')).toBe(true);
    expect((error as Error).cause).toBe('enough');
  }
});

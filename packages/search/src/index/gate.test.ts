import { expect, test } from 'vitest';
import { Gate } from './gate.js';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a free gate is entered in the same tick', () => {
  const gate = new Gate();
  let entered = false;
  void gate.alone(() => {
    entered = true;
  });
  expect(entered).toBe(true);
});

test('readers are together, writers alone, in order of arrival', async () => {
  const gate = new Gate();
  const events: string[] = [];
  const work = (name: string) => async () => {
    events.push(`+${name}`);
    await tick();
    events.push(`-${name}`);
  };
  await Promise.all([
    gate.together(work('r1')),
    gate.together(work('r2')),
    gate.alone(work('w1')),
    gate.together(work('r3')),
    gate.alone(work('w2')),
  ]);
  expect(events).toEqual(['+r1', '+r2', '-r1', '-r2', '+w1', '-w1', '+r3', '-r3', '+w2', '-w2']);
});

test('an error leaves the gate open', async () => {
  const gate = new Gate();
  await expect(gate.alone(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await gate.alone(() => 1)).toBe(1);
});

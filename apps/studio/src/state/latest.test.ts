import { describe, expect, it } from 'vitest';
import { createLatest } from './latest.js';

const later = <T>(value: T, milliseconds: number) =>
  new Promise<T>((resolve) => setTimeout(() => resolve(value), milliseconds));

describe('latest', () => {
  it('gives the newest its answer and aborts the others, whatever order they end in', async () => {
    const { run } = createLatest();
    const signals: AbortSignal[] = [];
    const task = (value: string, time: number) => (signal: AbortSignal) => {
      signals.push(signal);
      return later(value, time);
    };
    const answers = await Promise.all([run(task('slow', 30)), run(task('fast', 1)), run(task('last', 10))]);
    expect(answers).toEqual([undefined, undefined, 'last']);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
  });

  it('does not even start what is replaced within its delay', async () => {
    const { run } = createLatest();
    let started = 0;
    const task = async () => ++started;
    expect(await Promise.all([run(task, 20), run(task, 20), run(task, 20)])).toEqual([
      undefined,
      undefined,
      1,
    ]);
  });

  it('passes errors on, but not those of the replaced', async () => {
    const { run, cancel } = createLatest();
    const failing = () => Promise.reject(new Error('no'));
    await expect(run(failing)).rejects.toThrow('no');
    const replaced = run(() => later(0, 5).then(failing));
    cancel();
    expect(await replaced).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { WorkQueue } from './queue.js';

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const queue = (working: number, waiting: number, patience = 10_000) =>
  new WorkQueue({ working, waiting, patience });

describe('WorkQueue', () => {
  it('runs so many at once, the others in their order', async () => {
    const work = queue(2, 10);
    const gates = Array.from({ length: 5 }, gate);
    const began: number[] = [];
    const all = gates.map(({ opened }, i) =>
      work.run(async () => {
        began.push(i);
        await opened;
        return i;
      }),
    );
    await Promise.resolve();
    expect([began, work.working, work.waiting]).toEqual([[0, 1], 2, 3]);
    gates[1]!.open();
    expect(await all[1]).toBe(1);
    expect(began).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4]);
    expect([began, work.working, work.waiting]).toEqual([[0, 1, 2, 3, 4], 0, 0]);
  });

  it('refuses what would wait in too long a queue, or too long', async () => {
    const work = queue(1, 1, 30);
    const { opened, open } = gate();
    const first = work.run(() => opened);
    const second = work.run(() => 'never');
    await expect(work.run(() => 'never')).rejects.toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      message: expect.stringContaining('1 requests are at work and 1 wait already'),
    });
    await expect(second).rejects.toMatchObject({ status: 503, message: expect.stringContaining('turn') });
    open();
    await first;
    expect(await work.run(() => 'again')).toBe('again');
  });

  it('forgets who left, and keeps the place of work that goes on', async () => {
    const work = queue(1, 5);
    const { opened, open } = gate();
    const first = work.run(() => opened);
    const controller = new AbortController();
    let ran = false;
    const second = work.run(() => {
      ran = true;
    }, controller.signal);
    controller.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    await expect(work.run(() => 1, controller.signal)).rejects.toThrow('gone');
    expect([work.working, work.waiting]).toEqual([1, 0]);
    open();
    await first;
    expect([ran, work.working]).toEqual([false, 0]);
  });

  it('gives the place back when the work fails', async () => {
    const work = queue(1, 0);
    for (let round = 0; round < 3; round++)
      await expect(
        work.run(() => {
          throw new Error('broken');
        }),
      ).rejects.toThrow('broken');
    expect(work.working).toBe(0);
  });
});

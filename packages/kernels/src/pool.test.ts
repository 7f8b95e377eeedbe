import { expect, test } from 'vitest';
import { Area, Arena } from './arena.js';
import { instantiate, kernelModule } from './kernels.js';
import { Header, MAX_THREADS, Metric, Slot, slotAddress } from './layout.js';
import { ThreadTeam } from './pool.js';

/** Of memories that grow just while threads are given them, about one in a thousand was of the old size there. */
const TRIES = 600;
const THREADS = [0, 1, 2].map((i) => MAX_THREADS + i);

test('threads that are given a memory while that grows know how large it is', async () => {
  const module = await kernelModule();
  for (let i = 0; i < TRIES; i++) {
    const arena = new Arena(64);
    arena.words[Header.padded >>> 2] = 4;
    arena.words[Header.metric >>> 2] = Metric.dot;
    const bytes = instantiate(module, arena.memory, 0).scratchBytes();
    for (const index of THREADS)
      arena.words[(slotAddress(index + 1) + Slot.scratch) >>> 2] = arena.allocate(bytes);
    const team = new ThreadTeam(arena.memory, module);
    // Nothing to compare: the first job only makes a thread open the memory.
    const first = THREADS.map((index) => team.run(index, 'compare', [0, 0, 0, 0]));
    const until = performance.now() + (i % 50) * 0.003;
    while (performance.now() < until);
    // The cursor lies behind all that was there before; threads that encode nothing add to it.
    const cursor = new Area(arena).ensure(2 ** 21) + 2 ** 21 - 4;
    await Promise.all(first);
    await Promise.all(THREADS.map((index) => team.run(index, 'encode', [0, 0, 0, cursor])));
    team.close();
    expect(arena.words[cursor >>> 2]).toBe(THREADS.length);
  }
}, 60_000);

/**
 * What each thread works with: its visited set, key arrays and scratch in the index's memory.
 *
 * @module
 */
import { Area, MAX_THREADS, Slot, slotAddress, type ThreadCall, ThreadTeam } from '@fletch/kernels';
import type { Rows } from './rows.js';

/** Sizes that a job needs, in keys of 8 bytes. */
export interface SlotNeeds {
  readonly buffer: number;
  readonly frontier: number;
}

class ThreadSlot {
  readonly #rows: Rows;
  readonly #address: number;
  readonly #visited: Area;
  readonly #buffer: Area;
  readonly #frontier: Area;
  #scratch = false;
  /** The job that runs, if any: arrays must not be replaced under it. */
  last: Promise<unknown> = Promise.resolve();
  /** Jobs that run or wait. */
  jobs = 0;

  constructor(rows: Rows, slot: number) {
    this.#rows = rows;
    this.#address = slotAddress(slot) >>> 2;
    this.#visited = new Area(rows.arena);
    this.#buffer = new Area(rows.arena);
    this.#frontier = new Area(rows.arena);
  }

  ensure({ buffer, frontier }: SlotNeeds): void {
    const visitedBytes = Math.ceil(this.#rows.reach / 512) * 64;
    if (
      this.#scratch &&
      buffer * 8 <= this.#buffer.bytes &&
      frontier * 8 <= this.#frontier.bytes &&
      visitedBytes === this.#get(Slot.visitedBytes)
    )
      return;
    if (!this.#scratch) {
      this.#set(Slot.scratch, this.#rows.arena.allocate(this.#rows.kernels.scratchBytes()));
      this.#scratch = true;
    }
    this.#set(Slot.visited, this.#visited.ensure(visitedBytes));
    this.#set(Slot.visitedBytes, visitedBytes);
    this.#set(Slot.buffer, this.#buffer.ensure(buffer * 8));
    this.#set(Slot.bufferKeys, this.#buffer.bytes / 8);
    this.#set(Slot.frontier, this.#frontier.ensure(frontier * 8));
    this.#set(Slot.frontierKeys, this.#frontier.bytes / 8);
  }

  #get(field: number): number {
    return this.#rows.arena.words[this.#address + (field >>> 2)]!;
  }

  #set(field: number, value: number): void {
    this.#rows.arena.words[this.#address + (field >>> 2)] = value;
  }
}

/**
 * The slots of one index, and the threads that use them: some build, as many others search, so that a search never
 * waits for a batch of links. Where the system lets threads differ, those that build stand back.
 */
export class Slots {
  readonly threads: number;
  readonly #rows: Rows;
  readonly #team: ThreadTeam;
  readonly #slots: ThreadSlot[] = [];

  constructor(rows: Rows, threads: number) {
    this.#rows = rows;
    this.threads = threads;
    this.#team = new ThreadTeam(rows.arena.memory, rows.module);
  }

  /** Prepares the calling thread's slot. */
  ensureOwn(needs: SlotNeeds): void {
    this.#slot(0).ensure(needs);
  }

  /** Runs a kernel in the first `threads` building threads at once; resolves with the results when all are done. */
  runAll(
    call: ThreadCall,
    args: readonly number[],
    needs: SlotNeeds,
    threads = this.threads,
  ): Promise<number[]> {
    return this.#runFrom(0, call, args, needs, threads);
  }

  /** The same in the searching threads. */
  runSearches(
    call: ThreadCall,
    args: readonly number[],
    needs: SlotNeeds,
    threads: number,
  ): Promise<number[]> {
    return this.#runFrom(MAX_THREADS, call, args, needs, threads);
  }

  /** Runs a kernel in the searching thread that has the least to do. */
  runAnywhere(call: ThreadCall, args: readonly number[], needs: SlotNeeds): Promise<number> {
    let best = MAX_THREADS;
    for (let index = best + 1; index < MAX_THREADS + this.threads; index++)
      if (this.#slot(index + 1).jobs < this.#slot(best + 1).jobs) best = index;
    return this.#run(best, call, args, needs);
  }

  #runFrom(
    first: number,
    call: ThreadCall,
    args: readonly number[],
    needs: SlotNeeds,
    threads: number,
  ): Promise<number[]> {
    const runs: Promise<number>[] = [];
    for (let index = 0; index < Math.min(threads, this.threads); index++)
      runs.push(this.#run(first + index, call, args, needs));
    return Promise.all(runs);
  }

  async #run(index: number, call: ThreadCall, args: readonly number[], needs: SlotNeeds): Promise<number> {
    const slot = this.#slot(index + 1);
    slot.jobs++;
    const run = slot.last
      .then(() => {
        slot.ensure(needs);
        return this.#team.run(index, call, args);
      })
      .finally(() => {
        slot.jobs--;
      });
    slot.last = run.catch(() => undefined);
    return run;
  }

  #slot(index: number): ThreadSlot {
    this.#slots[index] ??= new ThreadSlot(this.#rows, index);
    return this.#slots[index];
  }

  close(): void {
    this.#team.close();
  }
}

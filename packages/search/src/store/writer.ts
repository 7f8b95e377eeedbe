/**
 * The one writer of a collection: puts concurrent writes into groups, each one durable transaction.
 *
 * @module
 */
import type { Filter, UpdateResult } from '../types/index.js';
import type { Stage } from './stage.js';

/** A write that is waiting. */
export interface Write {
  /** Whether it looks at more than the points it names, so that earlier writes must be visible first. */
  readonly alone: boolean;
  /** The filter that it chooses points by: what that looks at is made ready before {@link stage}. */
  readonly filter?: Filter | undefined;
  /** Rough size in bytes. */
  readonly bytes: number;
  /** Works its changes out; throws before it changes the stage, or not at all. */
  stage(stage: Stage, version: number): void;
}

/** Carries a group out. Returns the number of the last write. Throws when nothing of the group was done. */
export type CommitGroup = (writes: readonly Write[]) => Promise<PromiseSettledResult<number>[]>;

interface Pending {
  readonly write: Write | (() => Promise<void>);
  readonly resolve: (version: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Bytes of payloads and vectors in one transaction, beyond which no more writes join it: handing as many to the
 * database keeps the event loop busy for about 15 ms.
 */
const GROUP_BYTES = 4 * 2 ** 20;

/** Runs writes in their order. */
export class Writer {
  readonly #commit: CommitGroup;
  readonly #waiting: Pending[] = [];
  #running: Promise<void> | undefined;

  constructor(commit: CommitGroup) {
    this.#commit = commit;
  }

  /** Resolves once the write is durable and visible. */
  async submit(write: Write): Promise<UpdateResult> {
    return { operation_id: await this.#enqueue(write), status: 'completed' };
  }

  /** Runs `work` while no write is under way. */
  async exclusively(work: () => Promise<void>): Promise<void> {
    await this.#enqueue(work);
  }

  /** Resolves when nothing is waiting. */
  async drained(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #enqueue(write: Pending['write']): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined;
      });
    });
  }

  async #run(): Promise<void> {
    // Writes of the same turn of the event loop share the first group.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      const [first] = group;
      if (typeof first!.write === 'function')
        await first!.write().then(() => first!.resolve(0), first!.reject);
      else await this.#runGroup(group);
    }
  }

  async #runGroup(group: readonly Pending[]): Promise<void> {
    try {
      const results = await this.#commit(group.map(({ write }) => write as Write));
      results.forEach((result, i) => {
        if (result.status === 'fulfilled') group[i]!.resolve(result.value);
        else group[i]!.reject(result.reason);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  #takeGroup(): Pending[] {
    const group = [this.#waiting.shift()!];
    if (typeof group[0]!.write === 'function') return group;
    let bytes = group[0]!.write.bytes;
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (typeof next.write === 'function' || next.write.alone) break;
      bytes += next.write.bytes;
      if (bytes > GROUP_BYTES) break;
      group.push(this.#waiting.shift()!);
    }
    return group;
  }
}

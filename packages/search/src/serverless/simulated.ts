/**
 * The functions in one process, with containers, latency and limits as a cloud has them.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import { folderObjects, type ObjectStore, type SquashIndex, saveSquash } from '../squash/index.js';
import { queryServerless, type ServerlessOptions, type ServerlessResult } from './client.js';
import { Container } from './container.js';
import { PAYLOAD_LIMIT } from './messages.js';
import { runFunction } from './names.js';
import type { Invoke } from './platform.js';

/** Options of {@link simulatedFunctions}. */
export interface SimulationOptions {
  /** Milliseconds from a call until the function starts. Default 0. */
  readonly latency?: number;
  /** Whether containers keep their data. Default true. */
  readonly retention?: boolean;
  /** MB of each function. Default 1769, which is one processor on AWS Lambda. */
  readonly memory?: number;
  /**
   * Called when a function starts, with its name and milliseconds since 1970. It starts when what this returns resolves, and
   * fails when that does: to see what becomes of slow and failing functions.
   */
  readonly onStart?: (name: string, at: number) => void | Promise<void>;
}

/** What a function of this memory gets on AWS Lambda is one processor. */
export const DEFAULT_MEMORY = 1769;
/** Time limit of a function. */
const LIMIT_MS = 900_000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Functions over an object store: each invocation takes a free container of its function, or a new one. */
export function simulatedFunctions(store: ObjectStore, options: SimulationOptions = {}): Invoke {
  const { latency = 0, retention = true, memory = DEFAULT_MEMORY, onStart } = options;
  const free = new Map<string, Container[]>();
  const start = async (name: string, text: string): Promise<unknown> => {
    if (latency > 0) await wait(latency);
    await onStart?.(name, Date.now());
    const idle = free.get(name) ?? [];
    free.set(name, idle);
    const container = (retention ? idle.pop() : undefined) ?? new Container();
    try {
      const platform = { invoke, objects: store, container, memory, ends: Date.now() + LIMIT_MS };
      return JSON.parse(JSON.stringify(await runFunction(name, JSON.parse(text), platform)));
    } finally {
      idle.push(container);
    }
  };
  const invoke: Invoke = async (name, event, { signal }) => {
    const text = JSON.stringify(event);
    if (text.length > PAYLOAD_LIMIT)
      throw new FletchError('LIMIT_EXCEEDED', `The event of ${name} has ${text.length} bytes.`);
    // The caller waits no longer than it said; the function goes on, as it does in a cloud.
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      start(name, text).then(resolve, reject);
    });
  };
  return invoke;
}

/** Objects in memory. */
export function memoryObjects(): ObjectStore {
  const objects = new Map<string, Uint8Array>();
  return {
    async get(key, range) {
      const bytes = objects.get(key);
      if (!bytes) throw new FletchError('NOT_FOUND', `There is no ${key}.`, { details: { key } });
      return range ? bytes.slice(range.from, range.to) : bytes;
    },
    async put(key, bytes) {
      objects.set(key, bytes);
    },
    list: async (prefix) => [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}

/** Options of {@link runServerless}. */
export interface RunServerlessOptions extends ServerlessOptions, SimulationOptions {
  /** Hits of each query. Default 10. */
  readonly k?: number;
  /** Times that the queries are asked, one after the other; the last answer is returned. Default 1. */
  readonly rounds?: number;
  /** Folder of the index's objects. Default: memory. */
  readonly folder?: string;
}

/**
 * Runs queries through the whole tree of functions in this process: coordinator, allocators, processors, object store.
 *
 * @param queries - n x d
 * @returns one result a round
 * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE`, `LIMIT_EXCEEDED`
 */
export async function runServerless(
  index: SquashIndex,
  queries: Matrix<Float32Array>,
  { k = 10, rounds = 1, folder, ...options }: RunServerlessOptions = {},
): Promise<ServerlessResult[]> {
  const store = folder === undefined ? memoryObjects() : folderObjects(folder);
  await saveSquash(index, store);
  const invoke = simulatedFunctions(store, options);
  const results: ServerlessResult[] = [];
  for (let round = 0; round < rounds; round++)
    results.push(await queryServerless(invoke, queries, k, options));
  return results;
}

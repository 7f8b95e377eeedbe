/**
 * What the pool and its threads say to each other.
 *
 * @module
 */
import type { Kernels } from './kernels.js';

/** Kernels that run in a thread. */
export type ThreadCall = 'searchMany' | 'compare' | 'maxSim' | 'link' | 'repair' | 'mend' | 'encode';

/** What a thread is told when it starts. */
export interface ThreadData {
  /** Whether it leaves the processor to other threads that want it. */
  readonly stepsBack: boolean;
}

export type ToThread =
  | { open: number; memory: WebAssembly.Memory; module: WebAssembly.Module; slot: number }
  | { close: number }
  /** `bytes`: how much of the memory the job may use. */
  | { job: number; on: number; bytes: number; call: ThreadCall; args: readonly number[] };

export type FromThread = { job: number; result?: number; error?: string };

/** Calls one of the kernels by name. */
export function callKernel(kernels: Kernels, call: ThreadCall, args: readonly number[]): number {
  const run = kernels[call] as (...args: readonly number[]) => number | undefined;
  return run(...args) ?? 0;
}

/**
 * A thread of the pool: holds an instance of the kernels for every memory it was given.
 *
 * @module
 */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { instantiate, type Kernels } from './kernels.js';
import { callKernel, type FromThread, type ThreadData, type ToThread } from './protocol.js';

/** The niceness of threads that step back: they get about a third of what another thread gets. */
const NICENESS = 5;

// On Linux a priority is that of the calling thread; elsewhere it would be that of the whole process.
if ((workerData as ThreadData).stepsBack && process.platform === 'linux') {
  try {
    setPriority(NICENESS);
  } catch {
    // A sandbox may forbid it; then all threads are alike.
  }
}

const opened = new Map<number, Opened>();

interface Opened {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
}

/**
 * Lets this thread know how large the memory is. V8 tells the threads that have a memory when it grows, but not one that
 * is just being given it: such a thread keeps the size of before, and its atomic instructions fail behind that.
 */
function catchUp({ memory }: Opened, bytes: number): void {
  if (memory.buffer.byteLength < bytes) memory.grow(0);
}

function run(message: Extract<ToThread, { job: number }>): FromThread {
  const { job, on, bytes, call, args } = message;
  try {
    const one = opened.get(on);
    if (!one) throw new Error(`Memory ${on} is not open in this thread.`);
    catchUp(one, bytes);
    return { job, result: callKernel(one.kernels, call, args) };
  } catch (error) {
    return { job, error: String(error) };
  }
}

parentPort?.on('message', (message: ToThread) => {
  if ('open' in message) {
    const { open, module, memory, slot } = message;
    opened.set(open, { kernels: instantiate(module, memory, slot), memory });
  } else if ('close' in message) opened.delete(message.close);
  else parentPort?.postMessage(run(message));
});

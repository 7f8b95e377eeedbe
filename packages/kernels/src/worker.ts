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

const opened = new Map<number, Kernels>();

function run(message: Extract<ToThread, { job: number }>): FromThread {
  const { job, on, call, args } = message;
  try {
    const kernels = opened.get(on);
    if (!kernels) throw new Error(`Memory ${on} is not open in this thread.`);
    return { job, result: callKernel(kernels, call, args) };
  } catch (error) {
    return { job, error: String(error) };
  }
}

parentPort?.on('message', (message: ToThread) => {
  if ('open' in message) opened.set(message.open, instantiate(message.module, message.memory, message.slot));
  else if ('close' in message) opened.delete(message.close);
  else parentPort?.postMessage(run(message));
});

/**
 * A thread of the pool: holds an instance of the kernels for every memory it was given.
 *
 * @module
 */
import { parentPort } from 'node:worker_threads';
import { instantiate, type Kernels } from './kernels.js';
import { callKernel, type FromThread, type ToThread } from './protocol.js';

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

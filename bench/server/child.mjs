/** Processes that answer calls: the server, those who load it, and those who measure without it. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Starts a module of this folder that calls {@link answerCalls}.
 *
 * @returns {{ call: (name: string, options?: object) => Promise<any>, stop: () => Promise<void>, pid: number }}
 */
export function startChild(module) {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)));
  const waiting = new Map();
  let calls = 0;
  let ended;
  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(`${module}: ${error}`));
  });
  const exit = new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      ended = new Error(`${module} ended with ${signal ?? code}`);
      for (const { reject } of waiting.values()) reject(ended);
      resolve();
    });
  });
  return {
    pid: child.pid,
    call(name, options = {}) {
      if (ended) return Promise.reject(ended);
      const id = calls++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        child.send({ id, name, options });
      });
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exit;
    },
  };
}

/** Answers the calls of the process that started this one, and ends with it. */
export function answerCalls(handlers, onEnd = () => {}) {
  process.on('message', async ({ id, name, options }) => {
    try {
      process.send({ id, result: await handlers[name](options) });
    } catch (error) {
      process.send({ id, error: error.stack ?? String(error) });
    }
  });
  process.on('disconnect', async () => {
    await onEnd();
    process.exit(0);
  });
}

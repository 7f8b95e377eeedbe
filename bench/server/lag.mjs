/** How long the event loop of this process is kept busy at a time. */
import { openSync, readSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const buffer = Buffer.alloc(64);
let schedule;
try {
  schedule = openSync('/proc/self/schedstat', 'r');
} catch {
  // Only Linux tells.
}

/** Milliseconds of processor time that this thread has had. */
function processorTime() {
  if (schedule === undefined) return Number.NaN;
  const length = readSync(schedule, buffer, 0, buffer.length, 0);
  return Number(buffer.toString('latin1', 0, length).split(' ', 1)[0]) / 1e6;
}

/**
 * Two measures in milliseconds: `delay`, how late timers come, which also counts the time in which the machine ran
 * something else; and `own`, the processor time that passes between two turns of the loop, which does not.
 */
export function watchLag() {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  let own = [];
  let last = processorTime();
  const timer = setInterval(() => {
    const now = processorTime();
    own.push(now - last);
    last = now;
  }, 1).unref();
  const rounded = (value) => Number(value.toFixed(2));
  return {
    reset() {
      delays.reset();
      own = [];
      last = processorTime();
    },
    read() {
      const sorted = own.slice().sort((a, b) => a - b);
      const at = (share) => rounded(sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN);
      return {
        // The resolution is part of every delay.
        delay: { p99: rounded(delays.percentile(99) / 1e6 - 5), max: rounded(delays.max / 1e6 - 5) },
        own: { p99: at(0.99), max: at(1) },
      };
    },
    stop() {
      delays.disable();
      clearInterval(timer);
    },
  };
}

/**
 * Files that are damaged in thousands of ways, by seeds: each must be read, or refused with a typed error.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import { expect } from 'vitest';

/** How many times as many files are made: `npm run soak` sets it. */
const factor = Number(process.env.FLETCH_FUZZ ?? 1);

/** Milliseconds that one test may take. */
export const fuzzTimeout = 60_000 * factor;

const allowed = [
  ...['read', 'INVALID_INPUT_FILE', 'INVALID_ARGUMENT', 'NOT_FOUND', 'UNSAFE_FORMAT'],
  ...['UNSAFE_PATH', 'SHARD_MISMATCH'],
];

function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Numbers that break arithmetic. */
const extremes = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

const extremes64 = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 40n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

/** Flips, length fields, cuts, splices. */
function damage(content: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(content);
  for (let times = 1 + random(3); times > 0; times--) {
    // Headers stand at the beginning or the end.
    const place = random(3);
    const span = Math.min(bytes.length, 160);
    const at =
      place === 0 ? random(span) : place === 1 ? bytes.length - 1 - random(span) : random(bytes.length);
    switch (random(6)) {
      case 0:
        bytes[at] = random(256);
        break;
      case 1:
        bytes[at] = bytes[at]! ^ (1 << random(8));
        break;
      case 2:
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(extremes[random(extremes.length)]!, at);
        break;
      case 3:
        bytes = bytes.subarray(0, Math.max(1, at));
        break;
      case 4:
        if (at + 8 <= bytes.length) bytes.writeBigUInt64LE(extremes64[random(extremes64.length)]!, at);
        break;
      default:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          content.subarray(random(content.length)).subarray(0, 40),
          bytes.subarray(at),
        ]);
    }
  }
  return bytes;
}

/**
 * Makes `runs` damaged files of a sound one and has each read.
 *
 * @param attempt - reads one; what it throws must be a typed error
 * @param longest - milliseconds of processor time that this may take: the clock also counts what other programs do
 */
export async function fuzz(
  name: string,
  content: Buffer,
  runs: number,
  attempt: (damaged: Buffer) => unknown,
  longest = 2000,
): Promise<void> {
  const random = generator(name.length * 7919 + content.length);
  const outcomes: Record<string, number> = {};
  let slowest = 0;
  let largest = 0;
  for (let run = 0; run < runs * factor; run++) {
    const damaged = damage(content, random);
    const before = process.memoryUsage().arrayBuffers;
    const started = process.cpuUsage();
    let outcome: string = 'read';
    try {
      await attempt(damaged);
    } catch (error) {
      // The file that does it is the report.
      if (!isFletchError(error))
        throw new Error(`run ${run}: ${(error as Error).stack}\n${damaged.toString('base64')}`);
      outcome = error.code;
    }
    const { user, system } = process.cpuUsage(started);
    slowest = Math.max(slowest, (user + system) / 1000);
    largest = Math.max(largest, process.memoryUsage().arrayBuffers - before);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  expect(Object.keys(outcomes).filter((code) => !allowed.includes(code))).toEqual([]);
  expect(outcomes.INVALID_INPUT_FILE).toBeGreaterThan(0);
  expect(slowest).toBeLessThan(longest);
  expect(largest).toBeLessThan(64 * 2 ** 20);
}

/**
 * A file system whose n-th call fails, for tests: SQLite's loop.
 *
 * A test file puts it under the code with `vi.mock('node:fs/promises', …)` and `vi.mock('node:fs', …)`. Calls count
 * while {@link failing} runs, whatever thread of promises they belong to; LMDB's own are not seen.
 *
 * @module
 */
import type * as callbacks from 'node:fs';
import type * as promises from 'node:fs/promises';

/** What the operating system may answer. */
export const errnos = ['EIO', 'ENOSPC', 'EROFS', 'EACCES', 'EMFILE'] as const;

interface Plan {
  /** Number of the call that fails, from 1 on. */
  readonly at: number;
  readonly errno: string;
  /** Whether all calls after it fail too. */
  readonly lasting: boolean;
}

let plan: Plan | undefined;
let calls = 0;
let struck: string | undefined;

/** Runs `work` under a plan; the call that failed, when there were as many. */
export async function failing<T>(
  with_: Plan,
  work: () => Promise<T>,
): Promise<{ struck: string | undefined; result: PromiseSettledResult<T> }> {
  [plan, calls, struck] = [with_, 0, undefined];
  try {
    const [result] = await Promise.allSettled([work()]);
    return { struck, result };
  } finally {
    plan = undefined;
  }
}

function strike(call: string, path: unknown): NodeJS.ErrnoException | undefined {
  if (!plan) return undefined;
  calls++;
  if (calls !== plan.at && !(plan.lasting && calls > plan.at)) return undefined;
  struck ??= `${call} ${String(path)}`;
  return Object.assign(new Error(`${plan.errno}: as planned, ${call} '${String(path)}'`), {
    code: plan.errno,
    syscall: call,
  });
}

const CALLS = [
  'access',
  'copyFile',
  'link',
  'lstat',
  'mkdir',
  'open',
  'readFile',
  'readdir',
  'realpath',
  'rename',
  'rm',
  'stat',
  'writeFile',
] as const;
const HANDLE_CALLS = ['read', 'stat', 'sync', 'truncate', 'write', 'writeFile'] as const;

type Call = (...args: unknown[]) => Promise<unknown>;

/** `node:fs/promises` whose calls may fail. */
export function failingPromises(real: typeof promises): typeof promises {
  const wrapped: Record<string, unknown> = { ...real };
  for (const name of CALLS)
    wrapped[name] = async (...args: unknown[]) => {
      const error = strike(name, args[0]);
      if (error) throw error;
      const result = await (real[name] as Call)(...args);
      return name === 'open' ? failingHandle(result as promises.FileHandle, args[0]) : result;
    };
  return { ...wrapped, default: wrapped } as never;
}

function failingHandle(handle: promises.FileHandle, path: unknown): promises.FileHandle {
  for (const name of HANDLE_CALLS) {
    const call = (handle[name] as Call).bind(handle);
    (handle as unknown as Record<string, Call>)[name] = async (...args) => {
      const error = strike(name, path);
      if (error) throw error;
      return call(...args);
    };
  }
  return handle;
}

/** `node:fs` whose streams may fail. */
export function failingStreams(real: typeof callbacks): typeof callbacks {
  const lower = (path: unknown) => {
    const wrap =
      (name: 'open' | 'read' | 'write' | 'writev') =>
      (...args: unknown[]): void => {
        const done = args.at(-1) as (error: Error) => void;
        const error = strike(name, path);
        if (error) queueMicrotask(() => done(error));
        else (real[name] as (...all: unknown[]) => void)(...args);
      };
    const calls = { open: wrap('open'), read: wrap('read'), write: wrap('write'), writev: wrap('writev') };
    return { ...calls, close: real.close };
  };
  const createReadStream = (path: string, options: object) =>
    real.createReadStream(path, { ...options, fs: lower(path) } as never);
  const createWriteStream = (path: string, options: object) =>
    real.createWriteStream(path, { ...options, fs: lower(path) } as never);
  const wrapped = { ...real, createReadStream, createWriteStream };
  return { ...wrapped, default: wrapped } as never;
}

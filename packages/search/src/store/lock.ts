/**
 * The lock that lets one process at a time open a store.
 *
 * @module
 */
import { takeLock } from '@fletch/base';

/**
 * Takes the lock of the store at `folder`; one left by a process that is gone is taken over.
 *
 * @param folder - real path of the store
 * @returns a function that releases the lock
 * @throws FletchError `LOCKED` with the process number
 */
export function lockStore(folder: string): Promise<() => Promise<void>> {
  return takeLock(folder, {
    what: 'The store',
    advice: "Close it there, or use that process's HTTP interface.",
  });
}

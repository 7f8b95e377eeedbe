/**
 * Places where tests end the process, to see what a crash there leaves behind.
 *
 * @module
 */

/** Ends the process at once when `FLETCH_CRASH_POINT` names this place; otherwise does nothing. */
export function crashPoint(name: string): void {
  if (process.env.FLETCH_CRASH_POINT === name) process.kill(process.pid, 'SIGKILL');
}

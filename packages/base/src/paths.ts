/**
 * Where Fletch keeps what it makes.
 *
 * @module
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The cache of everything that can be made or fetched again: `FLETCH_CACHE`, else `~/.cache/fletch`. */
export function cacheFolder(): string {
  return process.env.FLETCH_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fletch');
}

/** The folder of the user's collections: `FLETCH_HOME`, else `~/.fletch`. */
export function homeFolder(): string {
  return process.env.FLETCH_HOME || join(homedir(), '.fletch');
}

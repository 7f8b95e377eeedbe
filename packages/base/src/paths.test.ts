import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { cacheFolder, homeFolder } from './paths.js';

afterEach(() => vi.unstubAllEnvs());

it('takes the folders from the environment', () => {
  vi.stubEnv('FLETCH_CACHE', '/a');
  vi.stubEnv('FLETCH_HOME', '/b');
  expect([cacheFolder(), homeFolder()]).toEqual(['/a', '/b']);
});

it('falls back to folders below the home', () => {
  vi.stubEnv('FLETCH_CACHE', '');
  vi.stubEnv('FLETCH_HOME', '');
  vi.stubEnv('XDG_CACHE_HOME', '');
  expect([cacheFolder(), homeFolder()]).toEqual([
    join(homedir(), '.cache', 'fletch'),
    join(homedir(), '.fletch'),
  ]);
});

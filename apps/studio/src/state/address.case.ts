/** A browser's address and history in an array, for the tests of the state. */
import type { Browser } from './route.js';

export interface FakeBrowser extends Browser {
  readonly entries: string[];
  back(): void;
}

export function fakeBrowser(hash = ''): FakeBrowser {
  const entries = [hash];
  const listeners: (() => void)[] = [];
  return {
    entries,
    location: {
      get hash() {
        return entries.at(-1)!;
      },
    },
    history: {
      pushState: (_state, _title, url) => void entries.push(String(url)),
      replaceState: (_state, _title, url) => {
        entries[entries.length - 1] = String(url);
      },
    },
    addEventListener: (_type, listener) => void listeners.push(listener),
    back() {
      entries.pop();
      for (const listener of listeners) listener();
    },
  };
}

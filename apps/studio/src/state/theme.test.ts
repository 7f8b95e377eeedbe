import { describe, expect, it } from 'vitest';
import { safeStorage } from './storage.js';
import { createTheme, type DarkQuery } from './theme.js';

function system(matches: boolean) {
  const listeners: ((event: { matches: boolean }) => void)[] = [];
  const query: DarkQuery = { matches, addEventListener: (_, listener) => void listeners.push(listener) };
  return {
    query,
    change(dark: boolean) {
      for (const listener of listeners) listener({ matches: dark });
    },
  };
}

const forgetful = () =>
  safeStorage(() => {
    throw new Error('storage is blocked');
  });

describe('theme', () => {
  it('follows the system until a choice is made, and again when the choice is the system’s', () => {
    const { query, change } = system(false);
    const keep = forgetful();
    const { theme, toggle } = createTheme(keep, query);
    expect(theme.value).toBe('light');
    change(true);
    expect(theme.value).toBe('dark');
    toggle();
    expect(theme.value).toBe('light');
    expect(createTheme(keep, query).theme.value).toBe('light');
    toggle();
    expect(keep.getItem('fletch.theme')).toBeNull();
    change(false);
    expect(theme.value).toBe('light');
  });

  it('ignores what it did not write', () => {
    const keep = forgetful();
    keep.setItem('fletch.theme', 'purple');
    expect(createTheme(keep, system(true).query).theme.value).toBe('dark');
  });
});

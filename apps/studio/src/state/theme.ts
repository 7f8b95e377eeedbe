/**
 * Light or dark: the system's choice until people make their own.
 *
 * @module
 */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Keep } from './storage.js';

export type Theme = 'light' | 'dark';

const KEY = 'fletch.theme';

export interface ThemeSwitch {
  readonly theme: ReadonlySignal<Theme>;
  toggle(): void;
}

/** The part of a media query list that is needed. */
export interface DarkQuery {
  readonly matches: boolean;
  addEventListener(type: 'change', listener: (event: { matches: boolean }) => void): void;
}

export function createTheme(keep: Keep, prefersDark: DarkQuery): ThemeSwitch {
  const system = signal<Theme>(prefersDark.matches ? 'dark' : 'light');
  prefersDark.addEventListener('change', ({ matches }) => {
    system.value = matches ? 'dark' : 'light';
  });
  const stored = keep.getItem(KEY);
  const chosen = signal<Theme | null>(stored === 'light' || stored === 'dark' ? stored : null);
  const theme = computed(() => chosen.value ?? system.value);
  return {
    theme,
    toggle() {
      const next = theme.value === 'dark' ? 'light' : 'dark';
      chosen.value = next;
      // Back at the system's own choice, the page follows it again.
      if (next === system.value) keep.removeItem(KEY);
      else keep.setItem(KEY, next);
      if (next === system.value) chosen.value = null;
    },
  };
}

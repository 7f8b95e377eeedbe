/**
 * JSON that a form writes and people may change by hand: from then on the text counts, until they go back.
 *
 * @module
 */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { type Parsed, parseJson, pretty } from '../lib/json.js';

export interface Draft {
  readonly text: ReadonlySignal<string>;
  readonly parsed: ReadonlySignal<Parsed>;
  /** Whether the text is people's own. */
  readonly edited: ReadonlySignal<boolean>;
  edit(text: string): void;
  /** Drops what was written by hand. */
  reset(): void;
}

/** @param built - what the form stands for */
export function createDraft(built: ReadonlySignal<unknown>): Draft {
  const own = signal<string | null>(null);
  const text = computed(() => own.value ?? pretty(built.value));
  return {
    text,
    parsed: computed(() => parseJson(text.value)),
    edited: computed(() => own.value !== null),
    edit(next) {
      if (next !== text.value) own.value = next;
    },
    reset() {
      own.value = null;
    },
  };
}

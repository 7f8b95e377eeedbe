import { signal } from '@preact/signals';
import { expect, it } from 'vitest';
import { createDraft } from './draft.js';

it('a draft follows its form until people write themselves, and again when they give that up', () => {
  const form = signal<unknown>({ limit: 1 });
  const draft = createDraft(form);
  expect(draft.text.value).toBe('{\n  "limit": 1\n}');
  draft.edit(draft.text.value);
  expect(draft.edited.value).toBe(false);
  draft.edit('{ "limit": }');
  form.value = { limit: 2 };
  expect(draft.text.value).toBe('{ "limit": }');
  expect(draft.parsed.value).toEqual({
    ok: false,
    message: 'expected a value, found `}`',
    line: 1,
    column: 12,
  });
  draft.reset();
  expect(draft.parsed.value).toEqual({ ok: true, value: { limit: 2 } });
});

import { describe, expect, it } from 'vitest';
import { asLine, display, textFieldOf, valueAt } from './display.js';

describe('display', () => {
  it('shows a WordNet entry as words, gloss and tags', () => {
    const payload = {
      words: ['grief', 'heartache'],
      gloss: 'intense sorrow caused by loss of a loved one',
      pos: 'noun',
      lexname: 'noun.feeling',
    };
    expect(
      display({ id: 1, payload }, { textField: 'gloss', tagFields: ['pos', 'lexname', 'absent'] }),
    ).toEqual({
      title: 'grief, heartache',
      text: 'intense sorrow caused by loss of a loved one',
      tags: [
        { key: 'pos', value: 'noun' },
        { key: 'lexname', value: 'noun.feeling' },
      ],
    });
  });

  it('falls back to the longest string and to the id', () => {
    const text = 'a long sentence about nothing in particular that goes on and on until it ends';
    expect(display({ id: 7, payload: { a: 'short', b: text } }, { tagFields: [] })).toEqual({
      title: '#7',
      text,
      tags: [],
    });
  });

  it('does not say a short text twice', () => {
    expect(display({ id: 7, payload: { caption: 'a red boat' } }, { tagFields: [] })).toMatchObject({
      title: 'a red boat',
      text: '',
    });
    expect(
      display({ id: 7, payload: { title: 'Boat', text: 'Boat' } }, { textField: 'text', tagFields: [] }),
    ).toMatchObject({ title: 'Boat', text: '' });
  });

  it('names the file of a document and the field of a bare number', () => {
    const payload = { source: { file: 'notes.md', line: 3 }, text: 'Tie the boat up.', draft: false };
    expect(display({ id: 1, payload }, { textField: 'text', tagFields: ['draft'] })).toEqual({
      title: 'notes.md',
      text: 'Tie the boat up.',
      tags: [{ key: 'draft', value: 'draft: false' }],
    });
  });

  it('shows points without a payload', () => {
    expect(display({ id: 'c0ffee00-0000-4000-8000-000000000000' }, { tagFields: ['pos'] })).toEqual({
      title: '#c0ffee00-0000-4000-8000-000000000000',
      text: '',
      tags: [],
    });
    expect(display({ id: 3, payload: null }, { textField: 'gloss', tagFields: [] }).title).toBe('#3');
  });
});

describe('payload access', () => {
  it('walks dotted paths and stops at what is not there', () => {
    expect(valueAt({ a: { b: [1, 2] } }, 'a.b')).toEqual([1, 2]);
    expect(valueAt({ a: 1 }, 'a.b')).toBeUndefined();
    expect(valueAt(null, 'a')).toBeUndefined();
  });

  it('writes lists as lines and refuses objects', () => {
    expect(asLine(['a', 2, true])).toBe('a, 2, true');
    expect(asLine([{ a: 1 }])).toBe('');
    expect(asLine(null)).toBe('');
  });

  it('ignores a hint that the payload does not have', () => {
    expect(textFieldOf({ body: 'hello' }, 'gloss')).toBe('body');
    expect(textFieldOf({ n: 1 })).toBeUndefined();
  });
});

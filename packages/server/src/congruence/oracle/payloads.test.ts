/**
 * The oracle's payload paths, dates, texts and ids against facts of Qdrant's own tests.
 */
import type { Json } from '@fletch/base';
import type { TextIndexParams } from '@fletch/search';
import { describe, expect, test } from 'vitest';
import { readDate } from './dates.case.js';
import { canonicalId, compareIds, inSlice, sliceHash } from './ids.case.js';
import { compareStrings } from './json.case.js';
import { mergedAt, parsePath, removedAt, selectPayload, valuesAt } from './path.case.js';
import { indexedMatch, tokensAsked, tokensOf } from './text.case.js';

const UUID = '550e8400-e29b-41d4-a716-446655440000';

describe('paths (lib/segment/src/json_path)', () => {
  const payload = { a: { b: [{ c: 1 }, { c: 2 }, { d: { e: 3 } }] }, f: 3, g: ['g0', 'g1', 'g2'] };
  const at = (value: Json, path: string) => valuesAt(value, parsePath(path));

  test.each<[string, Json[]]>([
    ['a.b', [payload.a.b]],
    ['a.b[]', payload.a.b],
    ['a.b[].c', [1, 2]],
    ['a.b[].d', [{ e: 3 }]],
    ['a.b[1].c', [2]],
    ['g[2]', ['g2']],
    ['a.b[3]', []],
    ['a.b.c', []],
    ['f[]', []],
  ])('values at %s', (path, values) => {
    expect(at(payload, path)).toEqual(values);
  });

  test('arrays at the end of a path stay closed, unless it ends in []', () => {
    const arrays = { arr: [{ a: [1, 2, 3] }, { a: 4 }, { b: 5 }], b: [null, null], c: [] };
    expect(at(arrays, 'arr[].a')).toEqual([[1, 2, 3], 4]);
    expect(at(arrays, 'arr[].a[]')).toEqual([1, 2, 3]);
    expect(at(arrays, 'b')).toEqual([[null, null]]);
    expect(at(arrays, 'b[]')).toEqual([null, null]);
    expect(at(arrays, 'c[]')).toEqual([]);
  });

  test('a path with quotes and indexes', () => {
    expect(parsePath('foo[1][50].bar-baz[]."qux[.]quux"')).toEqual([
      { key: 'foo' },
      { index: 1 },
      { index: 50 },
      { key: 'bar-baz' },
      '[]',
      { key: 'qux[.]quux' },
    ]);
  });

  test.each<[string, Json, string | undefined, { [key: string]: Json }, Json]>([
    ['at the top', payload, undefined, { c: 5 }, { ...payload, c: 5 }],
    ['over an array', payload, 'a', { b: 5 }, { ...payload, a: { b: 5 } }],
    [
      'in an element',
      payload,
      'a.b[1]',
      { c: 5 },
      { ...payload, a: { b: [{ c: 1 }, { c: 5 }, { d: { e: 3 } }] } },
    ],
    ['of nothing', payload, 'a.b[1]', {}, payload],
    ['where nothing is', {}, 'key1.key2', { c: 1 }, { key1: { key2: { c: 1 } } }],
    ['in an element that is not there', {}, 'key1.key2[3]', { c: 1 }, { key1: { key2: [] } }],
    ['in elements that are not there', {}, 'key1.key2[].key3', { c: 1 }, { key1: { key2: [] } }],
    ['over a scalar', { a: 10 }, 'a.b.c', { x: 1 }, { a: { b: { c: { x: 1 } } } }],
    ['of a null', { a: 1, b: 2 }, undefined, { a: null, c: null }, { b: 2 }],
  ])('merging %s', (_, value, key, patch, expected) => {
    expect(mergedAt(value, key === undefined ? [] : parsePath(key), patch)).toEqual(expected);
  });

  test('removing, one after the other', () => {
    let left: Json = {
      a: 1,
      b: {
        c: 123,
        e: {
          f: [1, 2, 3],
          g: 7,
          i: [
            { j: 1, k: 2 },
            { j: 3, k: 4 },
          ],
        },
      },
    };
    const remove = (path: string) => {
      left = removedAt(left, parsePath(path));
      return left;
    };
    expect(remove('b.c')).toEqual({
      a: 1,
      b: {
        e: {
          f: [1, 2, 3],
          g: 7,
          i: [
            { j: 1, k: 2 },
            { j: 3, k: 4 },
          ],
        },
      },
    });
    expect(remove('b.e.i[0].j')).toEqual({
      a: 1,
      b: { e: { f: [1, 2, 3], g: 7, i: [{ k: 2 }, { j: 3, k: 4 }] } },
    });
    expect(remove('b.e.i[].k')).toEqual({ a: 1, b: { e: { f: [1, 2, 3], g: 7, i: [{}, { j: 3 }] } } });
    expect(remove('b.e.f[1]')).toEqual({ a: 1, b: { e: { f: [1, 2, 3], g: 7, i: [{}, { j: 3 }] } } });
    expect(remove('b.e.i[]')).toEqual({ a: 1, b: { e: { f: [1, 2, 3], g: 7, i: [] } } });
    expect(remove('b.e.l')).toEqual(left);
    expect(remove('b')).toEqual({ a: 1 });
  });

  test('with_payload', () => {
    expect(selectPayload(payload, ['a.b[].c'])).toEqual({ a: { b: [{ c: 1 }, { c: 2 }, {}] } });
    expect(selectPayload(payload, { include: ['a', 'f'] })).toEqual({ a: payload.a, f: 3 });
    expect(selectPayload(payload, { exclude: ['a.b[].c', 'g'] })).toEqual({
      a: { b: [{}, {}, { d: { e: 3 } }] },
      f: 3,
    });
    // Elements of arrays are at `[]`: a path past them without it does not reach them.
    expect(selectPayload(payload, ['a.b.c', 'g[0]'])).toEqual({ a: { b: [] }, g: [] });
    expect(selectPayload(payload, false)).toBeUndefined();
  });
});

describe('dates (DateTimeWrapper in lib/segment/src/types.rs)', () => {
  test.each([
    '2020-03-01T00:00:00Z',
    '2020-03-01T09:00:00+09:00',
    '2020-02-29 15:00:00-0900',
    '2020-02-29T15:00:00-0900',
    '2020-02-29 15:00:00-09',
    '2020-03-01T00:00:00.000Z',
    '2020-03-01T00:00:00',
    '2020-03-01 00:00:00.0000',
    '2020-03-01T00:00',
    '2020-03-01 00:00',
    '2020-03-01',
  ])('%s', (text) => {
    expect(readDate(text)).toBe(Date.UTC(2020, 2, 1) * 1000);
  });

  test('microseconds, and what is no date', () => {
    expect(readDate('2020-03-01T00:00:00.123456Z')! - readDate('2020-03-01')!).toBe(123_456);
    for (const text of [
      '2014-01-01T00:00:00BAD',
      '2014-02-30',
      '2014',
      'yesterday',
      '2014-01-01T25:00:00Z',
      '',
    ])
      expect(readDate(text)).toBeUndefined();
  });

  test('zones count in the order', () => {
    const texts = [
      '2000-06-08 00:18:53+0900',
      '2000-06-07 07:25:34-1100',
      '2000-07-10T00:18:53+0100',
      '2000-07-11 00:25:34-01:00',
      '2000-07-11 00:25:35-01',
    ];
    const dates = texts.map((text) => readDate(text)!);
    expect(dates).toEqual([...dates].sort((a, b) => a - b));
  });
});

describe('texts (lib/segment/src/index/field_index/full_text_index)', () => {
  const word: TextIndexParams = { type: 'text' };
  const prefix: TextIndexParams = { type: 'text', tokenizer: 'prefix', min_token_len: 1, max_token_len: 4 };

  test('tokens', () => {
    expect(tokensOf('hello, world! Привет, мир!', word)).toEqual(['hello', 'world', 'привет', 'мир']);
    expect(tokensOf('Hello, world!', { ...word, tokenizer: 'whitespace', lowercase: false })).toEqual([
      'Hello,',
      'world!',
    ]);
    expect(tokensOf('hello, мир!', prefix)).toEqual(['h', 'he', 'hel', 'hell', 'м', 'ми', 'мир']);
    expect(tokensAsked('hello, мир!', { ...prefix, min_token_len: null })).toEqual(['hell', 'мир']);
    expect(tokensOf('The quick fox', { ...word, stopwords: { custom: ['the'] }, min_token_len: 4 })).toEqual([
      'quick',
    ]);
  });

  test('a prefix that is a stop word is found all the same', () => {
    const params: TextIndexParams = {
      ...prefix,
      min_token_len: 2,
      max_token_len: null,
      stopwords: { custom: ['the'] },
    };
    expect(tokensOf('theory', params)).toEqual(['th', 'the', 'theo', 'theor', 'theory']);
    expect(indexedMatch('text', 'the', ['theory'], params)).toBe(true);
  });

  test.each<['text' | 'text_any' | 'phrase', string, boolean]>([
    ['text', 'brown quick', true],
    ['text', 'brown cat', false],
    ['text', '', false],
    ['text_any', 'brown cat', true],
    ['phrase', 'quick brown fox', true],
    ['phrase', 'quick fox', false],
    ['phrase', 'quick brown bird', false],
    // Not over the end of an element.
    ['phrase', 'fox jumps', false],
  ])('%s "%s"', (kind, asked, holds) => {
    expect(
      indexedMatch(kind, asked, ['the quick brown fox', 'jumps'], { ...word, phrase_matching: true }),
    ).toBe(holds);
  });
});

describe('ids', () => {
  test('slices (test_slice_point_id_hash_contract)', () => {
    expect(sliceHash(0)).toBe(0xe849_e8bb_6ffe_2567n);
    expect(sliceHash(42)).toBe(0x0fc2_553f_0761_9dd3n);
    expect(sliceHash(UUID)).toBe(0xf5d0_ca21_ba34_d504n);
    for (let id = 0; id < 50; id++)
      expect([0, 1, 2].filter((index) => inSlice(id, { index, total: 3 }))).toHaveLength(1);
  });

  test('forms and order', () => {
    for (const form of [UUID.toUpperCase(), UUID.replaceAll('-', ''), `urn:uuid:${UUID}`])
      expect(canonicalId(form)).toBe(UUID);
    expect([UUID, 3, '00000000-0000-0000-0000-000000000001', 20].sort(compareIds)).toEqual([
      3,
      20,
      '00000000-0000-0000-0000-000000000001',
      UUID,
    ]);
  });

  test('strings are ordered by their bytes', () => {
    expect(['😀', 'Ａ', 'b', 'B', 'ba'].sort(compareStrings)).toEqual(['B', 'b', 'ba', 'Ａ', '😀']);
  });
});

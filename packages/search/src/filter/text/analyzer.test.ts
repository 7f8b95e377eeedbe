import { describe, expect, test } from 'vitest';
import type { TextIndexParams } from '../../types/index.js';
import { createAnalyzer } from './analyzer.js';
import { foldToAscii } from './folding.js';
import { stemmerLanguages, stemmerOf, stopwordLanguages, stopwordsOf } from './languages.js';

type Params = Omit<TextIndexParams, 'type'>;

describe('tokens', () => {
  test.each<[string, Params, string[]]>([
    ['Hello, Мир! x2 _y_', {}, ['hello', 'мир', 'x2', 'y']],
    ['Hello, Мир!', { lowercase: false }, ['Hello', 'Мир']],
    ["you'll be", { tokenizer: 'whitespace' }, ["you'll", 'be']],
    ["you'll be", { tokenizer: 'word' }, ['you', 'll', 'be']],
    [' \u3000a\tb\n', { tokenizer: 'whitespace' }, ['a', 'b']],
    ['', {}, []],
    ['a bb ccc dddd', { min_token_len: 2, max_token_len: 3 }, ['bb', 'ccc']],
    ['😀a', { tokenizer: 'whitespace', max_token_len: 2 }, ['😀a']],
    [
      'hello, мир!',
      { tokenizer: 'prefix', min_token_len: 1, max_token_len: 4 },
      ['h', 'he', 'hel', 'hell', 'м', 'ми', 'мир'],
    ],
    ['abc', { tokenizer: 'prefix' }, ['a', 'ab', 'abc']],
    ['a bcd', { tokenizer: 'prefix', min_token_len: 2 }, ['bc', 'bcd']],
    ['ação café jalapeño Über', {}, ['ação', 'café', 'jalapeño', 'über']],
    ['ação café jalapeño Über', { ascii_folding: true }, ['acao', 'cafe', 'jalapeno', 'uber']],
    ['ação', { tokenizer: 'prefix', ascii_folding: true, max_token_len: 3 }, ['a', 'ac', 'aca']],
    [
      'interestingly proceeding living',
      { stemmer: { type: 'snowball', language: 'english' } },
      ['interest', 'proceed', 'live'],
    ],
    ['interestingly', { stemmer: { type: 'none' } }, ['interestingly']],
    [
      'interestingly proceeding living',
      {
        tokenizer: 'prefix',
        min_token_len: 3,
        max_token_len: 4,
        stemmer: { type: 'snowball', language: 'en' },
      },
      ['int', 'inte', 'pro', 'proc', 'liv', 'live'],
    ],
    ['The quick fox jumps over the dog', { stopwords: 'english' }, ['quick', 'fox', 'jumps', 'dog']],
    ['The quick fox', { stopwords: { languages: ['en'], custom: ['QUICK'] } }, ['fox']],
    ['The fox y de', { stopwords: { languages: ['english', 'es'] } }, ['fox']],
    ['The LAZY lazy dog', { lowercase: false, stopwords: { custom: ['The', 'LAZY'] } }, ['lazy', 'dog']],
    [
      "It's used within Qdrant's code, 42 times.",
      { tokenizer: 'multilingual' },
      ['it', 's', 'used', 'within', 'qdrant', 's', 'code', 'times'],
    ],
    ['Über Größe', { tokenizer: 'multilingual' }, ['uber', 'große']],
  ])('%s with %j', (text, params, expected) => {
    expect(createAnalyzer({ type: 'text', ...params }).document(text)).toEqual(expected);
  });

  test.each<[string, Params, string[]]>([
    ['hello, мир!', { tokenizer: 'prefix', max_token_len: 4 }, ['hell', 'мир']],
    ['the theory', { tokenizer: 'prefix', stopwords: 'english' }, ['the', 'theory']],
    ['a bcd', { tokenizer: 'prefix', min_token_len: 2 }, ['bcd']],
    ['the fox', { stopwords: 'english' }, ['fox']],
  ])('of the query %s with %j', (text, params, expected) => {
    expect(createAnalyzer({ type: 'text', ...params }).query(text)).toEqual(expected);
  });
});

// Where words begin is for the dictionaries of the ICU that Node was built with.
test.each(['我是程序员他在北京', '本日の日付は', 'สวัสดีชาวโลก'])(
  '%s, without spaces, is cut into words',
  (text) => {
    const words = createAnalyzer({ type: 'text', tokenizer: 'multilingual' }).document(text);
    expect(words.length).toBeGreaterThan(1);
    expect(words.join('')).toBe(text.normalize('NFD').replace(/(?!\p{Script=Hiragana})\p{Mn}/gu, ''));
  },
);

test('letters are folded one by one, those of other scripts stay', () => {
  expect(foldToAscii('Straße, Łódź, Ærø, ñ, ﬁ, Привет, 東京, é')).toBe(
    'Strasse, Lodz, AEro, n, fi, Привет, 東京, e',
  );
});

describe('languages', () => {
  test('every list of stop words is one', () => {
    expect(stopwordLanguages).toHaveLength(26);
    for (const language of stopwordLanguages)
      expect(stopwordsOf(language).length, language).toBeGreaterThan(50);
    for (const [language, word] of [
      ['english', 'the'],
      ['german', 'und'],
      ['slovene', 'in'],
      ['hebrew', 'של'],
      ['chinese', '的'],
      ['japanese', 'これ'],
      ['russian', 'и'],
    ] as const)
      expect(stopwordsOf(language)).toContain(word);
  });

  // Pairs of forms from the vocabularies of the Snowball project.
  test.each([
    ['arabic', 'المعلمون', 'معلم'],
    ['danish', 'undersøgelsen', 'undersøg'],
    ['dutch', 'lichamelijkheden', 'licham'],
    ['english', 'consolations', 'consol'],
    ['finnish', 'edeltäjien', 'edeltäj'],
    ['french', 'majestueusement', 'majestu'],
    ['german', 'aufeinanderfolge', 'aufeinanderfolg'],
    ['greek', 'βιβλία', 'βιβλ'],
    ['hungarian', 'babakocsijáért', 'babakocs'],
    ['italian', 'abbandonata', 'abbandon'],
    ['norwegian', 'havnedistriktene', 'havnedistrikt'],
    ['portuguese', 'quilométricas', 'quilométr'],
    ['romanian', 'abruptă', 'abrupt'],
    ['russian', 'важнейшие', 'важн'],
    ['spanish', 'chicharrones', 'chicharron'],
    ['swedish', 'jaktkarlarne', 'jaktkarl'],
  ])('%s: %s → %s', (language, word, stem) => {
    expect(stemmerOf(language)(word)).toBe(stem);
  });

  test('every stemmer stems', () => {
    expect(stemmerLanguages).toHaveLength(19);
    for (const language of stemmerLanguages) expect(stemmerOf(language)('x'), language).toBe('x');
    expect(stemmerOf('turkish')('kitaplar')).toBe('kitap');
    expect(stemmerOf('armenian')('մարդկանց')).toBe('մարդկ');
    expect(stemmerOf('tamil')('மரங்கள்')).toBe('மரங்');
  });
});

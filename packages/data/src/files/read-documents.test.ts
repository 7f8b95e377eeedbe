import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { documentExtensions, readDocuments } from './read-documents.js';
import type { FileDocument, ReadDocumentsOptions } from './types.js';

const folder = mkdtempSync(join(tmpdir(), 'fletch-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(path: string, options?: ReadDocumentsOptions): Promise<FileDocument[]> {
  const documents: FileDocument[] = [];
  for await (const document of readDocuments(path, options)) documents.push(document);
  return documents;
}

const texts = async (path: string, options?: ReadDocumentsOptions) =>
  (await read(path, options)).map(({ text }) => text);

describe('text', () => {
  test('paragraphs, with the line they start on', async () => {
    const path = file('a.txt', '\n\nfirst line\n  second line\r\n \t\nother\n');
    expect(await read(path)).toEqual([
      { text: 'first line second line', payload: {}, source: { file: path, line: 3 } },
      { text: 'other', payload: {}, source: { file: path, line: 6 } },
    ]);
  });

  test('of an empty file are none', async () => {
    expect(await read(file('empty.txt', ''))).toEqual([]);
  });

  test('long paragraphs are cut after sentences, between words, or anywhere', async () => {
    const path = file(
      'long.txt',
      'One two three. Four five six seven eight nine\n\nabcdefghijklmnopqrstuvwxyz',
    );
    const pieces = await texts(path, { maxLength: 16 });
    expect(pieces).toEqual([
      ...['One two three.', 'Four five six', 'seven eight nine'],
      ...['abcdefghijklmnop', 'qrstuvwxyz'],
    ]);
  });

  test('cutting loses no word and keeps every piece short', async () => {
    const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(words, fc.integer({ min: 12, max: 60 }), async (list, maxLength) => {
        const text = list.map((word) => word.replace(/\s/g, '_')).join(' ');
        const pieces = await texts(file('property.txt', text), { maxLength });
        expect(pieces.every((piece) => piece.length <= maxLength && !/\p{Surrogate}/u.test(piece))).toBe(
          true,
        );
        expect(pieces.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
      { seed: 3, numRuns: 60 },
    );
  });
});

describe('markdown', () => {
  test('sections with the path of their headings', async () => {
    const path = file(
      'guide.md',
      [
        ...[
          '---',
          'title: x',
          '---',
          'preface',
          '',
          '# Guide #',
          '',
          'intro',
          '',
          'more',
          '## Setup',
          'do it',
        ],
        ...['```sh', '# not a heading', '```', '', 'Underlined', '-----', 'below', '# Other', '## Empty', ''],
      ].join('\n'),
    );
    expect(
      (await read(path)).map(({ text, payload, source }) => [payload.headings, text, source.line]),
    ).toEqual([
      [[], 'preface', 4],
      [['Guide'], 'intro\n\nmore', 8],
      [['Guide', 'Setup'], 'do it\n```sh\n# not a heading\n```', 12],
      [['Guide', 'Underlined'], 'below', 19],
    ]);
  });

  test('long sections are cut between paragraphs', async () => {
    const path = file('sections.markdown', '# A\n\none one\n\ntwo two\n\nthree three');
    expect(await read(path, { maxLength: 17 })).toMatchObject([
      { text: 'one one\n\ntwo two', payload: { headings: ['A'] }, source: { line: 3 } },
      { text: 'three three', payload: { headings: ['A'] }, source: { line: 7 } },
    ]);
  });
});

describe('JSON lines', () => {
  test('objects: text, id and payload', async () => {
    const id = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11';
    const path = file(
      'a.jsonl',
      `{"body":"x","n":1,"deep":{"a":[null]},"id":7}\n\n{"body":"y","id":"${id}"}`,
    );
    expect(await read(path, { textField: 'body', idField: 'id' })).toEqual([
      { id: 7, text: 'x', payload: { n: 1, deep: { a: [null] } }, source: { file: path, line: 1 } },
      { id: id.toLowerCase(), text: 'y', payload: {}, source: { file: path, line: 3 } },
    ]);
  });

  test('only the payload fields that were named', async () => {
    const path = file('b.ndjson', '{"text":"x","a":1,"b":2}\n{"text":"y","b":2}\n{"text":"  "}\n');
    expect((await read(path, { payloadFields: ['a'] })).map(({ payload }) => payload)).toEqual([
      { a: 1 },
      {},
    ]);
  });

  test('a field called __proto__ is a field', async () => {
    const [document] = await read(file('proto.jsonl', '{"text":"x","__proto__":{"polluted":1}}'));
    expect(Object.keys(document!.payload)).toEqual(['__proto__']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test.each([
    ['{"text":"x"}\n{"text":', /Line 2 of .*: this is not JSON/],
    ['[1]', /Line 1 .*not an object/],
    ['{"title":"x","body":"y"}', /Line 1 .*no text field "text"\. Fields: title, body/],
    ['{"text":5}', /Line 1 .*holds no text but 5/],
  ])('%j is refused with its line', async (content, message) => {
    const error = { code: 'INVALID_INPUT_FILE', message: expect.stringMatching(message) };
    await expect(read(file('bad.jsonl', content))).rejects.toMatchObject(error);
  });

  test.each(['-1', '1.5', '"x"', 'null', '9007199254740993'])('the id %s is refused', async (id) => {
    const path = file('id.jsonl', `{"text":"x","id":${id}}`);
    const error = {
      code: 'INVALID_INPUT_FILE',
      message: expect.stringContaining('neither an unsigned integer'),
    };
    await expect(read(path, { idField: 'id' })).rejects.toMatchObject(error);
  });
});

describe('CSV', () => {
  test('rows, with numbers and booleans where they read as such', async () => {
    const path = file(
      'a.csv',
      '\ufefftext,year,zip,ok,none\n"one, two",1999,007,true,\n"a\nb",0.5,1e3,x,y\n42,1,2,3,4\n',
    );
    expect(await read(path)).toEqual([
      { text: 'one, two', payload: { year: 1999, zip: '007', ok: true }, source: { file: path, line: 2 } },
      {
        text: 'a\nb',
        payload: { year: 0.5, zip: '1e3', ok: 'x', none: 'y' },
        source: { file: path, line: 3 },
      },
      { text: '42', payload: { year: 1, zip: 2, ok: 3, none: 4 }, source: { file: path, line: 5 } },
    ]);
  });

  test('tab-separated rows with ids', async () => {
    const path = file('a.tsv', 'id\tbody\n12\tone, two\n');
    expect(await read(path, { textField: 'body', idField: 'id' })).toMatchObject([
      { id: 12, text: 'one, two', payload: {} },
    ]);
  });

  test.each([
    ['text,a\nx,1\ny,2,3\n', {}, /Line 3 .*3 values, the header 2/],
    ['text,a\nx,1\n"y,2\n', {}, /Line \d .*does not parse/],
    ['text,a\nx,1\ny"z,2\n', {}, /Line 3 .*does not parse/],
    ['text,a,a\nx,1,2\n', {}, /Line 1 .*two columns are called "a"/],
    ['title,body\nx,1\n', {}, /no column "text"\. Columns: title, body/],
    ['text,a\nx,1\n', { payloadFields: ['b'] }, /no column "b"/],
    ['text,a\nx,1\n', { idField: 'key' }, /no column "key"/],
  ])('%j is refused', async (content, options, message) => {
    const error = { code: 'INVALID_INPUT_FILE', message: expect.stringMatching(message) };
    await expect(read(file('bad.csv', content), options)).rejects.toMatchObject(error);
  });
});

describe('encoding', () => {
  test('a byte-order mark is no part of the text', async () => {
    expect(await texts(file('bom.txt', '\ufeffhello'))).toEqual(['hello']);
  });

  test('characters may lie across the pieces in which a file is read', async () => {
    for (const shift of [0, 1, 2, 3]) {
      const text = `${'x'.repeat(65_536 - shift)}😀é`;
      expect(await texts(file('pieces.txt', text), { maxLength: 100_000 })).toEqual([text]);
    }
  });

  test.each([
    ['a stray byte', Buffer.from([0x61, 0x62, 0xff, 0x63]), 2],
    ['Latin-1', Buffer.from('na\u00efve text', 'latin1'), 2],
    ['UTF-16', Buffer.from('\ufeffhello', 'utf16le'), 0],
    ['a character cut off at the end', Buffer.from('ab😀').subarray(0, 5), 2],
    ['a surrogate', Buffer.from([0x61, 0xed, 0xa0, 0x80]), 1],
    ['a late byte', Buffer.concat([Buffer.alloc(70_000, 'a'), Buffer.from([0x80])]), 70_000],
  ])('%s is refused with its offset', async (_, bytes, offset) => {
    const path = file('bad.txt', bytes);
    await expect(read(path)).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringContaining(`${path} is not UTF-8: byte ${offset} `),
      details: { file: path, offset },
    });
  });

  test('any bytes are read or refused with a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom(...documentExtensions),
        async (bytes, ext) => {
          const result = await read(file(`fuzz${ext}`, bytes)).catch((error) => error.code);
          expect(Array.isArray(result) || result === 'INVALID_INPUT_FILE').toBe(true);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });
});

test('an unknown extension names the known ones', () => {
  expect(() => readDocuments('a.pdf')).toThrow(/unknown extension "\.pdf"\. Known: \.txt, \.md/);
  expect(() => readDocuments('a')).toThrow(/unknown extension\. Known/);
});

test('a missing file and a folder are named', async () => {
  await expect(read(join(folder, 'missing.txt'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const path = join(folder, 'folder.txt');
  mkdirSync(path);
  await expect(read(path)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: `${path} is a folder: name the files in it.`,
  });
});

test('a maxLength that is none is refused', () => {
  expect(() => readDocuments('a.txt', { maxLength: 0 })).toThrow(/maxLength is 0/);
});

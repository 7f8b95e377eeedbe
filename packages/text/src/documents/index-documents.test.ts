import { FletchError } from '@fletch/base';
import { beforeEach, describe, expect, test } from 'vitest';
import { LetterEncoder } from '../encoders/letters.case.js';
import { indexDocuments, type TextDocument } from './index-documents.js';
import { asCollection, type MemoryCollection, memoryCollection } from './memory-store.case.js';

const words = ['apple', 'banana', 'cherry', 'damson', 'elder', 'fig', 'grape'];
const fromFile = (texts: readonly string[], file = 'fruit.txt'): TextDocument[] =>
  texts.map((text, i) => ({ text, source: { file, line: i + 1 } }));

let encoder: LetterEncoder;
let target: MemoryCollection;

beforeEach(() => {
  encoder = new LetterEncoder();
  target = memoryCollection(26);
});

const index = (documents: TextDocument[], more: { batchSize?: number; textField?: string } = {}) =>
  indexDocuments({ collection: asCollection(target), encoder, documents, ...more });

test('writes text, payload and source of every document', async () => {
  const documents = [{ text: 'apple', payload: { colour: 'red' }, source: { file: 'a.txt', line: 3 } }];
  expect(await index(documents)).toEqual({ added: 1, skipped: 0 });
  const [point] = target.points.values();
  expect(point).toMatchObject({
    payload: { text: 'apple', colour: 'red', source: { file: 'a.txt', line: 3 } },
    vector: await encoder.encode(['apple']),
  });
  expect(point!.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('remembers the encoder and the text field, keeping other metadata', async () => {
  target = memoryCollection(26, { owner: 'me', fletch: { note: 1 } });
  await index(fromFile(words), { textField: 'body' });
  expect(target.config.metadata).toEqual({
    owner: 'me',
    fletch: { note: 1, encoder: 'letters', text_field: 'body' },
  });
  await index(fromFile(['later']));
  expect([...target.points.values()].at(-1)?.payload).toMatchObject({ body: 'later' });
});

describe('a second run', () => {
  test('encodes and writes nothing again', async () => {
    await index(fromFile(words), { batchSize: 3 });
    encoder.calls.length = 0;
    target.beforeUpsert = async () => expect.unreachable();
    expect(await index(fromFile(words), { batchSize: 2 })).toEqual({ added: 0, skipped: 7 });
    expect(encoder.calls.flat()).toEqual([]);
  });

  test('adds only what is new, also when it stands before the rest', async () => {
    await index(fromFile(words));
    const documents = fromFile(['zucchini', ...words]);
    documents[3] = { ...documents[3]!, text: 'changed' };
    expect(await index(documents)).toEqual({ added: 2, skipped: 6 });
  });

  test('goes on where a stopped one was', async () => {
    const controller = new AbortController();
    const stopped = indexDocuments({
      collection: asCollection(target),
      encoder,
      documents: fromFile(words),
      batchSize: 2,
      signal: controller.signal,
      onProgress: ({ done }) => done >= 2 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    const before = target.points.size;
    expect(before).toBeGreaterThanOrEqual(2);
    expect(before).toBeLessThan(words.length);
    expect(await index(fromFile(words))).toEqual({ added: words.length - before, skipped: before });
  });

  test('replaces a document with an id of its own when its text or payload changed', async () => {
    const document = { id: 7, text: 'apple', payload: { a: 1 } };
    await index([document]);
    expect(await index([document])).toEqual({ added: 0, skipped: 1 });
    expect(await index([{ ...document, text: 'pear' }])).toEqual({ added: 1, skipped: 0 });
    expect(await index([{ ...document, text: 'pear', payload: { a: 2 } }])).toEqual({ added: 1, skipped: 0 });
    expect([...target.points.values()]).toMatchObject([{ id: 7, payload: { text: 'pear', a: 2 } }]);
  });
});

test('equal documents are points of their own; equal texts of different files too', async () => {
  const documents = [...fromFile(['apple', 'apple', 'apple']), ...fromFile(['apple'], 'other.txt')];
  expect(await index(documents)).toEqual({ added: 4, skipped: 0 });
  expect(target.points.size).toBe(4);
  expect(await index(documents)).toEqual({ added: 0, skipped: 4 });
});

test('encodes the next batch while the previous one is written', async () => {
  const order: string[] = [];
  target.beforeUpsert = async ([point]) => {
    order.push(`write ${point!.payload!.text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    order.push(`written ${point!.payload!.text}`);
  };
  const encode = encoder.encode.bind(encoder);
  encoder.encode = (texts, options) => {
    order.push(`encode ${texts[0]}`);
    return encode(texts, options);
  };
  await index(fromFile(['apple', 'banana']), { batchSize: 1 });
  expect(order).toEqual([
    ...['encode apple', 'write apple', 'encode banana', 'written apple'],
    ...['write banana', 'written banana'],
  ]);
});

test('a failed write stops the work with its own error', async () => {
  target.beforeUpsert = async (points) => {
    if (points[0]!.payload!.text !== 'apple') throw new FletchError('DISK_FULL', 'full');
  };
  await expect(index(fromFile(words), { batchSize: 1 })).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(target.points.size).toBe(1);
});

test('reports progress in documents', async () => {
  const done: unknown[] = [];
  await indexDocuments({
    collection: asCollection(target),
    encoder,
    documents: fromFile(words),
    batchSize: 3,
    total: 7,
    onProgress: (progress) => done.push(progress),
  });
  expect(done).toEqual([3, 6, 7].map((n) => ({ done: n, total: 7, stage: 'indexing' })));
});

describe('refuses, before anything is written,', () => {
  test('an encoder of another dimension', async () => {
    target = memoryCollection(512);
    await expect(index(fromFile(words))).rejects.toMatchObject({
      code: 'DIMENSION_MISMATCH',
      message: expect.stringMatching(/"letters" makes vectors of 26 .* holds vectors of 512/),
    });
  });

  test('another encoder of the same dimension', async () => {
    await index(fromFile(words));
    encoder = new LetterEncoder('other');
    await expect(index(fromFile(['new']))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('use the encoder "letters"'),
    });
    expect(encoder.calls).toEqual([]);
  });

  test('another text field', async () => {
    await index(fromFile(words));
    await expect(index(fromFile(['new']), { textField: 'body' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('the text field "text"'),
    });
  });

  test('a collection of named vectors', async () => {
    target.config.vectors = { title: { size: 26, distance: 'Cosine' } };
    await expect(index(fromFile(words))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

test('an encoder of token vectors fills a collection of several vectors to a point, and no other', async () => {
  const tokens = new LetterEncoder('letter-sets');
  const sets = Object.assign(tokens, {
    encodeTokens: async (texts: readonly string[]) => {
      const words = texts.map((text) => text.split(' '));
      const starts = Uint32Array.from(
        { length: texts.length + 1 },
        (_, i) => words.slice(0, i).flat().length,
      );
      return { vectors: await tokens.encode(words.flat()), starts };
    },
  });
  const documents = [{ text: 'one apple' }, { text: 'fig' }];
  await expect(
    indexDocuments({ collection: asCollection(target), encoder: sets, documents }),
  ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('for each token') });
  target.config.vectors = {
    size: 26,
    distance: 'Cosine',
    multivector_config: { comparator: 'max_sim' },
  };
  await expect(index(documents)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await indexDocuments({ collection: asCollection(target), encoder: sets, documents });
  const vectors = [...target.points.values()].map(({ vector }) => vector as Float32Array[]);
  expect(vectors.map((set) => set.length)).toEqual([2, 1]);
  expect(vectors[0]![1]).toEqual(await tokens.encode(['apple']));
});

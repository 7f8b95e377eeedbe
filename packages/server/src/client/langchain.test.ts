import { Document } from '@langchain/core/documents';
import { Embeddings } from '@langchain/core/embeddings';
import { QdrantVectorStore } from '@langchain/qdrant';
import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningServer, serve } from '../serve.js';
import { wordCounter } from '../testing/dictionary.js';
import { openTestStore, testEncoders } from '../testing/setup.case.js';
import { freshName } from './client.case.js';

/** Texts that share words are near each other. */
class WordEmbeddings extends Embeddings {
  constructor() {
    super({});
  }
  async embedDocuments(texts: string[]): Promise<number[][]> {
    const encoder = await wordCounter('words');
    const vectors = await encoder.encode(texts);
    return texts.map((_, row) => [
      ...vectors.subarray(row * encoder.dimension, (row + 1) * encoder.dimension),
    ]);
  }
  async embedQuery(text: string): Promise<number[]> {
    return (await this.embedDocuments([text]))[0]!;
  }
}

const DOCUMENTS = [
  ['red apple pie', 'food', 3],
  ['green apple pie', 'food', 5],
  ['red apple tart', 'food', 8],
  ['red fire engine', 'vehicle', 2],
  ['blue whale', 'animal', 9],
] as const;

let server: RunningServer;
let client: QdrantClient;
let vectors: QdrantVectorStore;
let collectionName: string;

beforeAll(async () => {
  const store = await openTestStore();
  server = await serve({ store, port: 0, encoders: testEncoders() });
  client = new QdrantClient({ url: server.url });
});
afterAll(() => server.close());

beforeEach(async () => {
  collectionName = freshName();
  const documents = DOCUMENTS.map(
    ([pageContent, kind, size]) => new Document({ pageContent, metadata: { kind, size } }),
  );
  vectors = await QdrantVectorStore.fromDocuments(documents, new WordEmbeddings(), {
    url: server.url,
    collectionName,
  });
});

const texts = (documents: readonly Document[]) => documents.map(({ pageContent }) => pageContent);

describe('@langchain/qdrant', () => {
  it('stores documents in a collection that it makes', async () => {
    expect((await client.getCollection(collectionName)).config.params.vectors).toMatchObject({
      size: 256,
      distance: 'Cosine',
    });
    expect((await client.count(collectionName)).count).toBe(DOCUMENTS.length);
    const { points } = await client.scroll(collectionName);
    expect(points.map(({ payload }) => payload)).toContainEqual({
      content: 'blue whale',
      metadata: { kind: 'animal', size: 9 },
    });
  });

  it('searches by similarity', async () => {
    const found = await vectors.similaritySearch('apple pie', 2);
    expect(new Set(texts(found))).toEqual(new Set(['red apple pie', 'green apple pie']));
    expect(found[0]!.metadata).toMatchObject({ kind: 'food' });
    const [[document, score]] = (await vectors.similaritySearchWithScore('blue whale', 1)) as [
      [Document, number],
    ];
    expect(document.pageContent).toBe('blue whale');
    expect(score).toBeCloseTo(1, 5);
  });

  it('filters', async () => {
    const filter = {
      must: [{ key: 'metadata.kind', match: { value: 'food' } }],
      must_not: [{ key: 'metadata.size', range: { lt: 4 } }],
    };
    const found = await vectors.similaritySearch('red apple pie', 5, filter);
    expect(new Set(texts(found))).toEqual(new Set(['green apple pie', 'red apple tart']));
    expect(await vectors.asRetriever({ k: 1, filter }).invoke('tart')).toMatchObject([
      { pageContent: 'red apple tart' },
    ]);
  });

  it('searches for what is near and diverse', async () => {
    const query = 'red apple';
    // What LangChain calls lambda it sends as the diversity.
    const near = texts(await vectors.maxMarginalRelevanceSearch(query, { k: 2, fetchK: 5, lambda: 0 }));
    expect(new Set(near)).toEqual(new Set(['red apple pie', 'red apple tart']));
    const diverse = texts(await vectors.maxMarginalRelevanceSearch(query, { k: 2, fetchK: 5, lambda: 1 }));
    expect(diverse).toHaveLength(2);
    // Nothing in common with the first.
    const [first, second] = diverse.map((text) => new Set(text.split(' ')));
    expect([...first!].filter((word) => second!.has(word))).toEqual([]);
  });

  it('adds under ids, and replaces', async () => {
    const id = '550e8400-e29b-41d4-a716-446655440000';
    const add = (pageContent: string) =>
      vectors.addDocuments([new Document({ pageContent })], { ids: [id], customPayload: [{ extra: 1 }] });
    await add('yellow submarine');
    await add('yellow banana');
    expect(texts(await vectors.similaritySearch('yellow', 1))).toEqual(['yellow banana']);
    expect(await client.retrieve(collectionName, { ids: [id] })).toMatchObject([
      { payload: { content: 'yellow banana', customPayload: { extra: 1 } } },
    ]);
    expect((await client.count(collectionName)).count).toBe(DOCUMENTS.length + 1);
  });

  it('deletes by ids and by filter', async () => {
    const { points } = await client.scroll(collectionName, {
      filter: { must: [{ key: 'content', match: { value: 'blue whale' } }] },
    });
    await vectors.delete({ ids: points.map(({ id }) => String(id)) });
    expect((await client.count(collectionName)).count).toBe(4);
    await vectors.delete({ filter: { must: [{ key: 'metadata.kind', match: { value: 'food' } }] } });
    expect(texts(await vectors.similaritySearch('red apple pie', 5))).toEqual(['red fire engine']);
  });

  it('opens a collection that is there', async () => {
    const again = await QdrantVectorStore.fromExistingCollection(new WordEmbeddings(), {
      client,
      collectionName,
    });
    expect(texts(await again.similaritySearch('blue whale', 1))).toEqual(['blue whale']);
  });
});

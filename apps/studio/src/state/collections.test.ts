import { describe, expect, it, vi } from 'vitest';
import { UnreachableError } from '../api/errors.js';
import {
  createCollections,
  generation,
  mainVector,
  nextLook,
  progress,
  textFieldHint,
} from './collections.js';
import { createConnection } from './connection.js';
import { fakeClient, fakeInfo } from './fake.case.js';

describe('collection facts', () => {
  it('tell how far the index is', () => {
    expect(progress(fakeInfo({ points_count: 0, indexed_vectors_count: 0 }))).toBe(1);
    expect(progress(fakeInfo({ points_count: 200, indexed_vectors_count: 50 }))).toBe(0.25);
    expect(progress(fakeInfo({ points_count: 2, indexed_vectors_count: 4 }))).toBe(1);
  });

  it('tell the vector and the text field', () => {
    const info = fakeInfo();
    expect(mainVector(info)).toMatchObject({ size: 4, distance: 'Cosine' });
    expect(textFieldHint(info)).toBe('gloss');
    info.config.metadata = { fletch: ['unexpected'] };
    expect(textFieldHint(info)).toBeUndefined();
  });

  it('change their generation with each quarter and at rest', () => {
    const at = (points_count: number, growing = true) =>
      generation({ name: 'a', info: fakeInfo({ points_count }), growing });
    expect(at(1100)).toBe(at(1110));
    expect(at(1100)).not.toBe(at(1400));
    expect(at(1000, false)).not.toBe(at(1001, false));
    expect(at(1000, false)).not.toBe(at(1000));
  });
});

describe('watching', () => {
  it('looks often while something grows, seldom when quiet, ever less when nobody answers', () => {
    const yellow = { name: 'a', info: fakeInfo({ status: 'yellow' }), growing: false };
    expect(nextLook([yellow], 0)).toBeLessThan(nextLook([{ ...yellow, info: fakeInfo() }], 0));
    expect(nextLook(null, 1)).toBeLessThan(nextLook(null, 3));
    expect(nextLook(null, 99)).toBe(8000);
  });

  it('leaves out a collection that was deleted in between', async () => {
    const client = fakeClient();
    client.names = ['gone', 'words'];
    const { info } = client;
    client.info = (name) => (name === 'gone' ? Promise.reject(new Error('Not found')) : info(name));
    const { cards, refresh } = createCollections(client, createConnection());
    await refresh();
    expect(cards.value?.map(({ name }) => name)).toEqual(['words']);
  });

  it('finds the server again', async () => {
    const client = fakeClient();
    const connection = createConnection();
    client.failure = new UnreachableError('gone');
    const { cards, watch } = createCollections(client, connection);
    const stop = watch(() => false);
    await vi.waitFor(() => expect(connection.state.value).toBe('gone'));
    client.failure = null;
    await vi.waitFor(() => expect(cards.value).toHaveLength(1), { timeout: 3000 });
    expect(connection.epoch.value).toBe(1);
    stop();
  });
});

import { describe, expect, it } from 'vitest';
import { fakeInfo } from '../state/fake.case.js';
import {
  createBody,
  formProblem,
  NEW_COLLECTION,
  NEW_VECTOR,
  settingsOf,
  updateBody,
} from './collection-form.js';

describe('a new collection', () => {
  it('has one vector without a name, or several with names', () => {
    expect(createBody(NEW_COLLECTION)).toEqual({ vectors: { size: 384, distance: 'Cosine' } });
    const form = {
      ...NEW_COLLECTION,
      vectors: [
        { ...NEW_VECTOR, name: 'a', size: '8', datatype: 'uint8' as const },
        { ...NEW_VECTOR, name: 'b', kind: 'multi' as const, distance: 'Dot' as const },
        { ...NEW_VECTOR, name: 'terms', kind: 'sparse' as const, idf: true },
      ],
      hnsw: { m: '32', efConstruct: '', fullScan: ' ' },
      onDiskPayload: false,
      encoder: 'use',
      textField: 'gloss',
    };
    expect(createBody(form)).toEqual({
      vectors: {
        a: { size: 8, distance: 'Cosine', datatype: 'uint8' },
        b: { size: 384, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
      },
      sparse_vectors: { terms: { modifier: 'idf' } },
      hnsw_config: { m: 32 },
      on_disk_payload: false,
      metadata: { fletch: { encoder: 'use', text_field: 'gloss' } },
    });
    expect(
      createBody({ ...NEW_COLLECTION, vectors: [{ ...NEW_VECTOR, kind: 'sparse', name: 's' }] }),
    ).toEqual({
      sparse_vectors: { s: {} },
    });
  });

  it('is not sent before it can be', () => {
    const vectors = (...names: string[]) => ({
      ...NEW_COLLECTION,
      vectors: names.map((name) => ({ ...NEW_VECTOR, name })),
    });
    expect(formProblem('', NEW_COLLECTION)).toContain('name');
    expect(formProblem('c', vectors())).toContain('at least one vector');
    expect(formProblem('c', vectors('a', ''))).toContain('each needs a name');
    expect(formProblem('c', vectors('a', 'a '))).toContain('“a”');
    expect(formProblem('c', { ...NEW_COLLECTION, vectors: [{ ...NEW_VECTOR, kind: 'sparse' }] })).toContain(
      'Sparse',
    );
    expect(formProblem('c', vectors('a', 'b'))).toBeUndefined();
  });
});

describe('settings', () => {
  it('send what differs, and keep what else is noted', () => {
    const info = fakeInfo();
    info.config.metadata = { fletch: { encoder: 'fake', text_field: 'gloss', source: 'x' } };
    const form = settingsOf(info);
    expect(updateBody(form, info)).toEqual({});
    expect(updateBody({ ...form, hnsw: { ...form.hnsw, fullScan: '1' } }, info)).toEqual({
      hnsw_config: { full_scan_threshold: 1 },
    });
    expect(updateBody({ ...form, encoder: '' }, info)).toEqual({
      metadata: { fletch: { text_field: 'gloss', source: 'x' } },
    });
  });

  it('read collections that note nothing', () => {
    const info = fakeInfo();
    delete info.config.metadata;
    expect(settingsOf(info)).toMatchObject({ encoder: '', textField: '' });
  });
});

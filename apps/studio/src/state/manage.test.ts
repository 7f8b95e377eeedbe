import type { AliasDescription, SnapshotDescription } from '@fletch/search';
import { describe, expect, it, vi } from 'vitest';
import type { Admin } from '../api/admin.js';
import { ApiError } from '../api/errors.js';
import { NEW_VECTOR } from '../lib/collection-form.js';
import { createCreate } from './create.js';
import { noting, openDesk } from './desk.case.js';
import { fakeClient } from './fake.case.js';
import { createManage } from './manage.js';
import { routeTo } from './route.js';

const SNAPSHOT: SnapshotDescription = { name: 's1', creation_time: null, size: 10, checksum: null };

function fakeAdmin() {
  const calls: unknown[][] = [];
  const aliases: AliasDescription[] = [{ alias_name: 'a', collection_name: 'words' }];
  const client = fakeClient();
  const nothing = () => undefined;
  const admin: Admin = {
    create: noting(calls, 'create', () => void client.names.push('new')),
    update: noting(calls, 'update', nothing),
    remove: noting(calls, 'remove', () => {
      client.names = [];
    }),
    createIndex: noting(calls, 'createIndex', nothing),
    deleteIndex: noting(calls, 'deleteIndex', nothing),
    aliases: noting(calls, 'aliases', () => [...aliases]),
    changeAliases: noting(calls, 'changeAliases', nothing),
    snapshots: noting(calls, 'snapshots', () => [SNAPSHOT]),
    createSnapshot: noting(calls, 'createSnapshot', () => SNAPSHOT),
    deleteSnapshot: noting(calls, 'deleteSnapshot', nothing),
    upload: noting(calls, 'upload', nothing),
    recover: noting(calls, 'recover', nothing),
  };
  /** Calls that change something. */
  const writes = () => calls.filter(([name]) => name !== 'aliases' && name !== 'snapshots');
  return { admin, calls, writes, client };
}

async function open(hash: string) {
  const fake = fakeAdmin();
  const { desk, browser } = await openDesk(hash, fake.client);
  return { ...fake, desk, browser, manage: createManage(fake.admin, desk) };
}

describe('the settings of a collection', () => {
  it('start as the collection is, and send only what was changed', async () => {
    const { manage, writes } = await open('#!/manage/words');
    const { settings } = manage;
    expect(settings.form.value).toMatchObject({ hnsw: { m: '16' }, encoder: 'fake', textField: 'gloss' });
    expect(settings.draft.parsed.value).toEqual({ ok: true, value: {} });
    settings.change({ hnsw: { ...settings.form.value.hnsw, m: '32' } });
    expect(await settings.save()).toBe(true);
    expect(writes()).toEqual([['update', 'words', { hnsw_config: { m: 32 } }]]);
    expect(settings.form.value.hnsw.m).toBe('16');
    expect(settings.action.done.value).toBe('Saved.');
  });

  it('keep what was typed when the server refuses it', async () => {
    const { manage, admin } = await open('#!/manage/words');
    admin.update = () => Promise.reject(new ApiError('Validation error: m', 422));
    manage.settings.change({ encoder: 'other' });
    expect(await manage.settings.save()).toBe(false);
    expect(manage.settings.form.value.encoder).toBe('other');
    expect(manage.settings.action.error.value).toBe('Validation error: m');
  });

  it('send nothing while the JSON has a mistake', async () => {
    const { manage, writes } = await open('#!/manage/words');
    manage.settings.draft.edit('{');
    expect(await manage.settings.save()).toBe(false);
    expect(writes()).toEqual([]);
  });

  it('create and delete indexes', async () => {
    const { manage, writes } = await open('#!/manage/words');
    await manage.indexes.create('year', { type: 'integer', range: false });
    await manage.indexes.remove('pos');
    expect(writes()).toEqual([
      ['createIndex', 'words', 'year', { type: 'integer', range: false }],
      ['deleteIndex', 'words', 'pos'],
    ]);
  });

  it('change aliases and read them again', async () => {
    const { manage, calls } = await open('#!/manage/words');
    await vi.waitFor(() => expect(manage.aliases.all.value.value).toHaveLength(1));
    const action = { create_alias: { alias_name: 'b', collection_name: 'words' } };
    await manage.aliases.change(action, 'Done.');
    expect(calls.filter(([name]) => name === 'changeAliases')).toEqual([['changeAliases', [action]]]);
    expect(calls.filter(([name]) => name === 'aliases')).toHaveLength(2);
  });

  it('ask for the snapshots of the collection, or on the overview for those of the store', async () => {
    const { manage, calls, desk } = await open('#!/manage/words');
    await manage.snapshots.create();
    desk.router.go(routeTo('manage'));
    expect(manage.snapshots.owner.value).toBeNull();
    await manage.snapshots.remove('s1');
    const owners = calls.filter(([name]) => String(name).includes('napshot')).map(([, owner]) => owner);
    expect(owners).toEqual(['words', 'words', 'words', null, null, null]);
  });

  it('tell a server without snapshots from one that fails', async () => {
    const { manage, admin, desk } = await open('#!/lab');
    admin.snapshots = () => Promise.reject(new ApiError('Not found', 404));
    admin.aliases = () => Promise.reject(new ApiError('broken', 500));
    desk.router.go(routeTo('manage'));
    await vi.waitFor(() => expect(manage.snapshots.all.missing.value).toBe(true));
    expect(manage.aliases.all.missing.value).toBe(false);
    expect(manage.aliases.all.error.value).toBe('broken');
  });

  it('delete the collection only when its name was typed', async () => {
    const { manage, writes, browser } = await open('#!/manage/words');
    manage.typedName.value = 'word';
    expect(await manage.remove()).toBe(false);
    expect(writes()).toEqual([]);
    manage.typedName.value = 'words';
    expect(await manage.remove()).toBe(true);
    expect(writes()).toEqual([['remove', 'words']]);
    expect(browser.entries.at(-1)).toBe('#!/manage');
    expect(manage.deletion.done.value).toBe('“words” is deleted.');
  });

  it('forget a half-typed confirmation with the collection it was for', async () => {
    const client = fakeClient();
    client.names = ['words', 'other'];
    const { desk } = await openDesk('#!/manage/words', client);
    const manage = createManage(fakeAdmin().admin, desk);
    manage.typedName.value = 'words';
    desk.router.go(routeTo('manage', { collection: 'other' }));
    expect(manage.typedName.value).toBe('');
  });
});

describe('a new collection', () => {
  it('is made from the form and opened', async () => {
    const { admin, writes, desk, browser } = await open('#!/create');
    const create = createCreate(admin, desk);
    expect(create.problem.value).toBe('The collection needs a name.');
    create.name.value = ' new ';
    create.changeVector(0, { size: '4' });
    create.change({
      vectors: [...create.form.value.vectors, { ...NEW_VECTOR, kind: 'sparse', name: 'terms' }],
    });
    expect(await create.submit()).toBe(true);
    const body = { vectors: { size: 4, distance: 'Cosine' }, sparse_vectors: { terms: {} } };
    expect(writes()).toEqual([['create', 'new', body]]);
    expect(browser.entries.at(-1)).toBe('#!/manage/new');
    expect(create.name.value).toBe('');
  });

  it('can be written by hand', async () => {
    const { admin, writes, desk } = await open('#!/create');
    const create = createCreate(admin, desk);
    create.name.value = 'new';
    create.draft.edit('{"vectors": {"size": 4,');
    expect(await create.submit()).toBe(false);
    create.draft.edit('{"vectors": {}}');
    expect(await create.submit()).toBe(true);
    expect(writes()).toEqual([['create', 'new', { vectors: {} }]]);
  });
});

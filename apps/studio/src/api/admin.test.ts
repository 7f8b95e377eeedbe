import { describe, expect, it } from 'vitest';
import { createAdmin, snapshotPath } from './admin.js';
import type { HttpRequest } from './http.js';
import { createPoints } from './points.js';

function recording(result: unknown) {
  const asked: [string, string, unknown][] = [];
  const http = async <T>(path: string, request?: HttpRequest) => {
    asked.push([request?.method ?? 'GET', path, request?.body]);
    return { result: result as T, serverMs: 1, roundTripMs: 2 };
  };
  return { asked, http };
}

describe('admin', () => {
  it('speaks the dialect', async () => {
    const { asked, http } = recording(true);
    const admin = createAdmin(http);
    await admin.create('a/b', { vectors: { size: 4, distance: 'Dot' } });
    await admin.update('c', { hnsw_config: { m: 8 } });
    await admin.createIndex('c', 'meta.year', 'integer');
    await admin.deleteIndex('c', 'a/b.c');
    await admin.changeAliases([{ delete_alias: { alias_name: 'x' } }]);
    await admin.createSnapshot('c');
    await admin.createSnapshot(null);
    await admin.deleteSnapshot('c', 's 1');
    await admin.recover('c', 'file:///s', 'replica');
    await admin.remove('c');
    expect(asked).toEqual([
      ['PUT', '/collections/a%2Fb', { vectors: { size: 4, distance: 'Dot' } }],
      ['PATCH', '/collections/c', { hnsw_config: { m: 8 } }],
      ['PUT', '/collections/c/index?wait=true', { field_name: 'meta.year', field_schema: 'integer' }],
      ['DELETE', '/collections/c/index/a%2Fb.c?wait=true', undefined],
      ['POST', '/collections/aliases', { actions: [{ delete_alias: { alias_name: 'x' } }] }],
      ['POST', '/collections/c/snapshots?wait=true', undefined],
      ['POST', '/snapshots?wait=true', undefined],
      ['DELETE', '/collections/c/snapshots/s%201', undefined],
      ['PUT', '/collections/c/snapshots/recover?wait=true', { location: 'file:///s', priority: 'replica' }],
      ['DELETE', '/collections/c', undefined],
    ]);
    expect(snapshotPath(null, 'a/b')).toBe('/snapshots/a%2Fb');
  });

  it('sends files as forms', async () => {
    const { asked, http } = recording(true);
    await createAdmin(http).upload('c', new Blob(['bytes']), 'c.snapshot', 'snapshot');
    const [method, path, body] = asked[0]!;
    expect([method, path]).toEqual(['POST', '/collections/c/snapshots/upload?wait=true&priority=snapshot']);
    const file = (body as FormData).get('snapshot') as File;
    expect(file.name).toBe('c.snapshot');
    expect(await file.text()).toBe('bytes');
  });

  it('lists aliases by name and snapshots by age', async () => {
    const { http } = recording({ aliases: [{ alias_name: 'b' }, { alias_name: 'a' }] });
    expect((await createAdmin(http).aliases()).map(({ alias_name }) => alias_name)).toEqual(['a', 'b']);
    const times = ['2024-01-01T00:00:00', null, '2024-02-01T00:00:00'];
    const list = recording(times.map((creation_time, i) => ({ name: `s${i}`, creation_time })));
    expect((await createAdmin(list.http).snapshots('c')).map(({ name }) => name)).toEqual(['s2', 's0', 's1']);
  });
});

describe('points', () => {
  it('speak the dialect', async () => {
    const { asked, http } = recording({ points: [] });
    const points = createPoints(http);
    const uuid = 'c0ffee00-0000-4000-8000-000000000000';
    await points.page('c', { limit: 2, offset: 4 });
    await points.point('a/b', uuid);
    await points.overwritePayload('c', 1, { a: null });
    await points.remove('c', uuid);
    expect((await points.ask('c', { query: 1 })).serverMs).toBe(1);
    expect(asked).toEqual([
      ['POST', '/collections/c/points/scroll', { limit: 2, offset: 4 }],
      ['GET', `/collections/a%2Fb/points/${uuid}`, undefined],
      ['PUT', '/collections/c/points/payload?wait=true', { payload: { a: null }, points: [1] }],
      ['POST', '/collections/c/points/delete?wait=true', { points: [uuid] }],
      ['POST', '/collections/c/points/query', { query: 1 }],
    ]);
  });
});

import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from '@fletch/search';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runHere } from './cli.case.js';

let home: string;
let store: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-care-'));
  store = join(home, 'store');
  const opened = await open(store, { threads: 1 });
  const collection = await opened.createCollection('notes', { vectors: { size: 2, distance: 'Dot' } });
  await collection.upsert(
    Array.from({ length: 50 }, (_, id) => ({ id, vector: [id, 1], payload: { text: `note ${id}.` } })),
  );
  await opened.close();
});
afterEach(() => rm(home, { recursive: true, force: true }));

const cli = (...args: string[]) => runHere(args);

/** Flips a bit in the payload of note 7, and cuts the index. */
async function damage(): Promise<void> {
  const [folder] = await readdir(join(store, 'collections'));
  const data = join(store, 'collections', folder!, 'data.mdb');
  const bytes = await readFile(data);
  for (let at = bytes.indexOf('note 7.'); at >= 0; at = bytes.indexOf('note 7.', at + 1)) bytes[at]! ^= 1;
  await writeFile(data, bytes);
  await truncate(join(store, 'collections', folder!, 'index-0.snapshot'), 1000);
}

describe('care of a store', () => {
  test('finds nothing wrong, then what is, repairs it, and says so by its exit codes', async () => {
    expect(await cli('verify', '--store', store)).toMatchObject({
      code: 0,
      stdout: 'Nothing is wrong: 1 collection, 50 points, 0 snapshots.\n',
    });
    await damage();
    const found = await cli('verify', '--store', store);
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(
      /"notes": .*data\.mdb: 7 in table "points": its value does not match its checksum\./,
    );
    expect(found.stdout).toContain('index-0.snapshot');
    expect(found.stderr).toContain('fletch repair --drop-damaged');
    expect(found.stderr).not.toContain('Error');
    const json = await cli('verify', '--store', store, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      problems: [
        { collection: 'notes', table: 'points', key: 7, remedy: 'drop' },
        { collection: 'notes', remedy: 'rebuild' },
      ],
    });

    const careful = await cli('repair', '--store', store);
    expect(careful).toMatchObject({ code: 1, stdout: expect.stringContaining('Repaired 1 problem.') });
    const thorough = await cli('repair', '--store', store, '--drop-damaged', '--json');
    expect(thorough.code).toBe(0);
    expect(JSON.parse(thorough.stdout)).toMatchObject({ ok: true, dropped: { points: 1, vectors: 0 } });
    expect((await cli('verify', '--store', store)).stdout).toContain('49 points');
  });

  test('saves, copies and restores', async () => {
    await damage();
    const saved = join(home, 'saved');
    const report = await cli('salvage', saved, '--store', store);
    expect(report).toMatchObject({
      code: 0,
      stdout: `"notes": 49 points in ${join(saved, 'notes.jsonl')}\n`,
    });
    expect(report.stderr).toContain('lost: points, 7: its value does not match its checksum');
    expect((await readFile(join(saved, 'notes.jsonl'), 'utf8')).split('\n')).toHaveLength(50);
    await cli('repair', '--store', store, '--drop-damaged');

    expect(await cli('backup', join(home, 'copy'), '--store', store)).toMatchObject({
      code: 0,
      stdout: `Copied 1 collection to ${join(home, 'copy')}.\n`,
    });
    const opened = await open(store, { threads: 1 });
    const snapshot = await opened.snapshotFile((await opened.createSnapshot()).name);
    expect(await cli('verify', '--store', store)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is in use'),
    });
    await opened.close();
    expect(await cli('restore', snapshot, join(home, 'restored'), '--json')).toMatchObject({ code: 0 });
    for (const folder of ['copy', 'restored'])
      expect((await cli('verify', '--store', join(home, folder))).stdout).toContain('49 points');
    expect(await cli('backup', join(home, 'copy'), '--store', store)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not empty'),
    });
    expect(await cli('verify', '--store', home)).toMatchObject({ code: 2, stdout: '' });
  });
});

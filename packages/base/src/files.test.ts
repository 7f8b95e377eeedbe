import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FletchError, isFletchError } from './errors.js';
import { describeFileError, replaceFile } from './files.js';

const folder = () => mkdtemp(join(tmpdir(), 'fletch-files-'));

describe('replaceFile', () => {
  it('replaces the content and leaves nothing else behind', async () => {
    const path = join(await folder(), 'deep', 'er', 'file.txt');
    await replaceFile(path, async (file) => void (await file.writeFile('old')));
    await replaceFile(path, async (file) => void (await file.writeFile('new')));
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(join(path, '..'))).toEqual(['file.txt']);
  });

  it('keeps the old file and removes the temporary one when writing fails', async () => {
    const path = join(await folder(), 'file.txt');
    await writeFile(path, 'old');
    const failure = Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' });
    const attempt = replaceFile(path, async (file) => {
      await file.writeFile('half');
      throw failure;
    });
    await expect(attempt).rejects.toMatchObject({ code: 'DISK_FULL', details: { path, errno: 'ENOSPC' } });
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(join(path, '..'))).toEqual(['file.txt']);
  });
});

describe('describeFileError', () => {
  it.each([
    ['ENOSPC', 'DISK_FULL', /free some space/],
    ['EROFS', 'IO', /permission/],
    ['EACCES', 'IO', /permission/],
    ['EIO', 'IO', /EIO/],
  ])('turns %s into %s', (errno, code, message) => {
    const described = describeFileError(Object.assign(new Error('x'), { code: errno }), '/data/points');
    expect(isFletchError(described)).toBe(true);
    expect(described).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((described as FletchError).message).toContain('/data/points');
  });

  it('passes other values through', () => {
    const other = new FletchError('CORRUPT', 'bad');
    expect(describeFileError(other, 'x')).toBe(other);
    expect(describeFileError(undefined, 'x')).toBeUndefined();
  });
});

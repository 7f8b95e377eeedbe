import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadTable, tableSources } from '../datasets/tables.js';
import type { AptPrograms } from './apt.js';
import { controlRecords, descriptionText, parseDependencies } from './control.js';
import { withDebianFiles } from './package.js';
import { loadDebianPackages } from './packages.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fletch-apt-'));
  vi.stubEnv('FLETCH_CACHE', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const calls = () =>
  existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : [];

/** Programs that do what a script says; each gets its arguments as `args`, and notes them. */
function programs(scripts: Partial<Record<keyof AptPrograms, string>>): AptPrograms {
  const program = (name: keyof AptPrograms) => {
    const path = join(folder, `${name}.cjs`);
    writeFileSync(
      path,
      `const fs = require('node:fs'), path = require('node:path'), args = process.argv.slice(2);
      fs.appendFileSync(${JSON.stringify(join(folder, 'calls'))}, ${JSON.stringify(name)} + ' ' + args.filter((a) => !a.includes('/')).join(' ') + '\\n');
      const fail = (text) => { console.error(text); process.exit(100); };
      ${scripts[name] ?? ''}`,
    );
    chmodSync(path, 0o755);
    return [process.execPath, path] as const;
  };
  return { aptGet: program('aptGet'), aptHelper: program('aptHelper'), dpkgDeb: program('dpkgDeb') };
}

const target = (kind: string, file: string, codename = 'trixie') =>
  `Created-By: ${kind}\nCodename: ${codename}\nComponent: main\nVersion: 13.1\nFilename: ${file}\n`;

describe('the list of packages', () => {
  const lists = {
    packages: `Package: beta
Version: 1:2.0-1
Source: source-of-beta (1.0)
Section: contrib/math
Installed-Size: 12
Size: 3456
Maintainer: A. Person <a@example.org>
Pre-Depends: libc6 (>= 2.3)
Depends: alpha (= 1.0), x | y
Tag: role::program, use::viewing
Description: short line
Description-md5: 0123

Package: alpha
Version: 1.0
Section: libs
Description: only a short one
Description-md5: ffff
`,
    texts: `Package: beta
Description-md5: 0123
Description-en: short line
 A long text that
 goes on.
 .
  * a point
  * another
 .
 The end.
`,
  };
  const indextargets = `if (args.includes('indextargets')) process.stdout.write(${JSON.stringify(
    [
      target('Packages', 'packages'),
      target('Translations', 'texts'),
      target('Packages', 'security', 'trixie-security'),
    ].join('\n'),
  )});`;
  const helper = `process.stdout.write(${JSON.stringify(lists)}[args[1]] ?? fail('no such list'));`;

  test('is read with its long descriptions; updates are left out', async () => {
    const { codename, version, packages } = await loadDebianPackages({
      programs: programs({ aptGet: indextargets, aptHelper: helper }),
    });
    expect([codename, version]).toEqual(['trixie', '13.1']);
    expect(packages.map(({ name }) => name)).toEqual(['alpha', 'beta']);
    expect(packages[1]).toEqual({
      name: 'beta',
      version: '1:2.0-1',
      source: 'source-of-beta',
      section: 'math',
      priority: '',
      architecture: '',
      maintainer: 'A. Person <a@example.org>',
      homepage: '',
      installedSize: 12,
      size: 3456,
      tags: ['role::program', 'use::viewing'],
      depends: 'libc6 (>= 2.3), alpha (= 1.0), x | y',
      recommends: '',
      suggests: '',
      synopsis: 'short line',
      description: 'A long text that goes on.\n* a point\n* another\nThe end.',
    });
    expect(packages[0]).toMatchObject({ source: 'alpha', synopsis: 'only a short one', description: '' });
    expect(calls()[0]).toMatch(/^aptGet -c update/);
  });

  test('is fetched once', async () => {
    const options = { programs: programs({ aptGet: indextargets, aptHelper: helper }) };
    await loadDebianPackages(options);
    await loadDebianPackages(options);
    expect(calls().filter((call) => call.includes('update'))).toHaveLength(1);
  });

  test('is fetched anew when it is damaged, and refused when it holds no texts', async () => {
    const broken = { programs: programs({ aptGet: indextargets, aptHelper: "fail('damaged')" }) };
    await expect(loadDebianPackages(broken)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringMatching(/cannot be read: damaged/),
    });
    expect(calls().filter((call) => call.includes('update'))).toHaveLength(2);
    const empty = { programs: programs({ aptGet: indextargets, aptHelper: '' }) };
    await expect(loadDebianPackages(empty)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringMatching(/hold 0 packages and 0 descriptions: this is no corpus/),
    });
  });

  test('says what to do without apt, without a mirror, without a release', async () => {
    const none = programs({});
    await expect(
      loadDebianPackages({ programs: { ...none, aptGet: [join(folder, 'no-such-program')] } }),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/needs apt/) });
    await expect(
      loadDebianPackages({ programs: programs({ aptGet: "fail('E: Could not resolve host')" }) }),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/mirror of this machine's apt reachable\?\n.*Could not resolve/),
    });
    await expect(loadDebianPackages({ programs: programs({}) })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/names no release/),
    });
  });

  test('stops', async () => {
    const controller = new AbortController();
    const slow = programs({ aptGet: 'setTimeout(() => {}, 60_000)' });
    const loading = loadDebianPackages({ programs: slow, signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(loading).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('files of packages', () => {
  const wanted = { package: 'some-package', files: ['opt/fletch-test/data.txt'] };
  const dpkgDeb = `fs.mkdirSync('opt/fletch-test', { recursive: true }); fs.copyFileSync(args[1], 'opt/fletch-test/data.txt');`;
  const download = `if (args.includes('download')) fs.writeFileSync('some_1_all.deb', 'content');`;
  const read = async (root: string) => readFileSync(join(root, wanted.files[0]!), 'utf8');

  test('are fetched and unpacked, and nothing of them is left', async () => {
    let seen = '';
    const content = await withDebianFiles(
      wanted,
      (root) => {
        seen = root;
        return read(root);
      },
      { programs: programs({ aptGet: download, dpkgDeb }) },
    );
    expect(content).toBe('content');
    expect(existsSync(seen)).toBe(false);
    expect(calls()).toEqual(['aptGet download -q some-package', 'dpkgDeb -x some_1_all.deb .']);
  });

  test('are fetched with lists of our own when the machine has none', async () => {
    const aptGet = `if (!args.includes('-c')) fail('E: Unable to locate package'); ${download}`;
    expect(await withDebianFiles(wanted, read, { programs: programs({ aptGet, dpkgDeb }) })).toBe('content');
    expect(calls().map((call) => call.split(' ').at(1))).toEqual(['download', '-c', '-c', '-x']);
  });

  test('say what failed', async () => {
    const attempt = (scripts: Parameters<typeof programs>[0]) =>
      withDebianFiles(wanted, read, { programs: programs(scripts) });
    await expect(attempt({ aptGet: "fail('E: no network')" })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(attempt({ aptGet: download, dpkgDeb: "fail('not an archive')" })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/Unpacking some-package failed.*\n.*not an archive/),
    });
    await expect(attempt({ aptGet: download })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/does not hold opt\/fletch-test\/data.txt/),
    });
    await expect(attempt({})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

test('a table is read out of its package, checked, and kept; another one is refused', async () => {
  const { from } = tableSources.engel!;
  if ('npm' in from) throw new Error('engel is in a Debian package');
  const [path] = from.files as [string];
  const place = join(folder, 'tree', path);
  mkdirSync(dirname(place), { recursive: true });
  // Another table than expected stands in for a release in which it was changed.
  cpSync(new URL('../../fixtures/frame.rds', import.meta.url), place);
  const aptGet = `if (args.includes('download')) fs.writeFileSync('some_1_all.deb', '');`;
  const dpkgDeb = `fs.cpSync(${JSON.stringify(join(folder, 'tree'))}, '.', { recursive: true });`;
  const options = { programs: programs({ aptGet, dpkgDeb }), root: join(folder, 'nothing') };
  await expect(loadTable('engel', options)).rejects.toThrow(/of r-cran-quantreg holds no data frame engel/);
  // What is installed is looked at first, and is another one too.
  await expect(loadTable('engel', { ...options, root: join(folder, 'tree') })).rejects.toThrow(
    /no data frame/,
  );
  await expect(loadTable('nothing')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringMatching(/no table "nothing". Tables: insteval, soup/),
  });
});

test('control files', () => {
  const records = [...controlRecords('A: 1\nB: x\n y\n\n\n\nC:2\nnonsense\n')];
  expect(records.map((record) => [...record])).toEqual([
    [
      ['a', '1'],
      ['b', 'x\ny'],
    ],
    [['c', '2']],
  ]);
  expect(parseDependencies('libc6:any (>= 2.14), default-mta | mail-transport-agent (<< 3~), , ???')).toEqual(
    [
      [{ name: 'libc6', relation: '>=', version: '2.14' }],
      [{ name: 'default-mta' }, { name: 'mail-transport-agent', relation: '<<', version: '3~' }],
    ],
  );
  expect(parseDependencies(undefined)).toEqual([]);
  expect(descriptionText('one\ntwo\n.\n  set as\n  it is\nthree')).toBe('one two\nset as\nit is\nthree');
});

/**
 * Files of Debian packages.
 *
 * @module
 */
import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FletchError } from '@fletch/base';
import { runProgram } from '../run-program.js';
import { type AptOptions, aptPrograms, checkRun, ownAptLists } from './apt.js';

/** A package and the files of it that are read. */
export interface DebianFiles {
  readonly package: string;
  /** Paths from the root, without the leading slash. */
  readonly files: readonly string[];
}

/**
 * Calls `read` with a folder that holds the files: the root where the package is installed, else a temporary one into which
 * the package that apt fetched was unpacked. When `read` rejects what is installed, the package is fetched.
 *
 * @throws FletchError `UNAVAILABLE` when it cannot be fetched, `NOT_FOUND` when a file is not in it, `ABORTED`, and what `read`
 *   throws
 */
export async function withDebianFiles<T>(
  wanted: DebianFiles,
  read: (root: string) => Promise<T>,
  options: AptOptions = {},
): Promise<T> {
  const { root = '/' } = options;
  if (await haveAll(root, wanted)) {
    try {
      return await read(root);
    } catch {
      // Another version is installed: the one that apt has may be right.
    }
  }
  const folder = await mkdtemp(join(tmpdir(), 'fletch-debian-'));
  try {
    await unpackPackage(wanted.package, folder, options);
    if (!(await haveAll(folder, wanted)))
      throw new FletchError(
        'NOT_FOUND',
        `The Debian package ${wanted.package} of this release does not hold ${wanted.files.join(', ')}.`,
        { details: { ...wanted } },
      );
    return await read(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function haveAll(root: string, { files }: DebianFiles): Promise<boolean> {
  const found = await Promise.all(
    files.map((file) =>
      access(join(root, file)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}

async function unpackPackage(name: string, folder: string, options: AptOptions): Promise<void> {
  const { aptGet, dpkgDeb } = options.programs ?? aptPrograms;
  const run = { cwd: folder, signal: options.signal };
  const progress = (done: number) =>
    options.onProgress?.({ done, total: 1, stage: `fetching the Debian package ${name}` });
  progress(0);
  // The machine's own lists first; it may have none.
  const first = await runProgram(aptGet, ['download', '-q', name], run);
  if (first.missing) checkRun(`Fetching ${name}`, first);
  if (first.failure !== undefined) {
    const lists = await ownAptLists(options);
    checkRun(`Fetching ${name}`, await runProgram(aptGet, [...lists, 'download', '-q', name], run));
  }
  const archive = (await readdir(folder)).find((file) => file.endsWith('.deb'));
  if (archive === undefined)
    throw new FletchError('UNAVAILABLE', `apt fetched no package for ${name}: apt-get download ${name}`);
  checkRun(`Unpacking ${name}`, await runProgram(dpkgDeb, ['-x', archive, '.'], run));
  progress(1);
}

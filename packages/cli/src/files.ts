/**
 * The files that a command line names.
 *
 * @module
 */
import { readdir, stat } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { documentExtensions } from '@fletch/data';
import { UsageError } from './exit.js';

const isDocument = (name: string): boolean => documentExtensions.includes(extname(name).toLowerCase());

async function* walk(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile() && isDocument(entry.name)) yield path;
  }
}

/**
 * Files as they are named, and the known kinds of files in folders that are named, hidden ones left out. No file
 * comes twice.
 *
 * @throws UsageError when a path does not exist or a folder holds nothing that can be read
 */
export async function documentFiles(paths: readonly string[]): Promise<string[]> {
  const files = new Set<string>();
  for (const path of paths.map(normalize)) {
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) throw new UsageError(`There is no file or folder ${path}.`);
    if (!status.isDirectory()) {
      files.add(path);
      continue;
    }
    const before = files.size;
    for await (const file of walk(path)) files.add(file);
    if (files.size === before)
      throw new UsageError(
        `The folder ${path} holds no documents. Known kinds: ${documentExtensions.join(', ')}.`,
      );
  }
  return [...files];
}

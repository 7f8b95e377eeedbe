/**
 * The checkpoints that the server may look at: trained models of the zoo, and what lies in the folder that it was given.
 *
 * @module
 */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { zooEntries } from '@fletch/models';
import { type Checkpoint, isPeft, openCheckpoint, openModel } from '@fletch/weights';
import { notFound, wrongInput } from '../http/errors.js';

/** A checkpoint that can be asked for. */
export interface ListedModel {
  /** `zoo/gpt-nano-text`, `folder/llama/base`. */
  readonly id: string;
  readonly name: string;
  readonly source: 'zoo' | 'folder';
  readonly format: 'safetensors' | 'peft' | 'gguf' | 'onnx';
}

/** How deep the folder is searched, and how many models are listed. */
const [MAX_DEPTH, MAX_MODELS] = [3, 500];

/** All of them with where they lie. Nothing but what is listed here is ever opened. */
export async function findModels(
  root: string | undefined,
): Promise<Map<string, ListedModel & { path: string }>> {
  const found = new Map<string, ListedModel & { path: string }>();
  for (const { name, record, folder } of await zooEntries())
    if (record)
      found.set(`zoo/${name}`, {
        id: `zoo/${name}`,
        name,
        source: 'zoo',
        format: 'safetensors',
        path: folder,
      });
  if (root !== undefined) await search(root, '', 0, found);
  return found;
}

async function search(
  folder: string,
  relative: string,
  depth: number,
  found: Map<string, ListedModel & { path: string }>,
): Promise<void> {
  // Links are neither folders nor files here: nothing outside of the root is found.
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const add = (format: ListedModel['format'], name: string, path: string) => {
    if (found.size < MAX_MODELS)
      found.set(`folder/${name}`, { id: `folder/${name}`, name, source: 'folder', format, path });
  };
  const whole = files.some((name) => /\.safetensors(\.index\.json)?$/.test(name));
  if (whole && relative !== '')
    add(
      files.includes('adapter_config.json') && !files.some((name) => name.startsWith('model'))
        ? 'peft'
        : 'safetensors',
      relative,
      folder,
    );
  for (const name of files) {
    const format = /\.(gguf|onnx)$/i.exec(name)?.[1]?.toLowerCase() as 'gguf' | 'onnx' | undefined;
    const path = relative === '' ? name : `${relative}/${name}`;
    if (format) add(format, path, join(folder, name));
    else if (relative === '' && name.endsWith('.safetensors')) add('safetensors', path, join(folder, name));
  }
  if (depth < MAX_DEPTH)
    for (const entry of entries.filter((one) => one.isDirectory() && !one.name.startsWith('.')))
      await search(
        join(folder, entry.name),
        relative === '' ? entry.name : `${relative}/${entry.name}`,
        depth + 1,
        found,
      );
}

/**
 * Opens listed models for the time of `work`. An adapter is added to the base, when there is one; alone it is opened as it is.
 */
export async function withModels<T>(
  root: string | undefined,
  ids: readonly string[],
  base: string | undefined,
  work: (models: readonly Checkpoint[]) => Promise<T>,
): Promise<T> {
  const listed = await findModels(root);
  const pathOf = (id: string): string => {
    const one = listed.get(id);
    if (one) return one.path;
    throw notFound(`There is no model "${id.slice(0, 200)}" (GET /weights lists them)`);
  };
  const opened: Checkpoint[] = [];
  try {
    for (const id of ids) {
      const one = await openCheckpoint(pathOf(id));
      opened.push(one);
      if (!isPeft(one) || base === undefined) continue;
      if (base === id) throw wrongInput('an adapter is no base');
      opened[opened.length - 1] = await openModel(pathOf(id), { base: pathOf(base) });
      await one.close();
    }
    return await work(opened);
  } finally {
    for (const one of opened) await one.close();
  }
}

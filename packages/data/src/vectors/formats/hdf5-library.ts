/**
 * The HDF5 library as WebAssembly: loaded when it is first needed, kept from printing, and shown the one file that is read
 * and no other.
 *
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Dataset, Entity, File } from 'h5wasm';
import { describeReadError, invalidFile } from '../bytes.js';
import type { Limits } from '../isolated.js';

/** An HDF5 file that is open. */
export interface OpenHdf5 {
  readonly file: File;
  close(): void;
}

/** What the thread runs that reads files. */
export const hdf5Program = '@fletch/data/hdf5-thread';

/** The time that one answer may take: chunks are unpacked whole. */
export async function hdf5Limits(path: string): Promise<Limits> {
  const { size } = await stat(path).catch((error) => {
    throw describeReadError(error, path);
  });
  return { time: 10_000 + size / 20_000 };
}

type Library = typeof import('h5wasm');

let loading: Promise<Library> | undefined;

let opened = 0;

/**
 * Opens a file for reading.
 *
 * @throws FletchError `INVALID_INPUT_FILE` when it is no HDF5 file, `NOT_FOUND`, `IO`
 */
export async function openHdf5File(path: string): Promise<OpenHdf5> {
  loading ??= load();
  const library = await loading;
  const { name, unmount } = show(library, path);
  try {
    const file = new library.File(name, 'r');
    if (file.file_id < 0n) throw new Error('it cannot be opened');
    return {
      file,
      close() {
        file.close();
        unmount();
      },
    };
  } catch (cause) {
    unmount();
    throw invalidFile(path, 'it is no sound HDF5 file.', {}, cause);
  }
}

/** The library keeps the printer that it finds while it loads, and would report every damaged file there. */
async function load(): Promise<Library> {
  const printer = globalThis.console;
  const print = printer.error;
  printer.error = () => {};
  try {
    const library = await import('h5wasm');
    await library.ready;
    return library;
  } finally {
    printer.error = print;
  }
}

/** What is used of a file in the library's own file system, which is in memory. */
interface Node {
  stream_ops: { readonly read: unknown };
}

/** Puts a file into the library's file system whose bytes are read from the disk when they are asked for. */
function show({ FS }: Library, path: string): { name: string; unmount: () => void } {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw describeReadError(error, path);
  }
  const { size } = fstatSync(descriptor);
  const name = `/${++opened}.hdf5`;
  FS!.writeFile(name, new Uint8Array());
  const node = FS!.lookupPath(name, {}).node as unknown as Node;
  Object.defineProperty(node, 'usedBytes', { get: () => size });
  node.stream_ops = {
    ...node.stream_ops,
    read: (_stream: unknown, buffer: Uint8Array, offset: number, length: number, position: number) =>
      readSync(descriptor, buffer, offset, Math.max(0, Math.min(length, size - position)), position),
  };
  return {
    name,
    unmount() {
      FS!.unlink(name);
      closeSync(descriptor);
    },
  };
}

/** The entry if it is a dataset, and neither a link nor a group. */
export function asDataset(entry: Entity | null): Dataset | undefined {
  return entry && 'type' in entry && entry.type === 'Dataset' ? (entry as Dataset) : undefined;
}

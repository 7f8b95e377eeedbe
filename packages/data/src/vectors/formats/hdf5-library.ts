/**
 * The HDF5 library, loaded when it is first needed and kept from printing.
 *
 * @module
 */
import type { Dataset, Entity, File } from 'h5wasm/node';

interface Library {
  readonly File: typeof File;
}

let loading: Promise<Library> | undefined;

/** The library as WebAssembly. It keeps the printer that it finds while it loads, and would report every damaged file there. */
export function loadHdf5(): Promise<Library> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Library> {
  const printer = globalThis.console;
  const print = printer.error;
  printer.error = () => {};
  try {
    const library = await import('h5wasm/node');
    await library.ready;
    return { File: library.File };
  } finally {
    printer.error = print;
  }
}

/** The entry if it is a dataset, and neither a link nor a group. */
export function asDataset(entry: Entity | null): Dataset | undefined {
  return entry && 'type' in entry && entry.type === 'Dataset' ? (entry as Dataset) : undefined;
}

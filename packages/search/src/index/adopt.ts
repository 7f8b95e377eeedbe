/**
 * Giving a saved index to another owner, without reading its graph.
 *
 * @module
 */
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { corrupt, encodeHeader, readExactly, readHeader, VERSION_AT, writeExactly } from './format.js';
import type { SnapshotOwner } from './types.js';

/**
 * Writes another owner into a snapshot file, in place: only for files that nobody relies on yet.
 *
 * @throws FletchError `CORRUPT` when the file is damaged, or the owner's facts are not as long as before
 */
export async function adoptSnapshot(path: string, owner: SnapshotOwner): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const sections = await readHeader(file, path);
    const meta = sections.get('meta');
    if (!meta) throw corrupt(path, 'section "meta" is missing');
    const before = new Uint8Array(meta.length);
    await readExactly(file, before, meta.offset, path, 'meta');
    if (crc32(before) !== meta.crc) throw corrupt(path, 'section "meta" does not match its checksum');
    const facts = JSON.parse(Buffer.from(before).toString()) as { owner: SnapshotOwner };
    const after = Buffer.from(JSON.stringify({ ...facts, owner: { ...facts.owner, ...owner } }));
    if (after.length !== before.length) throw corrupt(path, 'its owner has facts of another length');
    await writeExactly(file, after, meta.offset);
    const table = [...sections.values()].map((each) =>
      each.name === 'meta' ? { ...each, crc: crc32(after) } : each,
    );
    const version = Buffer.alloc(4);
    await readExactly(file, version, VERSION_AT, path, 'header');
    await writeExactly(file, encodeHeader(table, version.readUInt32LE(0)), 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

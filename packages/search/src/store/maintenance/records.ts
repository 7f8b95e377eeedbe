/**
 * The entries of a collection's tables, each checked by itself and against the others.
 *
 * @module
 */

import type { Environment } from '../environment.js';
import { decodeId } from '../ids.js';
import type { TableKey } from '../sealed.js';

/** A damaged entry. */
export interface BadRecord {
  readonly table: string;
  readonly key: TableKey;
  readonly what: string;
}

export interface Records {
  readonly points: number;
  readonly entries: number;
  readonly bad: readonly BadRecord[];
}

/** A key as it is shown. */
export function shownKey(table: string, key: TableKey): string | number {
  if (!Buffer.isBuffer(key)) return key;
  return table === 'ids' ? decodeId(key) : key.toString('hex');
}

/** Checks every entry. `onEntry` is called now and then with how many were seen. */
export function checkRecords(environment: Environment, onEntries: (count: number) => void): Records {
  const bad: BadRecord[] = [];
  let entries = 0;
  const seen = () => {
    if (++entries % 10_000 === 0) onEntries(entries);
  };
  const checksum = 'its value does not match its checksum';

  for (const { key, value } of environment.meta.inspect()) {
    seen();
    if (!value) bad.push({ table: 'meta', key, what: checksum });
    else if (!isJson(value.toString())) bad.push({ table: 'meta', key, what: 'it is not JSON' });
  }
  const idOf = new Map<number, string | number>();
  for (const { key, value } of environment.ids.inspect()) {
    seen();
    const row = value?.length === 4 ? value.readUInt32LE(0) : undefined;
    if (!value) bad.push({ table: 'ids', key, what: checksum });
    else if (row === undefined) bad.push({ table: 'ids', key, what: 'it has no row' });
    else if (idOf.has(row))
      bad.push({ table: 'ids', key, what: `row ${row} has another id, ${idOf.get(row)}` });
    else idOf.set(row, decodeId(key));
  }
  const rows = new Set<number>();
  for (const { key: row, value } of environment.points.inspect()) {
    seen();
    rows.add(row);
    if (!value) bad.push({ table: 'points', key: row, what: checksum });
    else if (value.length < 8 || !isJson(value.toString('utf8', 8)))
      bad.push({ table: 'points', key: row, what: 'its payload is not JSON' });
    else if (!idOf.has(row)) bad.push({ table: 'points', key: row, what: 'no id leads to it' });
  }
  for (const [row, id] of idOf)
    if (!rows.has(row)) bad.push({ table: 'points', key: row, what: `the payload of ${id} is missing` });
  for (const [, table] of environment.vectorTables())
    for (const { key: row, value } of table.inspect()) {
      seen();
      if (!value) bad.push({ table: table.name, key: row, what: checksum });
      else if (!idOf.has(row)) bad.push({ table: table.name, key: row, what: 'it belongs to no point' });
    }
  for (const { key, value } of environment.log.inspect()) {
    seen();
    if (!value) bad.push({ table: 'log', key, what: checksum });
  }
  onEntries(entries);
  return { points: idOf.size, entries, bad };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Takes damaged entries out, so that what is left fits together: a point without its id or payload goes as a whole,
 * a damaged vector goes alone. Index snapshots are of no use afterwards.
 *
 * @returns how many points and vectors are gone
 */
export async function dropRecords(
  environment: Environment,
  bad: readonly BadRecord[],
  uuid: string,
): Promise<{ points: number; vectors: number }> {
  const gone = new Set<number>();
  const badIds = new Set<string>();
  let vectors = 0;
  for (const { table, key } of bad) {
    if (table === 'points') gone.add(key as number);
    else if (table === 'ids') badIds.add((key as Buffer).toString('hex'));
  }
  const ids = [...environment.ids.inspect()];
  const version = Number(readable(environment, 'version') ?? newestVersion(environment));
  let points = 0;
  await environment.commit(() => {
    for (const { key, value } of ids)
      if (badIds.has(key.toString('hex')) || (value && gone.has(value.readUInt32LE(0)))) {
        environment.ids.remove(key);
        points++;
      }
    for (const row of gone) {
      environment.points.remove(row);
      for (const [, table] of environment.vectorTables()) table.remove(row);
    }
    for (const { table: name, key } of bad) {
      if (name === 'meta') environment.meta.remove(key as string);
      for (const [, table] of environment.vectorTables())
        if (table.name === name) {
          table.remove(key as number);
          if (!gone.has(key as number)) vectors++;
        }
    }
    for (const key of [...environment.log.getKeys()]) environment.log.remove(key);
    environment.setFact('uuid', uuid);
    environment.setFact('version', version);
    environment.setFact('logStart', 0);
  });
  return { points, vectors };
}

function readable(environment: Environment, fact: string): unknown {
  try {
    return environment.fact(fact);
  } catch {
    return undefined;
  }
}

/** The number of the last write that any payload tells of. */
function newestVersion(environment: Environment): number {
  let newest = 0;
  for (const { value } of environment.points.inspect())
    if (value && value.length >= 8) newest = Math.max(newest, value.readDoubleLE(0) || 0);
  return newest;
}

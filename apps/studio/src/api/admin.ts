/**
 * What makes, changes and keeps collections: settings, payload indexes, aliases, snapshots.
 *
 * @module
 */
import type { AliasAction, AliasDescription, PayloadFieldSchema, SnapshotDescription } from '@fletch/search';
import type { Http } from './http.js';

/** Which data a recovered collection keeps when it differs from the snapshot. */
export type Priority = 'no_sync' | 'snapshot' | 'replica';

/** Snapshots of one collection, or with null those of the whole store. */
export type SnapshotOwner = string | null;

export interface Admin {
  /** @param config - as written by people: the server checks it */
  create(collection: string, config: unknown): Promise<void>;
  update(collection: string, change: unknown): Promise<void>;
  remove(collection: string): Promise<void>;
  createIndex(collection: string, field: string, schema: PayloadFieldSchema): Promise<void>;
  deleteIndex(collection: string, field: string): Promise<void>;
  /** Of all collections. */
  aliases(signal?: AbortSignal): Promise<AliasDescription[]>;
  changeAliases(actions: readonly AliasAction[]): Promise<void>;
  /** Newest first. */
  snapshots(owner: SnapshotOwner, signal?: AbortSignal): Promise<SnapshotDescription[]>;
  createSnapshot(owner: SnapshotOwner): Promise<SnapshotDescription>;
  deleteSnapshot(owner: SnapshotOwner, snapshot: string): Promise<void>;
  /** Recovers a collection, existing or new, from a file. */
  upload(collection: string, file: Blob, name: string, priority: Priority): Promise<void>;
  /** Recovers a collection from an address that the server reads. */
  recover(collection: string, location: string, priority: Priority): Promise<void>;
}

const at = (collection: string, rest = '') => `/collections/${encodeURIComponent(collection)}${rest}`;
const of = (owner: SnapshotOwner) => (owner === null ? '/snapshots' : at(owner, '/snapshots'));

/** Where the file of a snapshot is, from the origin on. */
export const snapshotPath = (owner: SnapshotOwner, snapshot: string): string =>
  `${of(owner)}/${encodeURIComponent(snapshot)}`;

export function createAdmin(http: Http): Admin {
  const send = async (method: 'PUT' | 'PATCH' | 'POST' | 'DELETE', path: string, body?: unknown) => {
    await http(path, { method, ...(body === undefined ? {} : { body }) });
  };
  return {
    create: (collection, config) => send('PUT', at(collection), config),
    update: (collection, change) => send('PATCH', at(collection), change),
    remove: (collection) => send('DELETE', at(collection)),
    createIndex: (collection, field_name, field_schema) =>
      send('PUT', at(collection, '/index?wait=true'), { field_name, field_schema }),
    deleteIndex: (collection, field) =>
      send('DELETE', at(collection, `/index/${encodeURIComponent(field)}?wait=true`)),
    async aliases(signal) {
      const { result } = await http<{ aliases: AliasDescription[] }>('/aliases', { signal });
      return result.aliases.sort((a, b) => a.alias_name.localeCompare(b.alias_name));
    },
    changeAliases: (actions) => send('POST', '/collections/aliases', { actions }),
    async snapshots(owner, signal) {
      const { result } = await http<SnapshotDescription[]>(of(owner), { signal });
      return result.sort((a, b) => (b.creation_time ?? '').localeCompare(a.creation_time ?? ''));
    },
    async createSnapshot(owner) {
      return (await http<SnapshotDescription>(`${of(owner)}?wait=true`, { method: 'POST' })).result;
    },
    deleteSnapshot: (owner, snapshot) => send('DELETE', snapshotPath(owner, snapshot)),
    upload(collection, file, name, priority) {
      const form = new FormData();
      form.append('snapshot', file, name);
      return send('POST', at(collection, `/snapshots/upload?wait=true&priority=${priority}`), form);
    },
    recover: (collection, location, priority) =>
      send('PUT', at(collection, '/snapshots/recover?wait=true'), { location, priority }),
  };
}

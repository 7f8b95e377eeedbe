/**
 * Aliases and snapshots.
 *
 * @module
 */
import type { AliasAction } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { CollectionParams } from './primitives.js';
import { branch, isObject, kind, present, ref } from './shape.js';

const aliasActions = {
  create_alias: z.object({
    create_alias: z.object({ collection_name: z.string(), alias_name: z.string() }),
  }),
  delete_alias: z.object({ delete_alias: z.object({ alias_name: z.string() }) }),
  rename_alias: z.object({
    rename_alias: z.object({ old_alias_name: z.string(), new_alias_name: z.string() }),
  }),
};

const AliasActionSchema = branch<AliasAction>((value) => {
  const name = isObject(value) ? Object.keys(aliasActions).find((each) => each in value) : undefined;
  if (name) return aliasActions[name as keyof typeof aliasActions] as never;
  return `expected {"create_alias": …}, {"delete_alias": …} or {"rename_alias": …}, got ${kind(value)}`;
}).openapi('AliasOperations', {
  anyOf: [ref('CreateAliasOperation'), ref('DeleteAliasOperation'), ref('RenameAliasOperation')],
});

export const ChangeAliases = z
  .object({ actions: z.array(AliasActionSchema) })
  .openapi('ChangeAliasesOperation');

export const AliasesResponse = z
  .object({ aliases: z.array(z.object({ alias_name: z.string(), collection_name: z.string() })) })
  .openapi('CollectionsAliasesResponse');

export const SnapshotDescriptionSchema = z
  .object({
    name: z.string(),
    creation_time: z.string().nullable(),
    size: z.int(),
    checksum: z.string().nullable(),
  })
  .openapi('SnapshotDescription');

const checksum = z.string().regex(/^[0-9a-fA-F]{64}$/, 'expected a SHA-256 checksum: 64 hexadecimal digits');
const priority = z.enum(['no_sync', 'snapshot', 'replica']);

/** A snapshot somewhere else. `api_key` is sent to where it is fetched from. */
export const SnapshotRecover = z
  .object({
    location: z.string().min(1),
    priority: priority.nullish(),
    checksum: checksum.nullish(),
    api_key: z.string().nullish(),
  })
  .transform(present)
  .openapi('SnapshotRecover');

export const WaitQuery = z.object({ wait: z.enum(['true', 'false']).optional() });
export const UploadQuery = z.object({
  wait: z.enum(['true', 'false']).optional(),
  priority: priority.optional(),
  checksum: checksum.optional(),
});

export const SnapshotParams = CollectionParams.extend({ snapshot_name: z.string().min(1) });
const shard_id = z
  .string()
  .regex(/^\d{1,9}$/, 'expected the number of a shard')
  .transform(Number)
  .openapi({ type: 'integer', minimum: 0 });
export const ShardParams = CollectionParams.extend({ shard_id });
export const ShardSnapshotParams = SnapshotParams.extend({ shard_id });
export const StoreSnapshotParams = z.object({ snapshot_name: z.string().min(1) });

/** Named parts of the document that only unions refer to. */
export const snapshotComponents = {
  CreateAliasOperation: aliasActions.create_alias,
  DeleteAliasOperation: aliasActions.delete_alias,
  RenameAliasOperation: aliasActions.rename_alias,
};

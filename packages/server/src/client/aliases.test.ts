import { expect } from 'vitest';
import { freshName, method, refused, useClient } from './client.case.js';

useClient();

method('updateCollectionAliases', async ({ client }) => {
  const name = freshName();
  await client.createCollection(name, { vectors: { size: 4, distance: 'Dot' } });
  const create = (collection_name: string, alias_name: string) => ({
    create_alias: { collection_name, alias_name },
  });
  expect(await client.updateCollectionAliases({ actions: [create('cities', 'towns')], timeout: 5 })).toBe(
    true,
  );
  expect((await client.count('towns')).count).toBe(6);
  // All at once: what readers see is the old or the new, never none.
  await client.updateCollectionAliases({
    actions: [{ delete_alias: { alias_name: 'towns' } }, create(name, 'towns')],
  });
  expect((await client.count('towns')).count).toBe(0);
  await client.updateCollectionAliases({
    actions: [{ rename_alias: { old_alias_name: 'towns', new_alias_name: 'places' } }],
  });
  await expect(client.count('towns')).rejects.toMatchObject(
    refused(404, "Not found: Collection `towns` doesn't exist!"),
  );
  expect(await client.collectionExists('places')).toEqual({ exists: true });
  await expect(
    client.updateCollectionAliases({ actions: [create('cities', 'kept'), create('none', 'lost')] }),
  ).rejects.toMatchObject({ status: 404 });
  expect(await client.collectionExists('kept')).toEqual({ exists: false });
  await client.updateCollectionAliases({ actions: [{ delete_alias: { alias_name: 'places' } }] });
});

method('getAliases', async ({ client }) => {
  await client.updateCollectionAliases({
    actions: ['b', 'a'].map((alias_name) => ({ create_alias: { collection_name: 'cities', alias_name } })),
  });
  const { aliases } = await client.getAliases();
  for (const alias_name of ['a', 'b'])
    expect(aliases).toContainEqual({ alias_name, collection_name: 'cities' });
});

method('getCollectionAliases', async ({ client }) => {
  const name = freshName();
  await client.createCollection(name, { vectors: { size: 1, distance: 'Dot' } });
  expect(await client.getCollectionAliases(name)).toEqual({ aliases: [] });
  await client.updateCollectionAliases({
    actions: [{ create_alias: { collection_name: name, alias_name: `${name}-alias` } }],
  });
  expect(await client.getCollectionAliases(name)).toEqual({
    aliases: [{ alias_name: `${name}-alias`, collection_name: name }],
  });
  await client.deleteCollection(name);
  expect((await client.getAliases()).aliases.map(({ collection_name }) => collection_name)).not.toContain(
    name,
  );
});

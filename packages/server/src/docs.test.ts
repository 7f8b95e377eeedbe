import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ask, fillCities, testApp } from './testing/setup.case.js';

const docs = readFileSync(new URL('../../../docs/http-api.md', import.meta.url), 'utf8');
const client = dirname(createRequire(import.meta.url).resolve('@qdrant/js-client-rest'));
const schema = ts.createSourceFile(
  'schema.d.ts',
  readFileSync(join(client, '../types/openapi/generated_schema.d.ts'), 'utf8'),
  ts.ScriptTarget.Latest,
);

/** The members of an interface, or of a type literal, by their names. */
function membersOf(node: ts.Node): Map<string, ts.TypeNode> {
  const members = new Map<string, ts.TypeNode>();
  if (ts.isInterfaceDeclaration(node) || ts.isTypeLiteralNode(node))
    for (const member of node.members)
      if (ts.isPropertySignature(member) && member.type && !ts.isComputedPropertyName(member.name))
        members.set(member.name.getText(schema).replace(/^["']|["']$/g, ''), member.type);
  return members;
}

const interfaces = new Map(
  schema.statements.filter(ts.isInterfaceDeclaration).map((each) => [each.name.text, membersOf(each)]),
);
const schemas = membersOf(interfaces.get('components')!.get('schemas')!);
const operations = interfaces.get('operations')!;

/** Every endpoint of the dialect: method, path, and what its operation takes. */
const endpoints = [...interfaces.get('paths')!].flatMap(([path, item]) =>
  [...membersOf(item)]
    .filter(([method]) => ['get', 'put', 'post', 'patch', 'delete'].includes(method))
    .map(([method, type]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      operation: operations.get(/\["(\w+)"\]$/.exec(type.getText(schema))![1]!)!,
    })),
);

/** The names of all properties that values of a type can have, however deep. */
function namesIn(type: ts.Node | undefined, seen: Set<string>, names: Set<string>): void {
  if (!type) return;
  if (ts.isIndexedAccessTypeNode(type)) {
    const name = /\["schemas"\]\["(\w+)"\]$/.exec(type.getText(schema))?.[1];
    if (name === undefined || seen.has(name)) return;
    seen.add(name);
    namesIn(schemas.get(name), seen, names);
  } else if (ts.isTypeLiteralNode(type))
    for (const member of type.members) {
      if (ts.isPropertySignature(member)) names.add(member.name.getText(schema));
      if (ts.isPropertySignature(member) || ts.isIndexSignatureDeclaration(member))
        namesIn(member.type, seen, names);
    }
  else type.forEachChild((child) => namesIn(child, seen, names));
}

/** The names of the query parameters and of everything in the body of an operation. */
function optionsOf(operation: ts.TypeNode): Set<string> {
  const names = new Set<string>();
  const parameters = membersOf(operation).get('parameters');
  const query = parameters && membersOf(parameters).get('query');
  if (query) for (const name of membersOf(query).keys()) names.add(name);
  const body = membersOf(operation).get('requestBody');
  const content = body && membersOf(body).get('content');
  if (content) namesIn(membersOf(content).get('application/json'), new Set(), names);
  return names;
}

describe('docs/http-api.md', () => {
  it('is about a schema that could be read', () => {
    expect(endpoints.length).toBeGreaterThanOrEqual(69);
    const all = new Set(endpoints.flatMap(({ operation }) => [...optionsOf(operation)]));
    expect(all.size).toBeGreaterThan(230);
  });

  it.each(endpoints)('lists $name', ({ name }) => {
    expect(docs).toContain(`\`${name}\``);
  });

  it.each(endpoints)('lists the options of $name', ({ operation }) => {
    const missing = [...optionsOf(operation)].filter((name) => !docs.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });
});

describe('every endpoint of the dialect', () => {
  let ask: Ask;
  beforeAll(async () => {
    ({ ask } = await testApp());
    await fillCities(ask);
  });

  it.each(endpoints)('$name is answered', async ({ method, path }) => {
    const filled = path
      .replace('{collection_name}', 'cities')
      .replace('{id}', '1')
      .replace('{shard_id}', '0')
      .replace('{peer_id}', '1')
      .replace(/\{\w+\}/g, 'x');
    // Nothing is deleted: what is asked for is wrong on purpose where it could be.
    const destructive = method === 'DELETE' && path === '/collections/{collection_name}';
    const { status, body } = await ask(
      method,
      destructive ? '/collections/none' : filled,
      method === 'GET' ? undefined : 'nonsense',
    );
    const words = typeof body === 'string' ? body : (body.status?.error ?? '');
    expect(words).not.toMatch(/there is no .* here|is not allowed here/);
    if (status === 405) expect(words).toBe('Qdrant is running in standalone mode');
  });
});

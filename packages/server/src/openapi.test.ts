import { beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from './routes/index.js';
import { testApp } from './testing/setup.case.js';

interface Operation {
  operationId: string;
  summary: string;
  requestBody?: { content: { 'application/json': { schema: { $ref?: string } } } };
  responses: Record<string, unknown>;
}
interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

let document: OpenApi;
beforeAll(async () => {
  const { ask } = await testApp();
  document = (await ask('GET', '/openapi.json')).body;
});

function* refs(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === '$ref' && typeof value === 'string') yield value;
    else yield* refs(value);
  }
}

describe('the OpenAPI document', () => {
  it('has every endpoint, each with an id of its own', () => {
    expect(document.openapi).toBe('3.1.0');
    const seen = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    expect(seen).toEqual(expect.arrayContaining(endpoints.map(({ method, path }) => `${method} ${path}`)));
    expect(seen).toEqual(
      expect.arrayContaining(['get /', 'get /healthz', 'get /livez', 'get /readyz', 'get /metrics']),
    );
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).map((each) => each.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(endpoints.length + 26);
  });

  it('has every schema that it refers to, and no empty one', () => {
    const schemas = document.components.schemas;
    const names = [...refs(document)];
    expect(names.length).toBeGreaterThan(50);
    for (const name of names) {
      expect(name).toMatch(/^#\/components\/schemas\/\w+$/);
      expect(Object.keys(schemas)).toContain(name.split('/').at(-1));
    }
    for (const [name, schema] of Object.entries(schemas)) expect(Object.keys(schema), name).not.toEqual([]);
  });

  it('describes bodies, parameters and answers', () => {
    const query = document.paths['/collections/{collection_name}/points/query']!.post!;
    expect(query.requestBody!.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/QueryRequest',
    });
    expect(JSON.stringify(query)).toContain('"name":"collection_name","in":"path"');
    expect(query.responses).toMatchObject({ 200: { description: expect.any(String) }, '4XX': {} });
    expect(document.components.schemas.DenseVector).toMatchObject({
      type: 'array',
      items: { type: 'number' },
    });
    expect(document.components.schemas.Filter).toMatchObject({
      properties: { must: {}, should: {}, must_not: {} },
    });
    expect(document.components.schemas.QueryRequest).toMatchObject({
      properties: { query: {}, limit: { minimum: 1 } },
    });
  });
});

/**
 * The OpenAPI document, made from the schemas that check the requests.
 *
 * @module
 */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { collectionComponents } from './schemas/collections.js';
import { exampleComponents } from './schemas/examples.js';
import { filterComponents } from './schemas/filters.js';
import { formulaComponents } from './schemas/formulas.js';
import { legacyComponents } from './schemas/legacy.js';
import { payloadComponents } from './schemas/payloads.js';
import { pointComponents } from './schemas/points.js';
import { kindComponents } from './schemas/query-kinds.js';
import { partComponents } from './schemas/query-parts.js';
import { requestComponents } from './schemas/query-request.js';
import { updateComponents } from './schemas/updates.js';
import { vectorComponents } from './schemas/vectors.js';
import { VERSION } from './version.js';

const components = {
  ...collectionComponents,
  ...exampleComponents,
  ...filterComponents,
  ...formulaComponents,
  ...kindComponents,
  ...legacyComponents,
  ...partComponents,
  ...payloadComponents,
  ...pointComponents,
  ...updateComponents,
  ...requestComponents,
  ...vectorComponents,
};

/** Tells the app's registry of the schemas that only hand-documented unions refer to. */
export function registerComponents(app: OpenAPIHono): void {
  for (const [name, schema] of Object.entries(components)) app.openAPIRegistry.register(name, schema);
}

/** The OpenAPI 3.1 document of everything that is mounted. */
export function openApiDocument(app: OpenAPIHono) {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Fletch',
      version: VERSION,
      description: "Search by meaning over HTTP, in Qdrant's REST dialect.",
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
  });
}

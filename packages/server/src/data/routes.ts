/**
 * Data sets over HTTP: what there is, what is known of each, and samples of those that are there. Nothing is fetched.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import { type DatasetDescription, describeDataset, listDatasets } from '@fletch/data';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HttpError, notFound } from '../http/errors.js';

const tag = 'Data sets';

const Facts = z
  .object({
    name: z.string(),
    title: z.string(),
    kind: z.enum(['images', 'table', 'texts', 'vectors', 'ratings', 'packages']),
    about: z.string(),
    source: z.string(),
    own: z.boolean(),
    license: z.string(),
    size: z.string(),
    download: z.number(),
    split: z.string(),
    loader: z.string(),
    state: z.enum(['ready', 'absent', 'own']),
  })
  .openapi('DatasetFacts');

const Sample = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('images'),
      channels: z.number(),
      rows: z.number(),
      columns: z.number(),
      items: z.array(z.object({ label: z.string(), pixels: z.string() })),
    }),
    z.object({
      kind: z.literal('table'),
      columns: z.array(z.object({ name: z.string(), type: z.enum(['number', 'text']), missing: z.number() })),
      rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
    }),
    z.object({
      kind: z.literal('texts'),
      items: z.array(z.object({ label: z.string(), text: z.string() })),
    }),
    z.object({
      kind: z.literal('vectors'),
      dimension: z.number(),
      items: z.array(z.object({ label: z.string(), values: z.array(z.number()) })),
    }),
  ])
  .openapi('DatasetSample');

const Described = Facts.extend({
  view: z
    .object({ figures: z.record(z.string(), z.union([z.number(), z.string()])), sample: Sample })
    .nullable(),
}).openapi('DatasetDescription');

/** Adds the routes under `/data`. */
export function mountData(app: OpenAPIHono): void {
  describe(app);

  app.get('/data', async (context) => ok(context, { datasets: await listDatasets() }));

  app.get('/data/:name', async (context) => ok(context, await find(context.req.param('name'))));

  app.get('/data/:name/sample', async (context) => {
    const { name, view, own } = await find(context.req.param('name'));
    if (view) return ok(context, view.sample);
    throw new HttpError(
      404,
      own
        ? `Not found: "${name}" is read from a folder of the user's (fletch data describe ${name} --path <folder>)`
        : `Not found: "${name}" is not there yet (fletch data get ${name})`,
    );
  });
}

async function find(name: string): Promise<DatasetDescription> {
  try {
    return await describeDataset(name);
  } catch (error) {
    if (isFletchError(error, 'NOT_FOUND')) throw notFound(error.message);
    throw error;
  }
}

function ok(context: Context, result: unknown): Response {
  return context.json({ result, status: 'ok', time: 0 });
}

function describe(app: OpenAPIHono): void {
  const name = { params: z.object({ name: z.string() }) };
  const paths = [
    [
      '/data',
      'datasets',
      'The data sets that Fletch knows, and which are there',
      {},
      z.object({ datasets: z.array(Facts) }),
    ],
    ['/data/{name}', 'dataset', 'One data set, with figures and a sample when it is there', name, Described],
    ['/data/{name}/sample', 'dataset_sample', 'A sample of a data set that is there', name, Sample],
  ] as const;
  for (const [path, operationId, summary, request, result] of paths)
    app.openAPIRegistry.registerPath({
      method: 'get',
      path,
      operationId,
      tags: [tag],
      summary,
      request,
      responses: {
        200: {
          description: 'the answer',
          content: {
            'application/json': { schema: z.object({ result, status: z.literal('ok'), time: z.number() }) },
          },
        },
      },
    });
}

/**
 * The zoo over HTTP: recipes, what was trained of them, and training with live progress.
 *
 * @module
 */
import { readSample, zooEntries, zooEntry, zooRecipe } from '@fletch/models';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { readJson } from '../http/body.js';
import type { Limits } from '../http/endpoint.js';
import { HttpError, notFound } from '../http/errors.js';
import { begin, describeRoutes, found, mountRuns, ok } from '../runs/routes.js';
import type { ZooRuns } from './runs.js';

const TrainRequest = z.strictObject({ fresh: z.boolean().default(false) }).openapi('ZooTrainRequest');

/** Adds the routes under `/zoo`. */
export function mountZoo(app: OpenAPIHono, runs: ZooRuns, limits: Limits): void {
  describe(app);

  app.get('/zoo', async (context) => ok(context, { models: await zooEntries(), running: runningOf(runs) }));

  app.get('/zoo/:name', async (context) => {
    const name = context.req.param('name');
    found(() => zooRecipe(name));
    return ok(context, { ...(await zooEntry(name)), running: runningOf(runs) });
  });

  app.get('/zoo/:name/samples/:file', async (context) => {
    const { name, file } = context.req.param();
    found(() => zooRecipe(name));
    const content = await readSample(name, file);
    if (!content) throw notFound(`There is no sample "${file}" of "${name}"`);
    return context.body(new Uint8Array(content), 200, { 'content-type': 'image/png' });
  });

  app.post('/zoo/:name/train', async (context) => {
    const id = context.req.param('name');
    found(() => zooRecipe(id));
    const checked = TrainRequest.safeParse(await readJson(context, limits.body));
    if (!checked.success) throw new HttpError(422, 'Validation error in JSON body: fresh is true or false');
    const { run } = begin(runs, { id, ...checked.data });
    return ok(context, { run, id, ...checked.data }, 202);
  });

  mountRuns(app, '/zoo/runs', runs);
}

/** The training that lasts, so that a page that comes later can follow it. */
function runningOf(runs: ZooRuns): { readonly run: string; readonly id: string } | null {
  const { running } = runs;
  return running ? { run: running.run, id: running.request.id } : null;
}

function describe(app: OpenAPIHono): void {
  const name = { params: z.object({ name: z.string() }) };
  const run = { params: z.object({ run: z.string() }) };
  describeRoutes(app, 'Zoo', [
    ['get', '/zoo', 'zoo_models', 'The recipes, and what was trained of them', {}],
    ['get', '/zoo/{name}', 'zoo_model', 'One recipe with its curves and held-out quality', name],
    [
      'get',
      '/zoo/{name}/samples/{file}',
      'zoo_sample',
      'A picture that a trained model made, as PNG',
      { params: z.object({ name: z.string(), file: z.string() }) },
    ],
    [
      'post',
      '/zoo/{name}/train',
      'zoo_train',
      'Train a model that is not in the cache; one is trained at a time',
      { ...name, body: { content: { 'application/json': { schema: TrainRequest } } } },
    ],
    [
      'get',
      '/zoo/runs/{run}/events',
      'zoo_events',
      'Progress and end of a training, as server-sent events',
      run,
    ],
    ['delete', '/zoo/runs/{run}', 'zoo_stop', 'Stop a training; it goes on from there the next time', run],
  ]);
}

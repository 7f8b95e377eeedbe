/**
 * Checkpoints over HTTP: which there are, what is in one, what tuning changed.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import { compareCheckpoints, compareTensor, inspectCheckpoint, inspectTensor } from '@fletch/weights';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HttpError, wrongInput } from '../http/errors.js';
import { describeRoutes, ok } from '../runs/routes.js';
import { findModels, withModels } from './models.js';

/** Models that are compared at once. */
const MAX_MODELS = 8;

/** The smaller side of matrices whose spectra are computed in full while others wait for answers. */
const EXACT_UP_TO = 768;

/** Adds the routes under `/weights`. */
export function mountWeights(app: OpenAPIHono, root: string | undefined): void {
  describe(app);
  const inTurn = oneAtATime();

  app.get('/weights', async (context) => {
    const models = [...(await findModels(root)).values()].map(({ path: _, ...model }) => model);
    return ok(context, { models, folder: root !== undefined });
  });

  app.get('/weights/report', async (context) => {
    const model = one(context, 'model');
    return answer(context, () =>
      inTurn(() =>
        withModels(root, [model], undefined, ([checkpoint]) =>
          inspectCheckpoint(checkpoint!, { signal: context.req.raw.signal }),
        ),
      ),
    );
  });

  app.get('/weights/tensor', async (context) => {
    const [model, name] = [one(context, 'model'), one(context, 'name')];
    return answer(context, () =>
      inTurn(() =>
        withModels(root, [model], undefined, ([checkpoint]) =>
          inspectTensor(checkpoint!, name, { exactUpTo: EXACT_UP_TO }),
        ),
      ),
    );
  });

  app.get('/weights/compare', async (context) => {
    const base = one(context, 'base');
    const models = context.req.queries('model') ?? [];
    if (models.length === 0 || models.length > MAX_MODELS)
      throw wrongInput(`model is given once to ${MAX_MODELS} times, not ${models.length} times`);
    return answer(context, () =>
      inTurn(() =>
        withModels(root, [base, ...models], base, ([first, ...others]) =>
          compareCheckpoints(first!, others, { signal: context.req.raw.signal }),
        ),
      ),
    );
  });

  app.get('/weights/compare/tensor', async (context) => {
    const [base, model, name] = [one(context, 'base'), one(context, 'model'), one(context, 'name')];
    return answer(context, () =>
      inTurn(() =>
        withModels(root, [base, model], base, ([first, second]) =>
          compareTensor(first!, second!, name, { exactUpTo: EXACT_UP_TO }),
        ),
      ),
    );
  });
}

/** A parameter that must be there once. */
function one(context: Context, name: string): string {
  const values = context.req.queries(name) ?? [];
  if (values.length === 1 && values[0] !== '') return values[0]!;
  throw wrongInput(`the parameter ${name} is missing or given more than once`);
}

/** Paths, which messages begin with, are the server's own; models of two architectures are a wrong question. */
async function answer(context: Context, work: () => Promise<unknown>): Promise<Response> {
  try {
    return ok(context, await work());
  } catch (error) {
    if (isFletchError(error, 'DIMENSION_MISMATCH')) throw new HttpError(400, `Wrong input: ${error.message}`);
    throw error;
  }
}

/** Runs pieces of work one after the other: each may take much memory. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

function describe(app: OpenAPIHono): void {
  const [model, base, name] = [z.string(), z.string(), z.string()];
  describeRoutes(app, 'Weights', [
    [
      'get',
      '/weights',
      'weights_models',
      'The checkpoints that can be looked at: of the zoo, and in the folder of --weights',
      {},
    ],
    [
      'get',
      '/weights/report',
      'weights_report',
      'What is in a checkpoint: architecture, types, norms, NaN, copies',
      { query: z.object({ model }) },
    ],
    [
      'get',
      '/weights/tensor',
      'weights_tensor',
      'One tensor with its singular values',
      { query: z.object({ model, name }) },
    ],
    [
      'get',
      '/weights/compare',
      'weights_compare',
      'What changed between a base and models that were tuned of it (model may be given several times)',
      { query: z.object({ base, model: z.union([model, z.array(model)]) }) },
    ],
    [
      'get',
      '/weights/compare/tensor',
      'weights_compare_tensor',
      'One tensor before and after: spectra, intruder dimensions, how singular vectors turned',
      { query: z.object({ base, model, name }) },
    ],
  ]);
}

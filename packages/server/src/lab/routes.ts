/**
 * The laboratory over HTTP: systems, their kept results and plots, and runs with live progress.
 *
 * @module
 */
import { catalogue, plainResult, plotOf, profiles, readResult, systemFacts } from '@fletch/lab';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { readJson } from '../http/body.js';
import type { Limits } from '../http/endpoint.js';
import { HttpError, notFound } from '../http/errors.js';
import { begin, describeRoutes, found, mountRuns, ok } from '../runs/routes.js';
import type { LabRuns } from './runs.js';

const tag = 'Laboratory';

const RunRequest = z.object({ profile: z.enum(profiles).default('quick') }).openapi('LabRunRequest');

/** Adds the routes under `/lab`. */
export function mountLab(app: OpenAPIHono, runs: LabRuns, limits: Limits): void {
  describe(app);

  app.get('/lab/systems', async (context) => ok(context, { systems: await systemsWithVerdicts() }));

  app.get('/lab/systems/:id', async (context) => {
    const facts = factsOf(context.req.param('id'));
    const entry = (await catalogue()).find(({ id }) => id === facts.id)!;
    const stored = await readResult(facts.id);
    const { date, machine, versions } = stored ?? {};
    return ok(context, {
      ...entry,
      result: stored ? { ...plainResult(stored), date, machine, versions } : null,
    });
  });

  app.get('/lab/systems/:id/plot.svg', async (context) => {
    const { id, title } = factsOf(context.req.param('id'));
    const stored = await readResult(id);
    if (!stored) throw notFound(`There is no kept result of "${id}"`);
    return context.body(await plotOf(id, title, stored), 200, {
      'content-type': 'image/svg+xml',
      // The picture may be opened by itself: it runs nothing and loads nothing.
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    });
  });

  app.post('/lab/systems/:id/runs', async (context) => {
    const { id } = factsOf(context.req.param('id'));
    const checked = RunRequest.safeParse(await readJson(context, limits.body));
    if (!checked.success)
      throw new HttpError(422, `Validation error in JSON body: profile is one of ${profiles.join(', ')}`);
    const { profile } = checked.data;
    const { run } = begin(runs, { id, profile });
    return ok(context, { run, id, profile }, 202);
  });

  mountRuns(app, '/lab/runs', runs);
}

async function systemsWithVerdicts() {
  return Promise.all(
    (await catalogue()).map(async (entry) => {
      const stored = entry.status === 'built' ? await readResult(entry.id).catch(() => undefined) : undefined;
      return {
        ...entry,
        result: stored ? { holds: stored.holds, date: stored.date, claims: stored.claims } : null,
      };
    }),
  );
}

function factsOf(id: string): ReturnType<typeof systemFacts> {
  return found(() => systemFacts(id));
}

function describe(app: OpenAPIHono): void {
  const id = { params: z.object({ id: z.string() }) };
  const run = { params: z.object({ run: z.string() }) };
  describeRoutes(app, tag, [
    ['get', '/lab/systems', 'lab_systems', 'The 51 systems and the verdicts of their last full runs', {}],
    ['get', '/lab/systems/{id}', 'lab_system', 'One system with its kept result', id],
    ['get', '/lab/systems/{id}/plot.svg', 'lab_plot', 'The plot of its kept result, as SVG', id],
    [
      'post',
      '/lab/systems/{id}/runs',
      'lab_run',
      'Start a run; one lasts at a time',
      { ...id, body: { content: { 'application/json': { schema: RunRequest } } } },
    ],
    ['get', '/lab/runs/{run}/events', 'lab_events', 'Progress and end of a run, as server-sent events', run],
    ['delete', '/lab/runs/{run}', 'lab_stop', 'Stop a run', run],
  ]);
}

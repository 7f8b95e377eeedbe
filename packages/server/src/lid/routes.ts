/**
 * Episodes of MiniHome over HTTP, to be watched step by step. Each is played anew: the same question has the same answer.
 *
 * @module
 */
import type { Episode, MiniHomeOptions, Narration } from '@fletch/insight';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { wrongInput } from '../http/errors.js';

const Piece = z.object({ name: z.string(), x: z.number(), y: z.number() });

const Frame = z.object({
  text: z.string(),
  ok: z.boolean(),
  x: z.number(),
  y: z.number(),
  room: z.string(),
  held: z.string().nullable(),
  goal: z.array(z.object({ text: z.string(), holds: z.boolean() })),
  things: z.array(z.object({ name: z.string(), at: z.string().nullable(), hidden: z.boolean() })),
  open: z.array(z.string()),
  on: z.array(z.string()),
  memories: z.array(z.string()),
});

const Watched = z
  .object({
    goal: z.string(),
    success: z.boolean(),
    rooms: z.array(Piece),
    pieces: z.array(Piece),
    frames: z.array(Frame),
  })
  .openapi('HouseholdEpisode');

const Query = z.object({
  split: z.enum(['train', 'id', 'scene', 'task']).default('id'),
  seed: z.coerce.number().int().min(0).max(999_999).default(0),
  policy: z.enum(['expert', 'random']).default('expert'),
  observability: z.enum(['full', 'partial']).default('full'),
});

/** Adds `/lid/episode`. */
export function mountLid(app: OpenAPIHono): void {
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/lid/episode',
    operationId: 'household_episode',
    tags: ['Laboratory'],
    summary: 'One episode of the household, moment by moment',
    request: { query: Query },
    responses: {
      200: {
        description: 'the answer',
        content: {
          'application/json': {
            schema: z.object({ result: Watched, status: z.literal('ok'), time: z.number() }),
          },
        },
      },
    },
  });
  app.get('/lid/episode', async (context) => {
    const asked = Query.safeParse(context.req.query());
    if (!asked.success) {
      const [issue] = asked.error.issues;
      throw wrongInput(`${issue!.path.join('.')}: ${issue!.message}`);
    }
    const { policy, ...home } = asked.data;
    return context.json({ result: await play(policy, home), status: 'ok', time: 0 });
  });
}

async function play(policy: 'expert' | 'random', options: MiniHomeOptions): Promise<Narration> {
  const { expertEpisode, MiniHome, narrate, randomEpisode } = await import('@fletch/insight');
  const home = new MiniHome(options);
  const episode: Episode =
    policy === 'expert' ? expertEpisode(home) : await randomEpisode(home, options.seed);
  return narrate(episode);
}

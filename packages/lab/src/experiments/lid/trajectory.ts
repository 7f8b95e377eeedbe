/**
 * One episode, to be drawn.
 *
 * @module
 */
import { collectDemos, evaluatePolicy, narrate } from '@fletch/insight';
import type { Row } from '../../experiment.js';
import { type Bench, policyOf } from './methods.js';
import { rates } from './plans.js';

/** Plays episodes of novel scenes with a policy from scratch until one of several steps succeeds; else the last one. */
export async function recordEpisode(bench: Bench): Promise<{ path: readonly Row[]; places: readonly Row[] }> {
  const { plan, seed, context } = bench;
  const policy = policyOf(bench, { method: 'trajectory', start: 'pre-trained' });
  try {
    await policy.fitBC(collectDemos(plan.demos, { seed: 1000 * seed }), {
      epochs: plan.epochs / 3,
      ...rates.pretrained,
      signal: context.signal,
    });
    const { episodes } = await evaluatePolicy(policy, 'scene', { n: Math.min(20, plan.episodes) });
    const shown = episodes.filter(({ success }) => success).sort((a, b) => b.steps.length - a.steps.length)[0];
    const { frames, pieces } = narrate(shown ?? episodes[0]!);
    return {
      path: frames.map(({ x, y, text }, step) => ({ step, x, y, text })),
      places: pieces.map(({ name, x, y }) => ({ name, x, y })),
    };
  } finally {
    await policy.close();
  }
}

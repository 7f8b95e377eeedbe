/**
 * The episode that is watched, and the moment that is shown: both are in the address.
 *
 * @module
 */
import type { Narration } from '@fletch/insight';
import { computed, effect, type ReadonlySignal, untracked } from '@preact/signals';
import type { EpisodeQuestion, EpisodeRoutes } from '../api/episodes.js';
import type { Desk } from './desk.js';
import { createResource, type Resource } from './resource.js';

export interface Episodes {
  readonly question: ReadonlySignal<EpisodeQuestion>;
  readonly episode: Resource<Narration>;
  /** Within the episode, 0 before the first action. */
  readonly step: ReadonlySignal<number>;
  /** Asks for another episode, from its beginning. */
  ask(change: Partial<EpisodeQuestion>): void;
  /** Shows another moment; what lies outside is cut. */
  show(step: number): void;
}

const USUAL: EpisodeQuestion = { split: 'id', seed: '0', policy: 'expert', observability: 'full' };

export function createEpisodes(routes: EpisodeRoutes, { router, connection }: Desk): Episodes {
  const episode = createResource<Narration>(connection);
  const open = computed(() => router.route.value.page === 'episode');
  const question = computed<EpisodeQuestion>(() => {
    const { more } = router.route.value;
    const part = (name: keyof EpisodeQuestion) => more[name] ?? USUAL[name];
    return {
      split: part('split'),
      seed: part('seed'),
      policy: part('policy'),
      observability: part('observability'),
    };
  });
  /** Changes when another episode is asked for, not with the step. */
  const asked = computed(() => (open.value ? JSON.stringify(question.value) : ''));
  const last = computed(() => Math.max(0, (episode.value.value?.frames.length ?? 1) - 1));
  const step = computed(() => {
    const wanted = Number.parseInt(router.route.value.more.step ?? '0', 10);
    return Number.isNaN(wanted) ? 0 : Math.min(Math.max(0, wanted), last.value);
  });

  effect(() => {
    void connection.epoch.value;
    if (asked.value !== '')
      untracked(() => void episode.load((signal) => routes.episode(question.value, signal)));
  });

  return {
    question,
    episode,
    step,
    ask: (change) => router.go({ more: { ...question.value, ...change } }),
    show: (wanted) => {
      const next = Math.min(Math.max(0, wanted), last.value);
      router.go({ more: { ...question.value, step: String(next) } }, 'replace');
    },
  };
}

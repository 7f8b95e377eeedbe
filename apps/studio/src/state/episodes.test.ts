import type { Narration } from '@fletch/insight';
import { describe, expect, it, vi } from 'vitest';
import type { EpisodeQuestion, EpisodeRoutes } from '../api/episodes.js';
import { createEpisodeRoutes } from '../api/episodes.js';
import { openDesk } from './desk.case.js';
import { createEpisodes } from './episodes.js';
import { routeTo } from './route.js';

function fake(): { routes: EpisodeRoutes; asked: EpisodeQuestion[] } {
  const asked: EpisodeQuestion[] = [];
  const routes: EpisodeRoutes = {
    async episode(question) {
      asked.push(question);
      return { goal: question.seed, frames: [{}, {}, {}] } as unknown as Narration;
    },
  };
  return { routes, asked };
}

describe('episodes', () => {
  it('are asked for when their page opens, and again for another seed, not for another step', async () => {
    const { desk } = await openDesk('#/words');
    const { routes, asked } = fake();
    const state = createEpisodes(routes, desk);
    expect(asked).toEqual([]);
    desk.router.go(routeTo('episode'));
    await vi.waitFor(() => expect(state.episode.value.value?.goal).toBe('0'));
    expect(asked).toEqual([{ split: 'id', seed: '0', policy: 'expert', observability: 'full' }]);
    state.show(1);
    expect(state.step.value).toBe(1);
    state.show(9);
    expect(state.step.value).toBe(2);
    state.show(-3);
    expect(state.step.value).toBe(0);
    expect(asked).toHaveLength(1);
    state.show(2);
    state.ask({ seed: '7' });
    await vi.waitFor(() => expect(state.episode.value.value?.goal).toBe('7'));
    expect(state.step.value).toBe(0);
  });

  it('begin where the address says, and cope with one that says nonsense', async () => {
    const { desk } = await openDesk('#!/episode?split=task&seed=3&step=2');
    const { routes, asked } = fake();
    const state = createEpisodes(routes, desk);
    await vi.waitFor(() => expect(state.step.value).toBe(2));
    expect(asked[0]).toMatchObject({ split: 'task', seed: '3' });
    desk.router.go({ more: { step: 'soon' } });
    expect(state.step.value).toBe(0);
  });

  it('ask by address', async () => {
    const paths: string[] = [];
    const http = async (path: string) => {
      paths.push(path);
      return { result: {} as never, status: 'ok', time: 0 };
    };
    await createEpisodeRoutes(http as never).episode({
      split: 'id',
      seed: '1',
      policy: 'expert',
      observability: 'full',
    });
    expect(paths).toEqual(['/lid/episode?split=id&seed=1&policy=expert&observability=full']);
  });
});

/**
 * The route of the household's episodes.
 *
 * @module
 */
import type { Narration } from '@fletch/insight';
import type { Http } from './http.js';

/** Which episode. */
export interface EpisodeQuestion {
  readonly split: string;
  readonly seed: string;
  readonly policy: string;
  readonly observability: string;
}

export interface EpisodeRoutes {
  /** Throws ApiError 400 for a question that there is no episode to. */
  episode(question: EpisodeQuestion, signal?: AbortSignal): Promise<Narration>;
}

export function createEpisodeRoutes(http: Http): EpisodeRoutes {
  return {
    episode: async (question, signal) =>
      (await http<Narration>(`/lid/episode?${new URLSearchParams({ ...question })}`, { signal })).result,
  };
}

/**
 * How much of system 8 is run in each profile.
 *
 * @module
 */
import type { Profile } from '../../experiment.js';

export interface LidPlan {
  /** Demonstrations of behaviour cloning. */
  readonly demos: number;
  /** Passes over them. */
  readonly epochs: number;
  /** Episodes of each split that are measured. */
  readonly episodes: number;
  /** Steps of an episode at most. */
  readonly limit: number;
  /** Of gathering and of reinforcement. */
  readonly rounds: number;
  readonly firstEpisodes: number;
  readonly roundEpisodes: number;
  readonly updates: number;
  /** Episodes after each round. */
  readonly watched: number;
  /** Whether policies that a language model begins are run; without them nothing but the environment is needed. */
  readonly language: boolean;
  /** Whether the baselines are run of which nothing is claimed, and fewer demonstrations; with the first seed only. */
  readonly everything: boolean;
}

export const plans: { readonly [P in Profile]: LidPlan } = {
  smoke: {
    demos: 3,
    epochs: 1,
    episodes: 2,
    limit: 4,
    rounds: 1,
    firstEpisodes: 6,
    roundEpisodes: 3,
    updates: 1,
    watched: 2,
    language: true,
    everything: false,
  },
  quick: {
    demos: 300,
    epochs: 7,
    episodes: 100,
    limit: 40,
    rounds: 3,
    firstEpisodes: 200,
    roundEpisodes: 60,
    updates: 80,
    watched: 40,
    language: false,
    everything: false,
  },
  full: {
    demos: 300,
    epochs: 16,
    episodes: 200,
    limit: 40,
    rounds: 6,
    firstEpisodes: 300,
    roundEpisodes: 150,
    updates: 250,
    watched: 40,
    language: true,
    everything: true,
  },
};

/** Rates of the arms, the better of those that were tried: from a language model 3e-3 with 1e-2, 2e-3 with 5e-3 and with 2e-3; from scratch the first two. */
export const rates = {
  pretrained: { lr: 2e-3, matrixRate: 5e-3 },
  scratch: { lr: 3e-3, matrixRate: 1e-2 },
  perceptron: { lr: 2e-3 },
  lstm: { lr: 3e-3, matrixRate: 1e-2 },
  gradient: { lr: 5e-4 },
} as const;

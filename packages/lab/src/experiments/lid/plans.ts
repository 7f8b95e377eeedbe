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
  /** Of gathering and of reinforcement. */
  readonly rounds: number;
  readonly firstEpisodes: number;
  readonly roundEpisodes: number;
  readonly updates: number;
  /** Episodes after each round. */
  readonly watched: number;
  /** Whether the baselines are run of which nothing is claimed, and fewer demonstrations; with the first seed only. */
  readonly everything: boolean;
}

export const plans: { readonly [P in Profile]: LidPlan } = {
  smoke: {
    demos: 4,
    epochs: 1,
    episodes: 4,
    rounds: 1,
    firstEpisodes: 6,
    roundEpisodes: 4,
    updates: 2,
    watched: 4,
    everything: false,
  },
  quick: {
    demos: 100,
    epochs: 20,
    episodes: 60,
    rounds: 2,
    firstEpisodes: 150,
    roundEpisodes: 60,
    updates: 100,
    watched: 40,
    everything: false,
  },
  full: {
    demos: 300,
    epochs: 12,
    episodes: 200,
    rounds: 6,
    firstEpisodes: 300,
    roundEpisodes: 150,
    updates: 120,
    watched: 60,
    everything: true,
  },
};

/** Rates of the arms, the best of some that were tried with seeds of their own. */
export const rates = {
  pretrained: { lr: 2e-3, matrixRate: 2e-3 },
  scratch: { lr: 3e-3, matrixRate: 1e-2 },
  perceptron: { lr: 2e-3 },
  lstm: { lr: 3e-3, matrixRate: 1e-2 },
  gradient: { lr: 5e-4 },
} as const;

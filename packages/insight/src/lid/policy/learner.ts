/**
 * Step by step: a policy that goes on learning while it acts.
 *
 * @module
 */
import { assertFinite, type NDArray, type Tensor, trainingStep, tree, warmup } from '@fletch/array';
import type { Rng } from '@fletch/linalg';
import { cloningLoss, type TracedBatch } from './network.js';
import { policyOptimizer, type Rates } from './optimizer.js';
import type { LMPolicy } from './policy.js';
import { batchOf, lengthsOf, type Sample } from './sample.js';

type TracedParams = Readonly<Record<string, Tensor>>;

/** Keeps the optimizer's memory, and what was compiled, between batches. */
export class Learner {
  readonly #policy: LMPolicy;
  readonly #step;
  #state: unknown;
  #count = 0;

  /** @param rates - after 30 steps of rising */
  constructor(policy: LMPolicy, rates: Rates) {
    const { plan, threads } = policy;
    const optimizer = policyOptimizer(policy.parameters, rates, (highest) => warmup(30, highest));
    this.#policy = policy;
    policy.setParameters(tree.map((leaf: unknown) => (leaf as NDArray).copy(), policy.parameters) as never);
    this.#state = optimizer.init(policy.parameters);
    this.#step = trainingStep({
      name: 'policy',
      loss: (params: TracedParams, batch: TracedBatch) => cloningLoss(plan, params, batch),
      optimizer,
      clip: 1,
      threads,
    });
  }

  /** One step of behaviour cloning; gives the loss. */
  async clone(samples: readonly Sample[], random: Rng): Promise<number> {
    const policy = this.#policy;
    const batch = batchOf(samples, lengthsOf(samples, policy.context), (_, count) =>
      random.permutation(count),
    );
    const out = await this.#step(policy.parameters, this.#state, {}, batch);
    assertFinite({ loss: out.loss }, this.#count++);
    this.#state = out.state;
    policy.setParameters(out.params as Record<string, NDArray>);
    return out.loss.item() as number;
  }

  close(): Promise<void> {
    return this.#step.close();
  }
}

/**
 * The simulations of the PRESTO paper, each method's error against the true rare probabilities.
 *
 * @module
 */

import { throwIfAborted } from '@fletch/base';
import {
  breathe,
  logit,
  logitProb,
  ordinalNet,
  presto,
  proportionalOdds,
  type RelaxedPOOptions,
  rareProb,
  simulateRelaxedPO,
} from '@fletch/estimate';
import type { Profile, Row, TrialContext } from '../../experiment.js';

/** How data are drawn, and how often. */
export interface Setting {
  readonly name: string;
  readonly draw: RelaxedPOOptions;
  readonly replicates: number;
  /** Replicates on which PRESTO-L2 and ordinalNet are run, too. */
  readonly also: number;
}

/** Mean squared errors of the rare probability on the training rows. */
export interface Replicate {
  readonly share: number;
  readonly presto: number;
  readonly logit: number;
  readonly po: number;
  readonly ridge?: number;
  readonly ordinalNet?: number;
  /** Of the first replicate: slopes of the truth and of PRESTO. */
  readonly slopes?: readonly Row[];
}

const setting = (
  kind: 'sparse' | 'dense',
  density: number,
  alpha: readonly number[],
  replicates: number,
  also: number,
): Setting => ({
  name: `${kind === 'dense' ? 'dense' : `sparse ${density === 0.5 ? '1/2' : '1/3'}`}, (${alpha.join(', ')})`,
  draw: kind === 'dense' ? { kind, alpha } : { kind, density, alpha },
  replicates,
  also,
});

/** The settings of a profile; the first is that of the claim. */
export function settingsOf(profile: Profile): Setting[] {
  const first = (replicates: number, also: number) =>
    setting('sparse', 1 / 3, [0, 3.5, 5.5], replicates, also);
  switch (profile) {
    case 'smoke': {
      const small = first(2, 1);
      return [{ ...small, draw: { ...small.draw, n: 500, p: 4, alpha: [0, 2, 3.5] } }];
    }
    case 'quick':
      return [first(10, 2)];
    case 'full':
      return [
        first(20, 4),
        setting('sparse', 1 / 2, [0, 3, 5], 20, 4),
        setting('sparse', 1 / 2, [0, 4, 6], 20, 4),
        setting('dense', 1 / 3, [0, 3.5, 5.5], 20, 4),
      ];
  }
}

/** Runs the replicates of a setting. */
export async function simulate(
  { name, draw, replicates, also }: Setting,
  { seed, signal, report }: Pick<TrialContext, 'seed' | 'signal' | 'report'>,
): Promise<Replicate[]> {
  const results: Replicate[] = [];
  for (let r = 0; r < replicates; r++) {
    // Replicates of different seeds are different data.
    const data = simulateRelaxedPO({ ...draw, seed: 1000 * seed + r });
    const { X, y, rare, beta } = data;
    const error = (predicted: Float64Array) =>
      predicted.reduce((sum, value, i) => sum + (value - rare[i]!) ** 2, 0) / rare.length;
    const K = draw.alpha!.length + 1;
    const event = y.map((value) => (value === K ? 1 : 0));
    const fit = presto(X, y, { seed, signal });
    await breathe();
    throwIfAborted(signal);
    results.push({
      share: event.reduce((sum, value) => sum + value, 0) / y.length,
      presto: error(rareProb(fit, X)),
      logit: error(logitProb(logit(X, event), X)),
      po: error(rareProb(proportionalOdds(X, y), X)),
      ...(r < also && {
        ridge: error(rareProb(presto(X, y, { seed, signal, mix: 0 }), X)),
        ordinalNet: error(rareProb(ordinalNet(X, y, { seed, signal }), X)),
      }),
      ...(r === 0 && {
        slopes: [['true', beta] as const, ['PRESTO', fit.beta] as const].flatMap(([who, slopes]) =>
          slopes
            .toArrays()
            .flatMap((row, j) => row.map((slope, k) => ({ who, column: j + 1, boundary: k + 1, slope }))),
        ),
      }),
    });
    report({ done: r + 1, total: replicates, stage: name });
  }
  return results;
}

/**
 * Of system 30: the linear theory, by rank and alignment of the start.
 *
 * @module
 */
import { alignedKA, isotropicKA, type LinearRichLazyOptions, linearRichLazy } from '@fletch/insight';
import type { Row } from '../experiment.js';

/** What is measured. */
export interface LinearPlan {
  readonly tasks: number;
  readonly sigmas: readonly number[];
  readonly ranks: readonly number[];
  readonly kappas: readonly number[];
}

/** Its table and what claims are about. */
export interface LinearOutcome {
  readonly rows: readonly Row[];
  readonly metrics: { readonly [metric: string]: number };
}

/** Smallest step of a list that should rise. */
const leastRise = (values: readonly number[]) =>
  Math.min(...values.slice(1).map((value, i) => value - values[i]!));

/** d = 20, 40 hidden units: kernel alignment by rank, and the aligned start; d = 10: anisotropic data. */
export function measureLinear({ tasks, sigmas, ranks, kappas }: LinearPlan, seed: number): LinearOutcome {
  const rows: Row[] = [];
  const [rises, gaps, gains, shares]: [number[], number[], number[], number[]] = [[], [], [], []];
  const record = (model: string, start: string, options: LinearRichLazyOptions, closed?: number) => {
    const { ka, dW, converged, error } = linearRichLazy(options);
    rows.push({
      model,
      start,
      ra: null,
      ka,
      dw: dW,
      closed_form: closed ?? null,
      converged,
      loss: error / 2,
    });
    return ka;
  };
  for (const sigma of sigmas) {
    const [d, h] = [20, 40];
    const model = `linear, σ = ${sigma}`;
    const common = { d, h, sigma, tasks, seed };
    const byRank = ranks.map((rank) =>
      record(
        model,
        rank === d ? 'isotropic' : `rank ${rank}`,
        { ...common, rank },
        rank === d ? isotropicKA({ d, sigma }) : undefined,
      ),
    );
    const aligned = record(
      model,
      'aligned rank 1',
      { ...common, alignment: 'aligned' },
      alignedKA({ d, sigma }),
    );
    rises.push(leastRise(byRank));
    gaps.push(byRank.at(-1)! - byRank[0]!);
    gains.push(aligned - byRank[0]!);
    if (sigma >= 2) shares.push(aligned / byRank.at(-1)!);
  }
  const partial = kappas.map((kappa) => {
    const common = { d: 10, h: 20, sigma: 2, kappa, tasks, seed };
    const model = `linear, anisotropic data, κ = ${kappa}`;
    record(model, 'rank 1', common);
    record(model, 'isotropic', { ...common, rank: 10 }, isotropicKA(common));
    record(model, 'aligned rank 1', { ...common, alignment: 'aligned' }, alignedKA(common));
    return record(model, 'partly aligned rank 1', { ...common, alignment: 'partial' });
  });
  return {
    rows,
    metrics: {
      linear_rise: Math.min(...rises),
      linear_gap: Math.min(...gaps),
      aligned_gain: Math.min(...gains),
      aligned_share: Math.min(...shares),
      partial_rise: leastRise(partial),
    },
  };
}

/**
 * Of system 7: how far the estimated error vector is off, by the number of nudges and their strength.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { EPNetwork } from '@fletch/insight';
import { rng } from '@fletch/linalg';
import type { TrialContext } from '../experiment.js';

/** What is measured. */
export interface BiasPlan {
  readonly N: readonly number[];
  /** Of a nudged relaxation. */
  readonly steps: number;
}

/** One point of the study of the estimator's error. */
interface BiasPoint {
  readonly N: number;
  readonly beta: number;
  readonly error: number;
}

export interface BiasOutcome {
  readonly points: readonly BiasPoint[];
  readonly slopes: { readonly [N: string]: number };
  /** Relative error of the limit N → ∞. */
  readonly limit: number;
}

const BETAS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** A random symmetric network in 64-bit: the estimate's error against the adjoint solution, by N and β. */
export async function measureBias(
  { N: counts, steps }: BiasPlan,
  { seed, profile, report }: TrialContext,
): Promise<BiasOutcome> {
  const net = new EPNetwork({
    layers: [20, 16, 16, 5],
    angleDeg: 0,
    precision: 'float64',
    damping: 0.5,
    threads: 1,
    seed,
  });
  try {
    // Halved weights between layers: the network settles from everywhere, whatever the seed.
    const { weights } = net.parameters;
    const halved = Object.fromEntries(
      Object.entries(weights).map(([edge, { data, shape }]) => [
        edge,
        array(
          (data as Float64Array).map((value) => (edge.startsWith('x-') ? value : value / 2)),
          'float64',
          shape,
        ),
      ]),
    );
    net.load({ ...net.parameters, weights: halved });
    const random = rng(90_000 + seed);
    const x = array(random.fillUniform(new Float64Array(200)), 'float64', [10, 20]);
    const y = Array.from({ length: 10 }, () => random.integer(5));
    const free = await net.relax(x, { steps: 2 * steps });
    const truth = await net.adjoint(free, x, y, { steps: 2 * steps });
    const errorOf = async (N: number, beta: number) => {
      const d = await net.errorVector(free, x, y, { N, beta, steps });
      return relativeError(d, truth);
    };
    const limit = await errorOf(Number.POSITIVE_INFINITY, 0.1);
    const points: BiasPoint[] = [];
    const betas = profile === 'smoke' ? [0.001, 0.01] : BETAS;
    for (const [i, N] of counts.entries()) {
      for (const beta of betas) points.push({ N, beta, error: await errorOf(N, beta) });
      report({ done: i + 1, total: counts.length, stage: 'bias of the estimator' });
    }
    const slopes = Object.fromEntries(
      counts.map((N) => [
        N,
        slopeOf(
          points.filter((point) => point.N === N),
          limit,
        ),
      ]),
    );
    return { points, slopes, limit };
  } finally {
    await net.close();
  }
}

function relativeError(d: readonly NDArray[], truth: readonly NDArray[]): number {
  let [off, size] = [0, 0];
  for (const [l, part] of truth.entries())
    for (const [i, value] of (part.data as Float64Array).entries()) {
      off += (Number(d[l]!.data[i]) - value) ** 2;
      size += value * value;
    }
  return Math.sqrt(off / size);
}

/** Of log error by log β, where the error is above the noise of floats and below 5 %, so that one power leads. */
function slopeOf(points: readonly BiasPoint[], limit: number): number {
  const kept = points.filter(({ error }) => error > Math.max(1e-11, 100 * limit) && error < 0.05);
  const xs = kept.map(({ beta }) => Math.log(beta));
  const ys = kept.map(({ error }) => Math.log(error));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const above = xs.reduce((sum, x, i) => sum + (x - mx) * (ys[i]! - my), 0);
  return above / xs.reduce((sum, x) => sum + (x - mx) ** 2, 0);
}

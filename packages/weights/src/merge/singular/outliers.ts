/**
 * What a task vector's numbers say about it: how much of it lies in outliers, and how much of it is redundant.
 *
 * @module
 */

/** How outliers are weighed. */
export interface OutlierOptions {
  /** `relative`: as a share of all sizes, whatever the vector's length; `absolute`: their sum. Default `relative`. */
  readonly outlierMass?: 'relative' | 'absolute';
  /** Exponent of the weights; 0 switches them off. Default 1. */
  readonly outlierPower?: number;
}

/** Weights stay within these bounds, so that no model wipes out the others. */
const BOUNDS = [1 / 3, 3] as const;

/** Sum of the sizes beyond their mean and three deviations, and of all. */
function outlierMass(delta: Float32Array): { readonly outliers: number; readonly all: number } {
  let all = 0;
  let squares = 0;
  for (const value of delta) {
    all += Math.abs(value);
    squares += value * value;
  }
  const mean = all / delta.length;
  const threshold = mean + 3 * Math.sqrt(Math.max(0, squares / delta.length - mean * mean));
  let outliers = 0;
  for (const value of delta) if (Math.abs(value) > threshold) outliers += Math.abs(value);
  return { outliers, all };
}

/**
 * Weights of task vectors of one matrix by the mass of their outliers, 1 on average before they are bounded: the
 * information of a heavy-tailed update sits in its outliers.
 */
export function outlierWeights(deltas: readonly Float32Array[], options: OutlierOptions = {}): number[] {
  const { outlierMass: kind = 'relative', outlierPower = 1 } = options;
  const masses = deltas.map((delta) => {
    const { outliers, all } = outlierMass(delta);
    return kind === 'absolute' ? outliers : all > 0 ? outliers / all : 0;
  });
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  if (total === 0) return masses.map(() => 1);
  return masses.map((mass) => {
    const weight = ((deltas.length * mass) / total) ** outlierPower;
    return Math.min(BOUNDS[1], Math.max(BOUNDS[0], weight));
  });
}

/** Share of the numbers that are at least a tenth of the mean size; 0 for a vector of zeros. */
export function densityOf(delta: Float32Array): number {
  let sum = 0;
  for (const value of delta) sum += Math.abs(value);
  const bound = (0.1 * sum) / delta.length;
  let dense = 0;
  for (const value of delta) if (value !== 0 && Math.abs(value) >= bound) dense++;
  return dense / delta.length;
}

/**
 * How two-view learners are optimized.
 *
 * @module
 */
import { adam, cosineSchedule, lars, type Optimizer, warmup } from '@fletch/array';

/** Plain Adam with weight decay 1e-6 and half a cosine to zero: for small networks and batches. */
export function pretrainingAdam({
  steps,
  lr = 1e-3,
}: {
  readonly steps: number;
  readonly lr?: number;
}): Optimizer {
  return adam({ learningRate: cosineSchedule(lr, steps), weightDecay: 1e-6 });
}

/**
 * The paper's recipe: LARS with rates that grow with the batch (0.2 for weights and 0.0048 for biases and
 * normalizations, at 256), a linear rise over `rise` steps (the paper's: 10 epochs), then half a cosine to a thousandth.
 */
export function pretrainingLars({
  steps,
  batch,
  rise = Math.round(steps / 100),
}: {
  readonly steps: number;
  readonly batch: number;
  readonly rise?: number;
}): Optimizer {
  const schedule = (rate: number) => {
    const top = (rate * batch) / 256;
    const fall = cosineSchedule(top, Math.max(1, steps - rise), top / 1000);
    return rise > 0 ? warmup(rise, fall) : fall;
  };
  return lars({ learningRate: schedule(0.2), vectorRate: schedule(0.0048), weightDecay: 1e-6 });
}

/**
 * Learning rates that depend on the step. They are computed inside the graph: nothing is traced again.
 *
 * @module
 */
import { scalar, type Tensor, tensor, type Value } from '../core/tensor.js';
import { add, clip, div, less, minimum, mul, pow, sub, where } from '../operations/binary.js';
import { cast } from '../operations/cast.js';
import { cos, floor } from '../operations/unary.js';
import type { Schedule } from './optimizer.js';

const asFloat = (step: Tensor) => cast(step, 'float32');

function at(schedule: Schedule, step: Tensor): Value {
  return typeof schedule === 'function' ? schedule(step) : schedule;
}

/** Half a cosine from `from` at step 0 down to `to` (default 0) at step `steps`, and `to` afterwards. */
export function cosineSchedule(from: number, steps: number, to = 0): (step: Tensor) => Tensor {
  return (step) => {
    const done = minimum(div(asFloat(step), steps), 1);
    return add(mul(add(cos(mul(done, Math.PI)), 1), (from - to) / 2), to);
  };
}

/** `from`, multiplied by `factor` (default 0.1) after every `every` steps. */
export function stepSchedule(from: number, every: number, factor = 0.1): (step: Tensor) => Tensor {
  return (step) => mul(pow(scalar(factor), floor(div(asFloat(step), every))), from);
}

/** A straight line from `from` at step 0 to `to` at step `steps`, and `to` afterwards. */
export function linearSchedule(from: number, steps: number, to = 0): (step: Tensor) => Tensor {
  return (step) => add(mul(clip(div(asFloat(step), steps), 0, 1), to - from), from);
}

/** Rises in a straight line over `steps` steps to what `after` begins with; `after` counts from the end of the rise. */
export function warmup(steps: number, after: Schedule): (step: Tensor) => Tensor {
  return (step) => {
    const rise = div(add(asFloat(step), 1), steps);
    const start = tensor(at(after, scalar(0, step.dtype)));
    const later = tensor(at(after, sub(step, steps)));
    return where(less(step, steps), mul(start, rise), later);
  };
}

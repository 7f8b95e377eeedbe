/** What the host calls. */
import { distance, distance4, scoreOf } from './distance';
import { bindLayout } from './layout';

/** Makes this instance a thread's hand on the memory's index: call again when the parameters change. */
export function bind(slot: u32): void {
  bindLayout(slot);
}

/** Score of two padded vectors, by the kernel for one pair. */
export function score(a: usize, b: usize): f32 {
  return scoreOf(distance(a, b), a, b);
}

/** Scores of one vector with four that follow each other, by the kernel for four: written to `out`. */
export function score4(a: usize, b: usize, bytes: u32, out: usize): void {
  const d = distance4(a, b, b + bytes, b + 2 * bytes, b + 3 * bytes);
  store<f32>(out, scoreOf(f32x4.extract_lane(d, 0), a, b));
  store<f32>(out, scoreOf(f32x4.extract_lane(d, 1), a, b + bytes), 4);
  store<f32>(out, scoreOf(f32x4.extract_lane(d, 2), a, b + 2 * bytes), 8);
  store<f32>(out, scoreOf(f32x4.extract_lane(d, 3), a, b + 3 * bytes), 12);
}

export { levelOf } from './rows';
export { scratchBytes } from './scratch';
export { compare } from './scan';
export { queryAddress, search, searchMany } from './search';
export { maxSim } from './maxsim';
export { link } from './link';
export { forget, forgetAll, mend, repair } from './repair';
export { encode } from './codes/encode';

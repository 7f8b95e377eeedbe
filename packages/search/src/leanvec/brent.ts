/**
 * Minimization of a function of one variable in an interval.
 *
 * @module
 */

/** Settings of {@link minimizeBounded}. */
export interface MinimizeOptions {
  /** How exactly the place is found. */
  readonly tolerance: number;
  readonly maxEvaluations: number;
}

/** The share of the golden section. */
const GOLDEN = (3 - Math.sqrt(5)) / 2;

/**
 * Brent's method (Algorithms for minimization without derivatives, 1973, chapter 5): parabolas through the three best places,
 * golden sections where they lead nowhere. The ends themselves are not tried.
 *
 * @returns the best place
 */
export function minimizeBounded(
  f: (x: number) => number,
  from: number,
  to: number,
  { tolerance, maxEvaluations }: MinimizeOptions,
): number {
  let [a, b] = [from, to];
  // x is the best place, w the second best, v the one before.
  let x = a + GOLDEN * (b - a);
  let [w, v] = [x, x];
  let fx = f(x);
  let [fw, fv] = [fx, fx];
  let step = 0;
  let stepBefore = 0;
  for (let evaluations = 1; evaluations < maxEvaluations; evaluations++) {
    const middle = (a + b) / 2;
    const least = tolerance / 3 + 1.5e-8 * Math.abs(x);
    if (Math.abs(x - middle) <= 2 * least - (b - a) / 2) break;
    const parabola = parabolicStep(x, fx, w, fw, v, fv);
    const isUseful =
      Math.abs(stepBefore) > least &&
      Math.abs(parabola) < Math.abs(stepBefore / 2) &&
      x + parabola > a &&
      x + parabola < b;
    stepBefore = isUseful ? step : (x < middle ? b : a) - x;
    step = isUseful ? parabola : GOLDEN * stepBefore;
    // Not too near the ends, nor where it is already.
    if (isUseful && (x + step - a < 2 * least || b - x - step < 2 * least))
      step = x < middle ? least : -least;
    const u = x + (Math.abs(step) >= least ? step : step >= 0 ? least : -least);
    const fu = f(u);
    if (fu <= fx) {
      if (u < x) b = x;
      else a = x;
      [v, fv, w, fw, x, fx] = [w, fw, x, fx, u, fu];
      continue;
    }
    if (u < x) a = u;
    else b = u;
    if (fu <= fw || w === x) [v, fv, w, fw] = [w, fw, u, fu];
    else if (fu <= fv || v === x || v === w) [v, fv] = [u, fu];
  }
  return x;
}

/** From x to the vertex of the parabola through three places; not a number when they are on a line. */
function parabolicStep(x: number, fx: number, w: number, fw: number, v: number, fv: number): number {
  const r = (x - w) * (fx - fv);
  const q = (x - v) * (fx - fw);
  return -((x - v) * q - (x - w) * r) / (2 * (q - r));
}

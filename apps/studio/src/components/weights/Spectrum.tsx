import type { IntruderComparison, Spectrum as Values } from '@fletch/weights';
import { figure } from '../../lib/bytes.js';
import { curvePath, frameOf } from '../../lib/curve.js';

const SIZE = { width: 420, height: 190 };

const points = (values: readonly number[]) =>
  values.flatMap((value, x) => (value > 0 ? [{ x, y: Math.log10(value) }] : []));

/** Singular values on a logarithmic scale; beside another model's, with its intruders marked. */
export function Spectrum({
  spectrum,
  intruders,
}: {
  spectrum: Values;
  intruders: IntruderComparison | null;
}) {
  // Values that rounding left of zeros would take up most of the picture.
  const floor = (spectrum.values[0] ?? 0) * 1e-6;
  const own = points(spectrum.values.filter((value) => value > floor));
  const tuned = intruders ? points(intruders.sigma.filter((value) => value > floor)) : [];
  const base = intruders ? own.slice(0, intruders.sigma.length) : own;
  const frame = frameOf([base, tuned]);
  if (frame === undefined) return <p class="quiet">All singular values are zero.</p>;
  const place = (i: number) => {
    const point = tuned[i];
    if (point === undefined) return null;
    const x = ((point.x - frame.left) / (frame.right - frame.left || 1)) * SIZE.width;
    const y = SIZE.height - ((point.y - frame.bottom) / (frame.top - frame.bottom || 1)) * SIZE.height;
    return <circle key={i} class="intruder" cx={x} cy={y} r={4} />;
  };
  return (
    <figure class="curves spectrum">
      <svg viewBox={`-6 -6 ${SIZE.width + 12} ${SIZE.height + 12}`} role="img" aria-label="Singular values">
        <path class={intruders ? 'train' : 'validation'} d={curvePath(base, frame, SIZE)} />
        {intruders && <path class="validation" d={curvePath(tuned, frame, SIZE)} />}
        {intruders?.indices.map(place)}
      </svg>
      <figcaption class="small">
        {intruders ? (
          <>
            <span class="key">base</span>
            <span class="key validation">tuned</span>
            {intruders.indices.length > 0 && <span class="key dot">intruder</span>}
          </>
        ) : (
          <span class="key validation">{spectrum.exact ? 'all' : 'leading'} singular values</span>
        )}
        <span class="quiet number">
          {figure(10 ** frame.top)} → {figure(10 ** frame.bottom)}, logarithmic, the first {frame.right + 1}
        </span>
      </figcaption>
    </figure>
  );
}

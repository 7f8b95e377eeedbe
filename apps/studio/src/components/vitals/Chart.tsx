import { sparkline } from '../../lib/sparkline.js';
import { BEATS_KEPT } from '../../state/vitals.js';

interface ChartProps {
  readonly name: string;
  /** Oldest first; undefined where nothing was measured. */
  readonly values: readonly (number | undefined)[];
  readonly write: (value: number) => string;
}

const SIZE = { width: 300, height: 40, slots: BEATS_KEPT };

/** A figure and how it went. */
export function Chart({ name, values, write }: ChartProps) {
  const known = values.filter((value): value is number => value !== undefined && Number.isFinite(value));
  const last = values.at(-1);
  return (
    <section class="chart" aria-label={name}>
      <h2 class="eyebrow">{name}</h2>
      <p class="chart-figure number">{last === undefined ? '—' : write(last)}</p>
      <svg
        class="sparkline"
        viewBox={`0 -2 ${SIZE.width} ${SIZE.height + 4}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={
          known.length === 0
            ? 'not known'
            : `between ${write(Math.min(...known))} and ${write(Math.max(...known))}`
        }
      >
        {known.length > 0 && <path d={sparkline(known, SIZE)} vector-effect="non-scaling-stroke" />}
      </svg>
    </section>
  );
}

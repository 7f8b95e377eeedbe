import type { Progress } from '@fletch/base';
import { figure } from '../../lib/bytes.js';
import { percent } from '../../lib/format.js';

/** How far a run is, and what is watched meanwhile. */
export function ProgressBar({ progress, left }: { progress: Progress | null; left?: string | undefined }) {
  const share = progress?.total === undefined || progress.total === 0 ? null : progress.done / progress.total;
  const known = share === null ? null : Math.min(1, share);
  const figures = Object.entries(progress?.figures ?? {}).map(
    ([name, value]) => `, ${name} ${figure(Number(value.toPrecision(3)))}`,
  );
  return (
    <>
      <div
        class={`bar ${known === null ? 'unknown' : ''}`}
        role="progressbar"
        aria-label="Progress"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={known === null ? undefined : Math.round(known * 100)}
      >
        <span style={{ width: `${(known ?? 0.08) * 100}%` }} />
      </div>
      <p class="small">
        {progress?.stage ?? 'starting'}
        {known !== null && `, ${percent(known)}`}
        {figures}
        {left !== undefined && `, ${left} left`}
      </p>
    </>
  );
}

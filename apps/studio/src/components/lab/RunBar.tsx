import { percent } from '../../lib/format.js';
import type { LabRun } from '../../state/lab.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { ClaimLine } from './Claims.js';

/** The run of this visit: how far it is, or how it ended. */
export function RunBar() {
  const { lab, router } = usePage();
  const run = lab.run.value;
  if (run === null) return null;
  const title = lab.systems.value.value?.find(({ id }) => id === run.id)?.title ?? run.id;
  return (
    <section class="run" aria-label="Run">
      <div class="panel-head">
        <h2>
          <a href={router.href(routeTo('lab', { item: run.id }))}>{title}</a>{' '}
          <span class="quiet">{run.profile}</span>
        </h2>
        {run.state === 'running' ? (
          <button type="button" class="button" onClick={() => void lab.stop()}>
            Stop
          </button>
        ) : (
          <button type="button" class="icon" aria-label="Close the run" onClick={lab.dismiss}>
            ×
          </button>
        )}
      </div>
      {run.state === 'running' && <Running run={run} />}
      <div aria-live="polite">
        {run.state === 'failed' && <p class="error">{run.message}</p>}
        {run.result !== null && (
          <>
            <p>
              {run.result.holds ? 'All claims hold' : 'Not all claims hold'}, after{' '}
              <span class="number">{run.result.seconds.toFixed(1)} s</span>.{' '}
              {run.profile !== 'full' && <span class="quiet">Only full runs are kept.</span>}
            </p>
            <ul class="claims">
              {run.result.claims.map((claim) => (
                <ClaimLine key={claim.id} claim={claim} />
              ))}
            </ul>
          </>
        )}
      </div>
    </section>
  );
}

function Running({ run: { progress } }: { run: LabRun }) {
  const share = progress?.total === undefined || progress.total === 0 ? null : progress.done / progress.total;
  const known = share === null ? null : Math.min(1, share);
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
      </p>
    </>
  );
}

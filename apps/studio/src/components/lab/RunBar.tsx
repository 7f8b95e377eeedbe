import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { ProgressBar } from '../run/ProgressBar.js';
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
      {run.state === 'running' && <ProgressBar progress={run.progress} />}
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

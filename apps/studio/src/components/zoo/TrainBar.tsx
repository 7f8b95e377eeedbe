import { useRef } from 'preact/hooks';
import { timeLeft } from '../../lib/zoo.js';
import { routeTo } from '../../state/route.js';
import type { Training } from '../../state/zoo.js';
import { usePage } from '../context.js';
import { ProgressBar } from '../run/ProgressBar.js';
import { Figures } from './Figures.js';

/** The training that this page follows: how far it is, or how it ended. */
export function TrainBar() {
  const { zoo, router } = usePage();
  const training = zoo.training.value;
  const left = useTimeLeft(training);
  if (training === null) return null;
  return (
    <section class="run" aria-label="Training">
      <div class="panel-head">
        <h2>
          <a href={router.href(routeTo('zoo', { item: training.id }))}>{training.id}</a>
        </h2>
        {training.state === 'running' ? (
          <button type="button" class="button" onClick={() => void zoo.stop()}>
            Stop
          </button>
        ) : (
          <button type="button" class="icon" aria-label="Close the training" onClick={zoo.dismiss}>
            ×
          </button>
        )}
      </div>
      {training.state === 'running' && <ProgressBar progress={training.progress} left={left} />}
      <div aria-live="polite">
        {training.state === 'failed' && (
          <p class="error">{training.message} What was trained is kept: training goes on from there.</p>
        )}
        {training.result !== null && (
          <>
            <p>
              Trained in <span class="number">{training.result.seconds.toFixed(0)} s</span>.
            </p>
            <Figures figures={training.result.quality.figures} />
          </>
        )}
      </div>
    </section>
  );
}

/** Time left at the pace since the first report of the current stage. */
function useTimeLeft(training: Training | null): string | undefined {
  const from = useRef<{ stage: string; done: number; time: number } | null>(null);
  const progress = training?.state === 'running' ? training.progress : null;
  if (progress?.total === undefined) return undefined;
  const now = { done: progress.done, time: performance.now(), total: progress.total };
  const stage = `${training!.run} ${progress.stage}`;
  if (from.current?.stage !== stage) from.current = { stage, ...now };
  return timeLeft(from.current, now);
}

import type { LabSystem } from '../../api/lab.js';
import { usePage } from '../context.js';

/** Starts a quick run; one lasts at a time. */
export function RunButton({
  system: { id, status, title },
}: {
  system: Pick<LabSystem, 'id' | 'status' | 'title'>;
}) {
  const { lab } = usePage();
  if (status === 'planned') return null;
  const run = lab.run.value;
  const busy = run?.state === 'running';
  const mine = busy && run.id === id;
  return (
    <button
      type="button"
      class="button"
      disabled={busy || lab.action.pending.value}
      aria-label={`Run the quick profile of ${title}`}
      onClick={() => void lab.start(id, 'quick')}
    >
      {mine ? 'Running…' : 'Run the quick profile'}
    </button>
  );
}

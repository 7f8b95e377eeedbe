import { type Judged, VERDICTS, verdictOf } from '../../lib/systems.js';

/** Whether a system's claims held in its kept run. */
export function Verdict({ system }: { system: Judged }) {
  const verdict = verdictOf(system);
  return <span class={`verdict-mark ${verdict}`}>{VERDICTS[verdict]}</span>;
}

import { ComparePanel } from './ComparePanel.js';
import { HitMap } from './HitMap.js';
import { LatencyPanel } from './LatencyPanel.js';

/** What stands behind the hits: where they lie, how fast they came, whether they are all there. */
export function Insights() {
  return (
    <aside class="insights" aria-label="Insights">
      <HitMap />
      <LatencyPanel />
      <ComparePanel />
    </aside>
  );
}

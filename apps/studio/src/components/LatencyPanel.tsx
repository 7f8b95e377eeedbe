import { milliseconds } from '../lib/format.js';
import { sparkline } from '../lib/sparkline.js';
import { routeTo } from '../state/route.js';
import { usePage } from './context.js';

const SIZE = { width: 300, height: 40, slots: 48 };

/** Server time and round trip of the last search, and of those before it. */
export function LatencyPanel() {
  const { search, router } = usePage();
  const outcome = search.outcome.value;
  if (outcome === null) return null;
  const { collection } = outcome.request;
  const body = JSON.stringify(outcome.request.body);
  const { latencies } = search;
  const trips = latencies.value.map(({ roundTrip }) => roundTrip);
  const slowest = Math.max(...trips);
  return (
    <section class="panel" aria-labelledby="latency">
      <h2 class="eyebrow" id="latency">
        Latency
      </h2>
      <dl class="figures">
        <div>
          <dt>server</dt>
          <dd class="number">{milliseconds(outcome.latency.server)}</dd>
        </div>
        <div>
          <dt>round trip</dt>
          <dd class="number">{milliseconds(outcome.latency.roundTrip)}</dd>
        </div>
      </dl>
      <svg
        class="sparkline"
        viewBox={`0 -2 ${SIZE.width} ${SIZE.height + 4}`}
        role="img"
        aria-label={`Round trips, slowest ${milliseconds(slowest)}`}
        preserveAspectRatio="none"
      >
        <path d={sparkline(trips, SIZE)} vector-effect="non-scaling-stroke" />
      </svg>
      <p class="small">
        {trips.length === 1 ? 'one search' : `${trips.length} searches`}, slowest {milliseconds(slowest)}
      </p>
      <a class="small" href={router.href(routeTo('query', { collection, more: { body } }))}>
        Open in the query builder
      </a>
    </section>
  );
}

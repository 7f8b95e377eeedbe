import { bytes, duration } from '../../lib/bytes.js';
import { count, milliseconds } from '../../lib/format.js';
import { usePage } from '../context.js';
import { Chart } from './Chart.js';

const ms = (seconds: number): string => milliseconds(seconds * 1000);

/** How the server fares at this moment, and has since the page was opened. */
export function MetricsPage() {
  const { vitals, collections } = usePage();
  const { beats, metrics, telemetry } = vitals;
  const all = beats.value;
  const app = telemetry.value.value?.app;
  const memory = all.map((beat) => beat.memory ?? telemetry.value.value?.memory?.resident_bytes);
  // Without metrics the list of collections still tells how many points there are.
  const points = (collections.cards.value ?? []).reduce((sum, { info }) => sum + info.points_count, 0);
  return (
    <>
      <header class="page-head">
        <h1>Metrics</h1>
        {app?.version !== undefined && (
          <span class="quiet">
            {app.name} {app.version}
            {app.startup !== undefined &&
              `, up for ${duration((Date.now() - Date.parse(app.startup)) / 1000)}`}
          </span>
        )}
      </header>
      {metrics.missing.value && (
        <p class="quiet">This server offers no metrics. What is known without them is shown.</p>
      )}
      {metrics.error.value !== null && !metrics.missing.value && (
        <p class="error" role="alert">
          {metrics.error.value}
        </p>
      )}
      <div class="charts">
        <Chart
          name="Requests a second"
          values={all.map(({ rate }) => rate)}
          write={(rate) => rate.toFixed(1)}
        />
        <Chart name="Median time" values={all.map(({ p50 }) => p50)} write={ms} />
        <Chart name="99th percentile" values={all.map(({ p99 }) => p99)} write={ms} />
        <Chart name="Memory" values={memory} write={bytes} />
        <Chart
          name="Points"
          values={all.length === 0 ? [points] : all.map((beat) => beat.points ?? points)}
          write={count}
        />
      </div>
      <Endpoints />
    </>
  );
}

function Endpoints() {
  const { vitals } = usePage();
  const rows = vitals.endpoints.value;
  if (rows.length === 0) return null;
  const time = (seconds: number | undefined) => (seconds === undefined ? '—' : ms(seconds));
  return (
    <section class="section" aria-labelledby="endpoints">
      <h2 id="endpoints">Since the server started</h2>
      <div class="table-box">
        <table>
          <thead>
            <tr>
              <th scope="col">Endpoint</th>
              <th scope="col" class="end">
                Requests
              </th>
              <th scope="col" class="end">
                Refused or failed
              </th>
              <th scope="col" class="end">
                Median
              </th>
              <th scope="col" class="end">
                99 %
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ endpoint, count: requests, failures, p50, p99 }) => (
              <tr key={endpoint}>
                <th scope="row">
                  <code>{endpoint}</code>
                </th>
                <td class="number end">{count(requests)}</td>
                <td class="number end">{count(failures)}</td>
                <td class="number end">{time(p50)}</td>
                <td class="number end">{time(p99)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
